"""Evaluations for staff: how far each is, scores of providers, more time for one person."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Q

from applications.models import Accommodation, Application, EvaluationDefinition
from applications.states import NOT_READ, EvaluationKind, EvaluationState
from streams.models import Cycle

MAX_CSV = 1024 * 1024


@dataclass(frozen=True)
class DefinitionRow:
    """One evaluation with how far its people are."""

    title: str
    code: str
    version: int
    provider: str
    time_limit: int | None
    ai_policy: str
    asked_by: str
    n_assigned: int
    n_running: int
    n_handed_in: int
    n_expired: int
    n_excused: int


def definition_rows(cycle: Cycle) -> list[DefinitionRow]:
    """Return the evaluations of a cycle, in a constant number of queries."""
    rows = (
        EvaluationDefinition.objects.filter(cycle=cycle)
        .prefetch_related("tracks", "streams")
        .annotate(
            n_assigned=Count("assignments", filter=~Q(assignments__state=EvaluationState.VOID)),
            n_running=Count("assignments", filter=Q(assignments__state=EvaluationState.STARTED)),
            n_handed_in=Count(
                "assignments",
                filter=Q(assignments__state__in=[EvaluationState.SUBMITTED, EvaluationState.GRADED, *NOT_READ]),
            ),
            n_expired=Count("assignments", filter=Q(assignments__state=EvaluationState.EXPIRED)),
            n_excused=Count("assignments", filter=Q(assignments__state=EvaluationState.EXCUSED)),
        )
        .order_by("code", "-version")
    )
    return [
        DefinitionRow(
            title=row.title,
            code=row.code,
            version=row.version,
            provider=row.provider,
            time_limit=row.time_limit_minutes,
            ai_policy=row.get_ai_policy_display(),
            asked_by=", ".join([*(one.name for one in row.tracks.all()), *(one.title for one in row.streams.all())]),
            n_assigned=row.n_assigned,
            n_running=row.n_running,
            n_handed_in=row.n_handed_in,
            n_expired=row.n_expired,
            n_excused=row.n_excused,
        )
        for row in rows
    ]


def providers() -> list[str]:
    """Return the providers whose tests some evaluation asks for."""
    external = EvaluationDefinition.objects.filter(kind=EvaluationKind.EXTERNAL)
    return sorted(set(external.values_list("provider", flat=True)))


def accommodation_of(application: Application) -> Accommodation | None:
    """Return what was granted to the person of an application and still holds."""
    return application.person.accommodations.filter(ended_at=None).select_related("granted_by").first()


class ScoresForm(forms.Form):
    """A file of scores, first as a file, then as the text that was checked."""

    provider = forms.ChoiceField(label="Provider")
    file = forms.FileField(
        label="CSV file",
        required=False,
        help_text="With the columns code, score and out_of. UTF-8, at most 1 MB.",
        error_messages={"empty": "This file is empty."},
    )
    content = forms.CharField(required=False, strip=False, max_length=MAX_CSV, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [(name, name) for name in providers()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Take the text from the file, where one was sent."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is not None:
            if file.size > MAX_CSV:
                self.add_error("file", "This file is larger than 1 MB.")
                return cleaned
            try:
                cleaned["content"] = file.read().decode("utf-8-sig").replace("\x00", "")
            except UnicodeDecodeError:
                self.add_error("file", "This file is not text in UTF-8.")
        elif not cleaned.get("content") and "file" not in self.errors:
            self.add_error("file", "Choose a file.")
        return cleaned


class TimeForm(forms.Form):
    """More time for one person."""

    factor = forms.DecimalField(
        label="Times the normal time",
        min_value=Decimal("1.05"),
        max_value=4,
        decimal_places=2,
        help_text="1.5 turns 60 minutes into 90. It holds for every task with a clock, a running one included.",
    )
    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Staff alone can read this. Graders, reviewers and mentors see neither the reason nor the factor.",
    )

"""The cycles of the programme as admins see them, and the form for a new one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Count

from mats_portal.desk.catalogue.copying import NewCycle, problems
from streams.models import Cycle


@dataclass(frozen=True)
class CycleRow:
    """One line of the list."""

    public_id: str
    name: str
    slug: str
    starts_on: date
    ends_on: date
    is_public: bool
    n_tracks: int
    n_streams: int
    n_applications: int


def cycle_rows() -> list[CycleRow]:
    """Return every cycle, the latest first."""
    rows = Cycle.objects.annotate(
        n_tracks=Count("tracks", distinct=True),
        n_streams=Count("streams", distinct=True),
        n_applications=Count("applications", distinct=True),
    )
    return [
        CycleRow(
            row.public_id,
            row.name,
            row.slug,
            row.programme_starts_on,
            row.programme_ends_on,
            row.is_public_current,
            row.n_tracks,
            row.n_streams,
            row.n_applications,
        )
        for row in rows.order_by("-programme_starts_on", "-pk")
    ]


class NewCycleForm(forms.Form):
    """From which cycle, and what the new one is called."""

    source = forms.ModelChoiceField(
        Cycle.objects.order_by("-programme_starts_on"),
        label="Copy from",
        to_field_name="slug",
        empty_label=None,
        error_messages={"required": "Choose a cycle", "invalid_choice": "Choose one of the list"},
    )
    name = forms.CharField(
        label="Name", max_length=100, error_messages={"required": "Give the cycle a name, such as Spring 2027"}
    )
    slug = forms.SlugField(
        label="Word in addresses and commands",
        max_length=60,
        help_text="Such as spring-2027. It stays as it is.",
        error_messages={
            "required": "Give a word such as spring-2027",
            "invalid": "Use lower-case letters, digits and hyphens, such as spring-2027",
        },
        validators=[RegexValidator("^[a-z0-9-]*$", "Use lower-case letters, digits and hyphens, such as spring-2027")],
    )
    code = forms.RegexField(
        "^[0-9A-Z]{2,8}$",
        label="Code in references",
        max_length=8,
        help_text="Such as 27S. It begins every application’s reference and stays as it is.",
        error_messages={
            "required": "Give a code such as 27S",
            "invalid": "Use two to eight capital letters and digits, such as 27S",
        },
    )
    starts_on = forms.DateField(
        label="First day of the programme",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Every other date moves by as much. Choose the same day of the week as before.",
        error_messages={"required": "Choose the first day", "invalid": "Write a day as year-month-day"},
    )

    def clean(self) -> dict[str, Any]:
        """Check what was typed against the cycles that there are."""
        if not self.errors:
            for name, problem in problems(self.cleaned_data["source"], self.new()).items():
                self.add_error(name, problem)
        return self.cleaned_data

    def new(self) -> NewCycle:
        """Return what was typed."""
        data = self.cleaned_data
        return NewCycle(data["slug"], data["code"], data["name"], data["starts_on"])

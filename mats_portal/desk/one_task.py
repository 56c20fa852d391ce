"""Tasks of people for staff and leads: who has which, and what is settled about one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.queries import is_staff
from applications.forms.extensions import MoreTimeForm
from applications.models import EvaluationAssignment
from applications.queries import evaluations_visible_to
from applications.queries.scores import ExternalScoreRow, external_score
from applications.queries.task_windows import can_get_more_time, writing_time
from applications.states import ENDED, NOT_READ, EvaluationState
from core.deadlines import written
from core.transitions import sources_of
from reviews.queries import tracks_to_watch
from reviews.queries.follow_ups import asked_of, questions_of
from streams.models import Track

PAGE = 50
E = EvaluationState
#: What stands in each part of the list, by the word in the address.
GROUPS = {
    "open": ("Not handed in", {E.ASSIGNED, E.STARTED, E.EXPIRED}),
    "excused": ("Excused", {E.EXCUSED}),
    "in": ("Handed in", {E.SUBMITTED, E.GRADED, *NOT_READ}),
}
KINDS = {
    E.ASSIGNED: "wait",
    E.STARTED: "move",
    E.SUBMITTED: "done",
    E.GRADED: "done",
    E.EXPIRED: "over",
    E.EXCUSED: "none",
    E.VOID: "none",
    E.INTEGRITY_REVIEW: "wait",
    E.SET_ASIDE: "over",
}


def tasks_to_settle(user: Any) -> QuerySet[EvaluationAssignment]:
    """Return the tasks about which ``user`` may settle something: all but one's own for staff, a lead's by track."""
    if user.is_anonymous:
        return EvaluationAssignment.objects.none()
    rows = evaluations_visible_to(user).exclude(application__person_id=user.pk)
    rows = rows.select_related("definition", "application__cycle", "application__person")
    if is_staff(user):
        return rows
    led = tracks_to_watch(user).values("pk")
    asked = EvaluationAssignment.objects.filter(
        Q(definition__tracks__in=led) | Q(definition__streams__stream_tracks__track__in=led)
    )
    return rows.filter(pk__in=asked.values("pk"), application__track_applications__track__in=led).distinct()


@dataclass(frozen=True)
class TaskLine:
    """One line of the list."""

    public_id: str
    pk: int
    name: str
    reference: str
    title: str
    kind: str
    state: str
    submitted_at: datetime | None


def task_lines(track: Track, user: Any, *, group: str, after: int | None = None) -> list[TaskLine]:
    """Return the tasks of a track's applicants that it or its streams ask for, one more than a page."""
    rows = tasks_to_settle(user).filter(
        state__in=sorted(GROUPS[group][1]), application__track_applications__track=track
    )
    of_track = EvaluationAssignment.objects.filter(
        Q(definition__tracks=track) | Q(definition__streams__stream_tracks__track=track)
    )
    rows = rows.filter(pk__in=of_track.values("pk")).order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    return [
        TaskLine(
            public_id=row.public_id,
            pk=row.pk,
            name=str(row.application.person),
            reference=row.application.reference,
            title=row.definition.title,
            kind=KINDS[E(row.state)],
            state="Question" if row.state == E.INTEGRITY_REVIEW else str(row.get_state_display()),
            submitted_at=row.submitted_at,
        )
        for row in rows[: PAGE + 1]
    ]


@dataclass(frozen=True)
class Settled:
    """One thing that was settled: what, why, by whom."""

    at: datetime
    by: str
    what: str
    reason: str


@dataclass(frozen=True)
class TaskPage:
    """What the page of one task of one person shows."""

    public_id: str
    application: str
    name: str
    reference: str
    title: str
    window: str
    kind: str
    state: str
    closes_at: datetime | None
    zone: str
    is_own_time: bool
    submitted_at: datetime | None
    asked_by: str
    can_excuse: bool
    can_ask_again: bool
    can_extend: bool
    can_score: bool
    can_question: bool
    score: ExternalScoreRow | None
    #: What its graders would ask the person, without whose question it is.
    follow_ups: tuple[str, ...]
    history: list[Settled]


def task_page(row: EvaluationAssignment, reader: Any) -> TaskPage:
    """Return one task of one person with all that was settled about it, the latest first, as ``reader`` may see it."""
    definition, window = row.definition, writing_time(row)
    names = [*definition.tracks.values_list("name", flat=True), *definition.streams.values_list("title", flat=True)]
    return TaskPage(
        public_id=row.public_id,
        application=row.application.public_id,
        name=str(row.application.person),
        reference=row.application.reference,
        title=definition.title,
        window=str(row.get_window_display()),
        kind=KINDS[E(row.state)],
        state=str(row.get_state_display()),
        closes_at=None if definition.is_external else window.closes_at,
        zone=window.zone,
        is_own_time=window.is_own,
        submitted_at=row.submitted_at,
        asked_by=", ".join(sorted(names)),
        can_excuse=sources_of(row, ["excuse"]) and not row.submitted_at and row.application.released_state not in ENDED,
        can_ask_again=sources_of(row, ["ask_again"]),
        can_score=definition.is_external and row.state in {E.ASSIGNED, E.GRADED},
        can_question=sources_of(row, ["question"]) and row.application.released_state not in ENDED,
        score=external_score(row),
        follow_ups=_asked(row, reader),
        can_extend=row.state in {E.ASSIGNED, E.EXPIRED} and can_get_more_time(row),
        history=_history(row),
    )


def _asked(row: EvaluationAssignment, reader: Any) -> tuple[str, ...]:
    tasks = EvaluationAssignment.objects.filter(pk=row.pk).select_related("definition").annotate(asked=asked_of(reader))
    return tuple(text for one in questions_of(tasks) for text in one.questions)


def _history(row: EvaluationAssignment) -> list[Settled]:
    found = [
        Settled(one.granted_at, str(one.granted_by), f"Until {written(one.until, 'UTC')}", one.reason)
        for one in row.extensions.select_related("granted_by")
    ]
    for excuse in row.excusals.select_related("given_by", "ended_by"):
        found.append(Settled(excuse.given_at, str(excuse.given_by), "Excused", excuse.reason))
        if excuse.ended_at:
            found.append(Settled(excuse.ended_at, str(excuse.ended_by), "Asked again", ""))
    return sorted(found, key=lambda one: one.at, reverse=True)


class ExcuseForm(forms.Form):
    """Why somebody need not do a task."""

    prefix = "excuse"
    reason = forms.CharField(
        label="Why this person need not do it",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept for staff and leads. The person reads that they are excused, not why. No medical details here.",
        error_messages={"required": "Write down why this person is excused"},
    )


class ScoreForm(forms.Form):
    """One score of a test at a provider, typed by hand."""

    prefix = "score"
    value = forms.DecimalField(label="Score", min_value=0, max_digits=8, decimal_places=3)
    out_of = forms.DecimalField(label="Out of", min_value=Decimal("0.001"), max_digits=8, decimal_places=3)


class TaskTimeForm(MoreTimeForm):
    """Until when one task may be handed in, and why."""

    prefix = "time"

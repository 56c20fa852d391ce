"""Flags that a text gives away its writer, for those who lead its track."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from applications.models import EvaluationDefinition
from questions.models import Question
from reviews.models import IdentityFlag
from reviews.queries.access import conflicted_with, tracks_to_watch
from reviews.states import FlagState


def identity_flags_visible_to(user: Any) -> QuerySet[IdentityFlag]:
    """Return the flags on texts of the tracks that ``user`` watches, without people they are in conflict with."""
    if user.is_anonymous:
        return IdentityFlag.objects.none()
    tracks = list(tracks_to_watch(user).values_list("pk", flat=True))
    found = Q(assignment__track_application__track__in=tracks) | Q(
        assignment__evaluation__definition__in=EvaluationDefinition.objects.filter(tracks__in=tracks)
    )
    return IdentityFlag.objects.filter(found).exclude(conflicted_with(user, "application__person"))


@dataclass(frozen=True)
class FlagRow:
    """One flag: which answer of which text, and the words that name somebody."""

    public_id: str
    label: str
    track: str
    question: str
    passage: str
    removed: str
    note: str
    reader: str
    state: str
    is_open: bool
    flagged_at: datetime
    decided_at: datetime | None


def flag_rows(user: Any) -> list[FlagRow]:
    """Return the flags that ``user`` may decide on, open ones first, the latest on top."""
    rows = list(
        identity_flags_visible_to(user)
        .select_related("assignment__reviewer", "assignment__track_application__track", "assignment__evaluation")
        .order_by("-pk")
    )
    questions = dict(Question.objects.filter(code__in={row.question_code for row in rows}).values_list("code", "text"))
    found = [_row(row, questions) for row in rows]
    return sorted(found, key=lambda row: not row.is_open)


def open_flag_count(user: Any) -> int:
    """Return how many flags wait for a decision of ``user``."""
    return identity_flags_visible_to(user).filter(state=FlagState.FLAGGED).count()


def _row(row: IdentityFlag, questions: dict[str, str]) -> FlagRow:
    in_track = row.assignment.track_application
    return FlagRow(
        public_id=row.public_id,
        label=row.assignment.label,
        track=in_track.track.name if in_track else "Evaluation",
        question=questions.get(row.question_code, row.question_code),
        passage=row.passage,
        removed=row.removed,
        note=row.note,
        reader=row.assignment.reviewer.display_name,
        state=row.get_state_display(),
        is_open=row.state == FlagState.FLAGGED,
        flagged_at=row.flagged_at,
        decided_at=row.decided_at,
    )

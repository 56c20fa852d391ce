"""Give texts to reviewers, and take back what need not be read any more."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models import Q

from applications.models import EvaluationAssignment, TrackApplication
from applications.queries.references import referees_of_person
from applications.states import ENDED, EvaluationState, TrackState
from core import audit
from core.transitions import locked, transition
from reviews.models import ConflictOfInterest, FurtherRead, ReviewAssignment
from reviews.queries.needs import COUNTED, Target
from reviews.states import OPEN_ASSIGNMENT

#: Letters that cannot be misheard or misread.
LABEL_LETTERS = "ABCDEFGHJKLMNPRSTUVWXY"
RANDOM_POSITION = 2**31 - 1
#: From these on nobody needs the reading of a track any more.
READ_NO_MORE = frozenset({TrackState.LAPSED, TrackState.WITHDRAWN, TrackState.ADVANCED, TrackState.NOT_ADVANCED})


@transaction.atomic
def apply_assignment(*, target: Target, readers: frozenset[int], by: Any) -> int:
    """Give one text to ``readers`` (primary keys), as far as it still lacks readers. Returns how many were added.

    Safe to repeat and to run twice at a time: the text is locked, its readers are counted anew, and whoever has a
    conflict by now, or has had the text before, is passed over.
    """
    text, k = _locked_text(target)
    if text is None or target.rubric_id is None:
        return 0
    known = ReviewAssignment.objects.filter(**{target.kind: text})
    present = known.filter(state__in=sorted(COUNTED)).count()
    barred = set(known.values_list("reviewer_id", flat=True)) | {target.person_id}
    for reviewer_id, person_id in ConflictOfInterest.objects.filter(
        Q(person_id=target.person_id) | Q(reviewer_id=target.person_id)
    ).values_list("reviewer_id", "person_id"):
        barred |= {reviewer_id, person_id}
    barred |= referees_of_person(target.person_id)
    chosen = sorted(readers - barred)[: max(k - present, 0)]
    rows = ReviewAssignment.objects.bulk_create(
        ReviewAssignment(
            label=_label(),
            reviewer_id=reader,
            rubric_id=target.rubric_id,
            position=secrets.randbelow(RANDOM_POSITION),
            **{target.kind: text},
        )
        for reader in chosen
    )
    for row in rows:
        audit.record("assign", row, by=by, after=row.state)
    return len(rows)


def _locked_text(target: Target) -> tuple[TrackApplication | EvaluationAssignment | None, int]:
    """Return the locked text if it is still to be read, and how many readers it is to have."""
    if target.kind == "evaluation":
        task = locked(EvaluationAssignment(pk=target.pk), "application__cycle")
        readable = task.state in {EvaluationState.SUBMITTED, EvaluationState.GRADED}
        return (task if readable else None), task.application.cycle.reviews_per_application
    row = locked(TrackApplication(pk=target.pk), "application__cycle")
    k = row.application.cycle.reviews_per_application + FurtherRead.objects.filter(track_application=row).count()
    return (row if row.internal_state == TrackState.IN_REVIEW else None), k


def _label() -> str:
    return f"{secrets.choice(LABEL_LETTERS)}-{secrets.randbelow(9000) + 1000}"


@transaction.atomic
def end_assignments(*, by: Any = None) -> int:
    """End the open assignments whose text need not be read any more: withdrawn, or its outcome is released.

    Returns how many were ended.
    """
    over = (
        ReviewAssignment.objects.filter(state__in=sorted(OPEN_ASSIGNMENT))
        .filter(
            Q(track_application__released_state__in=sorted(READ_NO_MORE))
            | Q(evaluation__application__released_state__in=sorted(ENDED))
        )
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    ended = [transition(row, "end", by=by) for row in over]
    return len(ended)

"""Keep people from judging those they are close to."""

from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.refusals import Refused
from core.transitions import locked, transition
from reviews.models import ConflictOfInterest, ReviewAssignment
from reviews.queries.access import VISIBLE
from reviews.states import AssignmentState, ConflictKind


@transaction.atomic
def declare_conflict(*, assignment: ReviewAssignment, kind: str, by: Any, note: str = "") -> ReviewAssignment:
    """Record that the reviewer should not judge this person: everything they have of them leaves their table.

    A score already handed in counts no more. Doing it twice changes nothing.
    """
    assignment = locked(assignment, "track_application__application", "evaluation__application")
    if assignment.reviewer_id != by.pk:
        raise Refused("This text is not yours to review.")
    if assignment.state == AssignmentState.CONFLICTED:
        return assignment
    target = assignment.track_application or assignment.evaluation
    if target is None:
        raise Refused("There is nothing to read here.")
    record_conflict(reviewer=by, person=User(pk=target.application.person_id), kind=kind, note=note, by=by)
    return locked(assignment)


@transaction.atomic
def record_conflict(*, reviewer: User, person: User, kind: str, by: Any, note: str = "") -> ConflictOfInterest:
    """Record a conflict between two people; it holds both ways, and ends what either has to judge of the other."""
    if reviewer.pk == person.pk:
        raise Refused("A person's own application is kept from them anyway.")
    if kind not in ConflictKind.values:
        raise Refused("Choose one of the reasons.")
    conflict, is_new = ConflictOfInterest.objects.get_or_create(
        reviewer_id=reviewer.pk, person_id=person.pk, defaults={"kind": kind, "note": note.strip()[:300]}
    )
    if is_new:
        audit.record("declare_conflict", conflict, by=by, kind=kind)
    for judge, judged in ((reviewer, person), (person, reviewer)):
        for row in _assignments_of(judge, judged):
            transition(row, "declare_conflict", by=by)
    return conflict


def _assignments_of(reviewer: User, person: User) -> list[ReviewAssignment]:
    mine = ReviewAssignment.objects.filter(reviewer_id=reviewer.pk, state__in=sorted(VISIBLE))
    about = mine.filter(track_application__application__person_id=person.pk) | mine.filter(
        evaluation__application__person_id=person.pk
    )
    return list(
        ReviewAssignment.objects.filter(pk__in=about.values("pk"))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )

"""Put a text off."""

from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked
from reviews.models import ReviewAssignment
from reviews.states import OPEN_ASSIGNMENT


@transaction.atomic
def skip_text(*, assignment: ReviewAssignment, by: Any) -> ReviewAssignment:
    """Put a text at the back of the reviewer's queue, behind those skipped before; what they saved of it is kept."""
    assignment = locked(assignment)
    if assignment.reviewer_id != by.pk or assignment.state not in OPEN_ASSIGNMENT:
        raise Refused("This text does not wait in your queue.")
    assignment.skipped_at = clock.now()
    assignment.save(update_fields=["skipped_at"])
    audit.record("skip", assignment, by=by)
    return assignment

"""Whether a reading can be written now."""

from typing import Any

from applications.models import TrackApplication
from applications.states import ENDED, EvaluationState, TrackState
from core import clock
from core.refusals import Refused
from core.transitions import locked
from reviews.models import ReviewAssignment
from reviews.states import AssignmentState
from streams.queries.calendar import dates_of


def writable_assignment(assignment: ReviewAssignment, *, by: Any) -> ReviewAssignment:
    """Return the locked assignment if ``by`` may still write its reading now."""
    assignment = locked(assignment, "rubric", "track_application__application__cycle", "evaluation__application__cycle")
    if assignment.reviewer_id != by.pk or assignment.state in {AssignmentState.CONFLICTED, AssignmentState.ENDED}:
        raise Refused("This text is no longer yours to review.")
    target = assignment.track_application or assignment.evaluation
    if target is None:
        raise Refused("There is nothing to read here.")
    dates, arrived = dates_of(target.application.cycle), clock.arrival()
    opens_at = dates.instant("review_opens")
    if opens_at is not None and arrived < opens_at:
        raise Refused("The review has not opened yet.")
    if dates.has_begun("review_closes", arrived):
        raise Refused("The review has closed. What you saved before is kept.")
    # The same words whether the person has left or a decision is on its way: a reviewer is not to learn which.
    if isinstance(target, TrackApplication):
        is_read = locked(target).internal_state in {TrackState.IN_REVIEW, TrackState.HELD}
    else:
        is_read = target.state in {EvaluationState.SUBMITTED, EvaluationState.GRADED}
    if not is_read or target.application.released_state in ENDED:
        raise Refused("This text is no longer being read. There is nothing to do.")
    return assignment

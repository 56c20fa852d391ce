"""Write a reading: as a draft, handed in, amended until the review closes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import get_text_list

from applications.models import EvaluationAssignment, TrackApplication
from applications.states import ENDED, EvaluationState, TrackState
from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked, transition
from reviews.domain.practice import demand_practice
from reviews.engine import weighted_mean
from reviews.engine.wording import faults
from reviews.models import Review, ReviewAssignment, ReviewScore
from reviews.queries.evidence import snapshot_ids
from reviews.queries.rubrics import criteria_for, missing_scores, weighted
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, Confidence
from streams.queries.calendar import dates_of

OTHER_VERSION = (
    "A new version of the rubric came into force while this page was open, before you had saved anything. Your scores "
    "are not kept, since their levels may mean something else now; your words are. Score by the levels below."
)


@dataclass(frozen=True)
class Reading:
    """What a reviewer typed. ``scores`` by criterion code; ``None`` is "cannot tell"; what is not scored is absent.

    ``rubric`` is the version (public id) whose levels stood beside the text, where the page said so.
    """

    scores: Mapping[str, int | None] = field(default_factory=dict)
    confidence: str = ""
    feedback_public: str = ""
    note_internal: str = ""
    rubric: str = ""


class OtherVersion(Refused):
    """The scores were chosen by the levels of another version of the rubric than the one that holds now."""


@transaction.atomic
def save_review_draft(*, assignment: ReviewAssignment, reading: Reading, version: int, by: Any) -> Review:
    """Keep an unfinished reading. ``version`` is the one the person saw, 0 before the first save.

    Raises ``Stale`` when a newer one is stored, ``Refused`` outside the review or once the reading was handed in.
    """
    assignment = _writable(assignment, reading, by=by)
    if assignment.state not in OPEN_ASSIGNMENT:
        raise Refused("This review is handed in. You can change it and hand it in again.")
    demand_practice(assignment, by=by)
    review = _store(assignment, reading, version=version)
    transition(assignment, "begin", by=by)
    return review


@transaction.atomic
def submit_review(*, assignment: ReviewAssignment, reading: Reading, version: int, by: Any) -> Review:
    """Hand a complete reading in, or an amended one instead of the earlier.

    Raises ``Refused`` when a score, the confidence or the sentence for the applicant is missing.
    """
    assignment = _writable(assignment, reading, by=by)
    demand_practice(assignment, by=by)
    criteria = criteria_for(assignment)
    if missing := missing_scores(criteria, reading.scores):
        raise Refused(f"Score {get_text_list(list(missing.values()), 'and')} or choose “cannot tell”.")
    mean = weighted_mean(weighted(criteria), reading.scores)
    if mean is None:
        raise Refused(
            "Score at least one criterion. If you cannot judge this text at all, declare a conflict or tell staff."
        )
    if reading.confidence not in Confidence.values:
        raise Refused("Choose how sure you are.")
    if not reading.feedback_public.strip():
        raise Refused("Write one sentence that the applicant may read.")
    if found := faults(reading.feedback_public, by.display_name):
        raise Refused(found[0])
    review = _store(assignment, reading, version=version, mean=mean)
    again = assignment.state == AssignmentState.SUBMITTED
    transition(assignment, "amend" if again else "submit", by=by, submitted_at=clock.now())
    if assignment.evaluation_id:
        _settle_evaluation(assignment.evaluation_id, by=by)
    return review


def _writable(assignment: ReviewAssignment, reading: Reading, *, by: Any) -> ReviewAssignment:
    """Return the locked assignment if ``by`` may still write this reading now."""
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
    # A 4 of one version is no 4 of another, however alike their words are.
    if reading.rubric not in {"", assignment.rubric.public_id}:
        raise OtherVersion(OTHER_VERSION)
    return assignment


def _store(assignment: ReviewAssignment, reading: Reading, *, version: int, mean: Decimal | None = None) -> Review:
    """Write the reading over the version that the person saw. The assignment's lock makes this one at a time."""
    words = {
        "confidence": reading.confidence,
        "feedback_public": reading.feedback_public.strip(),
        "note_internal": reading.note_internal.strip(),
        "mean": mean,
        "saved_at": clock.now(),
        "snapshots": snapshot_ids(assignment),
    }
    stored = Review.objects.filter(assignment=assignment).first()
    if (stored.version if stored else 0) != version:
        raise Stale("You saved this review in another window. Nothing is lost: both versions are below.", stored)
    if stored is None:
        review = Review.objects.create(assignment=assignment, **words)
    else:
        review = stored
        for name, value in words.items():
            setattr(review, name, value)
        review.version = version + 1
        review.save(update_fields=[*words, "version"])
    by_code = {criterion.code: criterion for criterion in criteria_for(assignment)}
    _check_scores(by_code, reading.scores)
    review.scores.exclude(criterion__code__in=list(reading.scores)).delete()
    ReviewScore.objects.bulk_create(
        [ReviewScore(review=review, criterion=by_code[code], value=value) for code, value in reading.scores.items()],
        update_conflicts=True,
        unique_fields=["review", "criterion"],
        update_fields=["value"],
    )
    return review


def _check_scores(by_code: Mapping[str, Any], scores: Mapping[str, int | None]) -> None:
    for code, value in scores.items():
        criterion = by_code.get(code)
        if criterion is None:
            raise Refused("The rubric has no such criterion.")
        if value is not None and not criterion.scale_min <= value <= criterion.scale_max:
            raise Refused(f"“{criterion.name}” is scored from {criterion.scale_min} to {criterion.scale_max}.")


def _settle_evaluation(evaluation_id: int, *, by: Any) -> None:
    """Call an evaluation graded once all its graders have handed in."""
    task = locked(EvaluationAssignment(pk=evaluation_id), "application__cycle")
    states = list(ReviewAssignment.objects.filter(evaluation=task).values_list("state", flat=True))
    handed_in = states.count(AssignmentState.SUBMITTED)
    if (
        task.state == EvaluationState.SUBMITTED
        and handed_in >= task.application.cycle.reviews_per_application
        and not set(states) & OPEN_ASSIGNMENT
    ):
        transition(task, "grade", by=by)
        audit.record("graded_by", task, by=by, graders=handed_in)

"""Write a reading: as a draft, handed in, amended until the review closes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import get_text_list

from applications.models import EvaluationAssignment
from applications.states import EvaluationState
from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked, transition
from reviews.domain.asking import asked, check_follow_ups
from reviews.domain.comparing import ask_for_lines, keep_earlier_levels
from reviews.domain.packets import gather_sentence
from reviews.domain.practice import demand_practice
from reviews.domain.writable import writable_assignment
from reviews.engine import weighted_mean
from reviews.engine.wording import faults
from reviews.models import Review, ReviewAssignment, ReviewScore
from reviews.queries.evidence import snapshot_ids
from reviews.queries.rubrics import criteria_for, missing_scores, weighted
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, Confidence

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
    #: What the grader of a task would ask its author in person: at most two questions.
    follow_ups: tuple[str, ...] = ()


class OtherVersion(Refused):
    """The scores were chosen by the levels of another version of the rubric than the one that holds now."""


@transaction.atomic
def save_review_draft(*, assignment: ReviewAssignment, reading: Reading, version: int, by: Any) -> Review:
    """Keep an unfinished reading. ``version`` is the one the person saw, 0 before the first save.

    Raises ``Stale`` when a newer one is stored, ``Refused`` outside the review or once the reading was handed in.
    """
    assignment = writable_assignment(assignment, by=by)
    _demand_rubric(assignment, reading)
    check_follow_ups(assignment, reading.follow_ups)
    if assignment.state not in OPEN_ASSIGNMENT:
        raise Refused("This review is handed in. You can change it and hand it in again.")
    demand_practice(assignment, by=by)
    review = _store(assignment, reading, version=version)
    if assignment.state != AssignmentState.IN_PROGRESS:
        transition(assignment, "begin", by=by)
    return review


@transaction.atomic
def submit_review(*, assignment: ReviewAssignment, reading: Reading, version: int, by: Any) -> Review:
    """Hand a complete reading in, or an amended one instead of the earlier.

    Raises ``Refused`` when a score, the confidence or the sentence for the applicant is missing.
    """
    assignment = writable_assignment(assignment, by=by)
    _demand_rubric(assignment, reading)
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
    check_follow_ups(assignment, reading.follow_ups, own_name=by.display_name, complete=True)
    again = assignment.state == AssignmentState.SUBMITTED
    if again:
        keep_earlier_levels(review=Review.objects.get(assignment=assignment), levels=reading.scores)
    review = _store(assignment, reading, version=version, mean=mean)
    gather_sentence(review=review, assignment=assignment, by=by)
    transition(assignment, "amend" if again else "submit", by=by, submitted_at=clock.now())
    ask_for_lines(assignment=assignment)
    if assignment.evaluation_id:
        _settle_evaluation(assignment.evaluation_id, by=by)
    return review


def _demand_rubric(assignment: ReviewAssignment, reading: Reading) -> None:
    """A 4 of one version is no 4 of another, however alike their words are."""
    if reading.rubric not in {"", assignment.rubric.public_id}:
        raise OtherVersion(OTHER_VERSION)


def _store(assignment: ReviewAssignment, reading: Reading, *, version: int, mean: Decimal | None = None) -> Review:
    """Write the reading over the version that the person saw. The assignment's lock makes this one at a time."""
    first, second, *_ = (*asked(reading.follow_ups), "", "")
    words = {
        "confidence": reading.confidence,
        "feedback_public": reading.feedback_public.strip(),
        "note_internal": reading.note_internal.strip(),
        "follow_up_1": first,
        "follow_up_2": second,
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

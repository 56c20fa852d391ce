"""Statements that hold for all reading and deciding, always; each function returns the rows that break its own."""

from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from applications.models import TrackApplication
from applications.states import TrackState
from reviews.models import ConflictOfInterest, Criterion, Decision, DecisionBatch, ReviewAssignment, ReviewScore
from reviews.queries.access import VISIBLE
from reviews.queries.undo import STANDS
from reviews.states import AssignmentState, BatchState

#: States that an applicant can only read because a batch was released.
DECIDED = frozenset({TrackState.HELD, TrackState.ADVANCED, TrackState.NOT_ADVANCED})


def readings_in_conflict() -> QuerySet[ReviewAssignment]:
    """Nobody has something to read of themselves or of a person they are in conflict with."""
    broken = Q()
    for person in ("track_application__application__person", "evaluation__application__person"):
        pair = Q(reviewer=OuterRef("reviewer"), person=OuterRef(person)) | Q(
            reviewer=OuterRef(person), person=OuterRef("reviewer")
        )
        broken |= Q(**{person: F("reviewer")}) | Q(Exists(ConflictOfInterest.objects.filter(pair)))
    return ReviewAssignment.objects.filter(broken, state__in=sorted(VISIBLE))


def readings_handed_in_incomplete() -> QuerySet[ReviewAssignment]:
    """What is handed in scores every criterion of its rubric, has a mean and a sentence for the applicant."""
    scored = ReviewScore.objects.filter(review__assignment=OuterRef(OuterRef("pk")), criterion=OuterRef("pk"))
    unscored = Criterion.objects.filter(~Exists(scored), rubric=OuterRef("rubric"))
    return ReviewAssignment.objects.filter(
        Q(review__mean=None) | Q(review__feedback_public="") | Exists(unscored), state=AssignmentState.SUBMITTED
    )


def readings_by_the_rubric_of_another_text() -> QuerySet[ReviewAssignment]:
    """An application is read by a rubric of its track, a task by one of its own."""
    return ReviewAssignment.objects.filter(
        Q(track_application__isnull=False) & ~Q(rubric__track=F("track_application__track"))
        | Q(evaluation__isnull=False) & ~Q(rubric__definition=F("evaluation__definition"))
    )


def batches_without_a_second_person() -> QuerySet[DecisionBatch]:
    """What is approved or released was approved by somebody other than its maker.

    The database refuses it too; this is for a restored copy whose constraints were switched off for loading.
    """
    return DecisionBatch.objects.filter(
        Q(approver=None) | Q(approver=F("maker")), state__in=[BatchState.APPROVED, BatchState.RELEASED]
    )


def batches_released_without_a_time() -> QuerySet[DecisionBatch]:
    """A release has its instant, and nothing else has one."""
    return DecisionBatch.objects.filter(
        Q(state=BatchState.RELEASED, released_at=None) | ~Q(state=BatchState.RELEASED) & Q(released_at__isnull=False)
    )


def outcomes_shown_without_a_release() -> QuerySet[TrackApplication]:
    """What an applicant reads as decided stands in a released batch."""
    released = Decision.objects.filter(STANDS, track_application=OuterRef("pk"))
    return TrackApplication.objects.filter(~Exists(released), released_state__in=sorted(DECIDED))


def decisions_taken_back_without_a_counter() -> QuerySet[Decision]:
    """What was taken back stands in a released counter-batch, and what such a batch did is marked as taken back."""
    undone = Decision.objects.filter(
        track_application=OuterRef("track_application"),
        batch__counters=OuterRef("batch"),
        batch__state=BatchState.RELEASED,
        left_out="",
    )
    return Decision.objects.filter(
        Q(taken_back_at__isnull=False) & ~Exists(undone) | Q(taken_back_at=None) & Exists(undone)
    )


def decisions_about_another_track() -> QuerySet[Decision]:
    """A batch decides on applications in its own track."""
    return Decision.objects.exclude(track_application__track=F("batch__track"))


def decisions_about_those_who_decided() -> QuerySet[Decision]:
    """Nobody decides on, makes or approves a decision about their own application."""
    person = F("track_application__application__person")
    return Decision.objects.filter(Q(decided_by=person) | Q(batch__maker=person) | Q(batch__approver=person))


ALL: list[Callable[[], QuerySet]] = [
    readings_in_conflict,
    readings_handed_in_incomplete,
    readings_by_the_rubric_of_another_text,
    batches_without_a_second_person,
    batches_released_without_a_time,
    outcomes_shown_without_a_release,
    decisions_taken_back_without_a_counter,
    decisions_about_another_track,
    decisions_about_those_who_decided,
]

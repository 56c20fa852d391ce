"""Questions that graders of a task would ask its author: for those who meet the person, and without a grader's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from applications.models import EvaluationAssignment, StreamApplication
from applications.states import NOT_READ, StreamApplicationState, TrackState
from reviews.models import Review, ReviewAssignment
from reviews.states import OPEN_ASSIGNMENT, AssignmentState

#: How many a grader may note, and how long one may be.
MAX_QUESTIONS, MAX_CHARACTERS = 2, 300


@dataclass(frozen=True)
class TaskQuestions:
    """What the graders of one task would ask about what was handed in, in an order that tells nothing of them."""

    task: str
    questions: tuple[str, ...]


def _handed_in(user: Any) -> QuerySet[Review]:
    """Return the gradings that ask something and are handed in, without those of tasks that ``user`` still grades.

    A draft is its writer's, and whoever grades reads nobody else's thoughts before their own are in.
    """
    to_grade = ReviewAssignment.objects.filter(reviewer_id=user.pk, state__in=sorted(OPEN_ASSIGNMENT))
    return (
        Review.objects.filter(assignment__state=AssignmentState.SUBMITTED, assignment__evaluation__isnull=False)
        .exclude(follow_up_1="", follow_up_2="")
        .exclude(assignment__evaluation__in=to_grade.exclude(evaluation=None).values("evaluation"))
    )


def _by_task(reviews: QuerySet[Review]) -> list[TaskQuestions]:
    found: dict[tuple[str, int], list[str]] = {}
    rows = reviews.select_related("assignment__evaluation__definition").only(
        "follow_up_1", "follow_up_2", "assignment__evaluation__definition__title", "assignment__public_id"
    )
    # The random addresses of the assignments: neither who was asked first nor who was done first.
    for review in sorted(rows, key=lambda one: one.assignment.public_id):
        task = review.assignment.evaluation
        found.setdefault((task.definition.title, task.pk), []).extend(review.follow_ups)
    return [TaskQuestions(title, tuple(dict.fromkeys(asked))) for (title, _), asked in sorted(found.items())]


def follow_ups_about(tasks: Iterable[EvaluationAssignment], user: Any) -> list[TaskQuestions]:
    """Return what graders of these tasks would ask, for staff and leads who may read them."""
    return _by_task(_handed_in(user).filter(assignment__evaluation__in=[task.pk for task in tasks]))


def follow_ups_for(row: StreamApplication, user: Any) -> list[TaskQuestions]:
    """Return what graders would ask a person whom the release brought to a stream; before it, nothing is read.

    Of the tasks that the stream uses: its own, and those of its tracks in which the person was advanced. For mentors,
    and for whoever talks to the person for the stream.
    """
    if row.released_state != StreamApplicationState.IN_STREAM_REVIEW:
        return []
    advanced = row.application.track_applications.filter(
        released_state=TrackState.ADVANCED, track__stream_tracks__stream=row.stream_id
    )
    used = Q(definition__streams=row.stream_id) | Q(definition__tracks__in=advanced.values("track"))
    tasks = EvaluationAssignment.objects.filter(used, application=row.application_id)
    # Work that a question is open about, or that does not count, is nothing to ask about in an interview.
    return _by_task(
        _handed_in(user).filter(assignment__evaluation__in=tasks.exclude(state__in=sorted(NOT_READ)).values("pk"))
    )

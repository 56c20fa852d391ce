"""Questions that graders of a task would ask its author: for those who meet the person, and without a grader's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from applications.models import EvaluationAssignment, EvaluationDefinition, StreamApplication, TrackApplication
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


def asked_of(user: Any) -> ArraySubquery:
    """Return what annotates tasks (as ``asked``) with the questions that ``user`` may read, one entry a grading.

    In the order of the assignments' random addresses: neither who was asked first nor who was done first.
    """
    about = _handed_in(user).filter(assignment__evaluation=OuterRef("pk")).order_by("assignment__public_id")
    return ArraySubquery(about.values(asked=JSONObject(first="follow_up_1", second="follow_up_2")))


def questions_of(tasks: Iterable[Any]) -> list[TaskQuestions]:
    """Return the questions about tasks that carry them as ``asked``, without the tasks that nobody asks about."""
    found = []
    for task in sorted(tasks, key=lambda one: (one.definition.title, one.pk)):
        texts = [text for one in task.asked for text in (one["first"], one["second"]) if text]
        if texts:
            found.append(TaskQuestions(task.definition.title, tuple(dict.fromkeys(texts))))
    return found


def tasks_used_for(row: StreamApplication) -> QuerySet[EvaluationAssignment]:
    """Return a person's tasks that a stream uses: its own (``is_own``), and those of its tracks that advanced them."""
    own = EvaluationDefinition.streams.through.objects.filter(
        stream=row.stream_id, evaluationdefinition=OuterRef("definition")
    )
    advanced = TrackApplication.objects.filter(
        application=row.application_id, released_state=TrackState.ADVANCED, track__stream_tracks__stream=row.stream_id
    )
    of_tracks = EvaluationDefinition.tracks.through.objects.filter(
        track__in=advanced.values("track"), evaluationdefinition=OuterRef("definition")
    )
    tasks = EvaluationAssignment.objects.filter(application=row.application_id).annotate(is_own=Exists(own))
    return tasks.filter(Q(is_own=True) | Exists(of_tracks)).select_related("definition")


def questions_for(row: StreamApplication, tasks: Iterable[Any]) -> list[TaskQuestions]:
    """Return what graders would ask a person whom the release brought to a stream; before it, nothing.

    ``tasks`` are from ``tasks_used_for``, with what ``asked_of`` says.
    """
    if row.released_state != StreamApplicationState.IN_STREAM_REVIEW:
        return []
    # Work that a question is open about, or that does not count, is nothing to ask about in an interview.
    return questions_of(task for task in tasks if task.state not in NOT_READ)


def follow_ups_for(row: StreamApplication, user: Any) -> list[TaskQuestions]:
    """Return what graders would ask the person of ``row``, for whoever talks to them for the stream."""
    return questions_for(row, tasks_used_for(row).annotate(asked=asked_of(user)))

"""What the calendar has to move by itself."""

from datetime import datetime

from django.db.models import DateTimeField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from applications.models import (
    Application,
    DeadlineExtension,
    EvaluationAssignment,
    TrackApplication,
)
from applications.queries.calendar import dates_of
from applications.queries.timed import LAST_SAVE_GRACE
from applications.states import ApplicationState, EvaluationKind, EvaluationState, TaskWindow, TrackState, Window
from core import clock
from streams.models import Cycle


def own_close(official: datetime, window: str) -> Greatest:
    """Return, as an expression on applications, when ``window`` closes for each: the published date or a later own one.

    The same rule as ``dates_for``, for many people at once.
    """
    granted = DeadlineExtension.objects.filter(application=OuterRef("pk"), window=window).order_by("-granted_at", "-pk")
    # The greatest of what there is: no extension is NULL and loses.
    return Greatest(Value(official, DateTimeField()), Subquery(granted.values("until")[:1]))


def due_for_close(cycle: Cycle) -> QuerySet[Application]:
    """Return the applications that the end of the general window has still to settle."""
    dates, now = dates_of(cycle), clock.now()
    if "general_closes" not in dates.by_code or dates.deadline("general_closes").takes(now):
        return Application.objects.none()
    rows = _past_own_close(cycle, Window.GENERAL)
    return rows.filter(internal_state__in=[ApplicationState.DRAFT, ApplicationState.SUBMITTED])


def due_for_stage2(cycle: Cycle) -> QuerySet[Application]:
    """Return the applications that enter stage 2: its opening has come and a track was released to them."""
    if not dates_of(cycle).has_begun("stage2_opens", clock.now()):
        return Application.objects.none()
    opened = TrackApplication.objects.filter(application=OuterRef("pk"), released_state=TrackState.STREAMS_OPEN)
    in_screen = Application.objects.filter(cycle=cycle, internal_state=ApplicationState.IN_SCREEN)
    return in_screen.filter(Exists(opened)).order_by("pk")


def due_for_review(cycle: Cycle) -> QuerySet[Application]:
    """Return the applications that the end of stage 2 has still to settle."""
    dates, now = dates_of(cycle), clock.now()
    if "stage2_closes" not in dates.by_code or dates.deadline("stage2_closes").takes(now):
        return Application.objects.none()
    return _past_own_close(cycle, Window.STAGE2).filter(internal_state=ApplicationState.STAGE2)


def _past_own_close(cycle: Cycle, window: str) -> QuerySet[Application]:
    dates = dates_of(cycle)
    closes = own_close(dates.by_code[window].starts_at, window)
    rows = Application.objects.filter(cycle=cycle).annotate(own_close=closes)
    return rows.filter(own_close__lte=clock.now() - dates.grace).order_by("pk")


def timed_out(cycle: Cycle) -> QuerySet[EvaluationAssignment]:
    """Return the timed tasks whose end has passed, the last save's grace included."""
    ended = clock.now() - LAST_SAVE_GRACE
    running = EvaluationAssignment.objects.filter(application__cycle=cycle, state=EvaluationState.STARTED)
    return running.filter(ends_at__lt=ended).order_by("pk")


def tasks_to_close(cycle: Cycle) -> list[EvaluationAssignment]:
    """Return the tasks that are open beyond stage 2, with more time or for the mentors, and whose time is over."""
    dates, found = dates_of(cycle), list[EvaluationAssignment]()
    for window in TaskWindow:
        if window not in dates.by_code:
            continue
        closes = Greatest(Value(dates.by_code[window].starts_at, DateTimeField()), F("extended_until"))
        rows = (
            EvaluationAssignment.objects.filter(application__cycle=cycle, window=window, state=EvaluationState.ASSIGNED)
            .exclude(definition__kind=EvaluationKind.EXTERNAL)
            # The close of stage 2 settles its own.
            .exclude(application__internal_state=ApplicationState.STAGE2)
        )
        found.extend(rows.alias(own_close=closes).filter(own_close__lte=clock.now() - dates.grace).order_by("pk"))
    return found


def has_work_for_reviewers(cycle: Cycle) -> bool:
    """Say whether anything waits to be read: a track in review, or an evaluation that was handed in."""
    tracks = TrackApplication.objects.filter(application__cycle=cycle, internal_state=TrackState.IN_REVIEW)
    evaluations = EvaluationAssignment.objects.filter(application__cycle=cycle, state=EvaluationState.SUBMITTED)
    return tracks.exists() or evaluations.exists()

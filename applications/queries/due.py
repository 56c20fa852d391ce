"""What the calendar has to move by itself."""

from django.db.models import Exists, OuterRef, QuerySet

from applications.models import Application, EvaluationAssignment, TrackApplication
from applications.queries.calendar import dates_of
from applications.states import ApplicationState, EvaluationState, TrackState
from core import clock
from streams.models import Cycle


def due_for_close(cycle: Cycle) -> QuerySet[Application]:
    """Return the applications that the end of the general window has still to settle."""
    dates, now = dates_of(cycle), clock.now()
    if "general_closes" not in dates.by_code or dates.deadline("general_closes").takes(now):
        return Application.objects.none()
    open_states = [ApplicationState.DRAFT, ApplicationState.SUBMITTED]
    return Application.objects.filter(cycle=cycle, internal_state__in=open_states).order_by("pk")


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
    return Application.objects.filter(cycle=cycle, internal_state=ApplicationState.STAGE2).order_by("pk")


def has_work_for_reviewers(cycle: Cycle) -> bool:
    """Say whether anything waits to be read: a track in review, or an evaluation that was handed in."""
    tracks = TrackApplication.objects.filter(application__cycle=cycle, internal_state=TrackState.IN_REVIEW)
    evaluations = EvaluationAssignment.objects.filter(application__cycle=cycle, state=EvaluationState.SUBMITTED)
    return tracks.exists() or evaluations.exists()

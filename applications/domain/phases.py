"""What the calendar does with applications when a window opens or closes. Safe to run twice."""

from datetime import datetime
from typing import Any

from django.db import transaction

from applications.domain.assigning import assign_wanted
from applications.domain.guards import open_track_ids
from applications.domain.snapshots import AREAS_CODE, item_value
from applications.domain.timed import end_timed_task
from applications.domain.tracks import TRACKS_CODE, set_tracks
from applications.models import (
    Application,
    EvaluationAssignment,
    EvaluationDefinition,
    StreamApplication,
    TrackApplication,
)
from applications.queries.calendar import dates_for
from applications.queries.snapshots import latest_snapshot
from applications.queries.task_windows import writing_time
from applications.states import (
    AnswerScope,
    ApplicationState,
    EvaluationKind,
    EvaluationState,
    StreamApplicationState,
    TrackState,
)
from core import clock, outbox
from core.refusals import Refused
from core.transitions import locked, transition, transition_openly
from streams.models import Track
from streams.states import StepKind


@transaction.atomic
def close_application(*, application: Application, by: Any = None) -> Application:
    """Settle one application at the end of the general window: in screen, or lapsed if it was never handed in.

    One that was reopened and not submitted again falls back to what was handed in. Raises ``Refused`` before the end.
    """
    application = locked(application, "cycle", "person")
    if application.internal_state not in {ApplicationState.DRAFT, ApplicationState.SUBMITTED}:
        return application
    deadline = dates_for(application).deadline("general_closes")
    if deadline.takes(clock.now()):
        raise Refused("The window of the general application is still open.")
    if application.internal_state == ApplicationState.DRAFT:
        if application.submitted_at is None:
            return _lapse(application, deadline.official(), by=by)
        _restore_tracks(application, by=by)
        application = transition_openly(application, "fall_back", by=by, reopened_at=None)
    application = transition_openly(application, "close_window", by=by)
    with_screen = Track.objects.filter(cycle=application.cycle, steps__kind=StepKind.SCREEN)
    screened = set(with_screen.values_list("pk", flat=True))
    for row in application.track_applications.filter(internal_state=TrackState.SELECTED).order_by("pk"):
        transition_openly(locked(row), "close_window" if row.track_id in screened else "skip_screen", by=by)
    return application


def _lapse(application: Application, closed: str, *, by: Any) -> Application:
    application = transition_openly(application, "lapse", by=by)
    for row in application.track_applications.filter(internal_state=TrackState.SELECTED).order_by("pk"):
        transition_openly(locked(row), "lapse", by=by)
    outbox.enqueue(
        key=f"lapsed:{application.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/lapsed.txt",
        application=application,
        closed=closed,
    )
    return application


def _restore_tracks(application: Application, *, by: Any) -> None:
    handed_in = item_value(latest_snapshot(application, AnswerScope.GENERAL), TRACKS_CODE)
    if handed_in is not None:
        tracks = Track.objects.filter(cycle=application.cycle, public_id__in=handed_in)
        set_tracks(application, set(tracks.values_list("pk", flat=True)), by=by)


@transaction.atomic
def open_stage2(*, application: Application, by: Any = None, mail_at: datetime | None = None) -> Application:
    """Let an application into stage 2 once a track was released to it, and assign its tracks' evaluations once each.

    Called again after a further track was released, it assigns what that track adds. Its mail is held until
    ``mail_at``. Raises ``Refused`` before the opening; does nothing while no track is open to the applicant.
    """
    application = locked(application, "cycle", "person")
    states = {ApplicationState.IN_SCREEN, ApplicationState.STAGE2}
    opened = open_track_ids(application)
    if application.internal_state not in states or not opened:
        return application
    dates = dates_for(application)
    if not dates.has_begun("stage2_opens", clock.now()):
        raise Refused("Stage 2 is not open yet.")
    is_new = application.internal_state == ApplicationState.IN_SCREEN
    if is_new:
        application = transition_openly(application, "enter_stage2", by=by)
    elif not dates.deadline("stage2_closes").takes(clock.now()):
        return application
    assigned = _assign_evaluations(application, opened, by=by)
    if is_new or assigned:
        outbox.enqueue(
            key=_stage2_key(application, opened),
            to=application.person.email,
            person=application.person,
            template="applications/mail/stage2_todo.txt",
            application=application,
            assigned=assigned,
            tracks=list(Track.objects.filter(pk__in=opened).order_by("order")),
            deadline=dates.deadline("stage2_closes"),
            not_before=mail_at,
        )
    return application


def _stage2_key(application: Application, opened: set[int]) -> str:
    """Name the mail: one for each set of open tracks, and anew after an earlier opening was taken back."""
    key = f"{stage2_mails(application)}{'-'.join(str(pk) for pk in sorted(opened))}"
    taken_back = outbox.count_stopped(key_prefix=key)
    return f"{key}:{taken_back}" if taken_back else key


def stage2_mails(application: Application) -> str:
    """Return what the keys of all mails about the opening of stage 2 to ``application`` begin with."""
    return f"stage2:{application.public_id}:"


def owner_prefix(key: str) -> str:
    """Return that beginning of a mail's key, which names the application; of another mail, something else."""
    return ":".join(key.split(":", 2)[:2]) + ":"


def _assign_evaluations(application: Application, track_ids: set[int], *, by: Any) -> list[EvaluationAssignment]:
    wanted = EvaluationDefinition.objects.filter(cycle=application.cycle, tracks__in=track_ids)
    return assign_wanted(application, wanted, by=by)


@transaction.atomic
def close_stage2(*, application: Application, by: Any = None) -> Application:
    """Settle one application at the end of stage 2: under review with what was submitted, else closed.

    Drafts lapse; what was reopened and not submitted again falls back to what was handed in. A track without a
    submitted stream lapses. Raises ``Refused`` before the end.
    """
    application = locked(application, "cycle", "person")
    if application.internal_state != ApplicationState.STAGE2:
        return application
    deadline = dates_for(application).deadline("stage2_closes")
    if deadline.takes(clock.now()):
        raise Refused("Stage 2 is still open.")
    _settle_streams(application, by=by)
    _settle_evaluations(application, by=by)
    has_reading = _settle_tracks(application, by=by)
    if has_reading:
        return transition_openly(application, "begin_review", by=by)
    application = transition_openly(application, "close", by=by)
    outbox.enqueue(
        key=f"stage2-lapsed:{application.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/stage2_lapsed.txt",
        application=application,
        closed=deadline.official(),
    )
    return application


def _settle_streams(application: Application, *, by: Any) -> None:
    drafts = application.stream_applications.filter(internal_state=StreamApplicationState.DRAFT)
    for row in drafts.order_by("pk"):
        row = locked(row)
        if row.submitted_at is None:
            transition_openly(row, "lapse", by=by)
            continue
        _restore_areas(row)
        transition_openly(row, "fall_back", by=by)


def _restore_areas(row: StreamApplication) -> None:
    handed_in = item_value(latest_snapshot(row.application, AnswerScope.STREAM, row.public_id), AREAS_CODE)
    if handed_in is not None:
        row.areas.set(row.stream.areas.filter(public_id__in=handed_in))


def _settle_evaluations(application: Application, *, by: Any) -> None:
    open_tasks = (
        application.evaluation_assignments.filter(state__in=[EvaluationState.STARTED, EvaluationState.ASSIGNED])
        # A test at a provider is no work to hand in: its score may come after the window.
        .exclude(definition__kind=EvaluationKind.EXTERNAL)
        .select_related("definition")
        .order_by("pk")
    )
    dates = dates_for(application)
    for row in open_tasks:
        if writing_time(row, dates).closes.takes(clock.now()):
            continue  # staff gave this person more time for this task; the calendar settles it then
        if row.state == EvaluationState.STARTED:
            end_timed_task(assignment=row, by=by)
        else:
            transition(locked(row), "fall_back" if row.submitted_at else "expire", by=by)


def _settle_tracks(application: Application, *, by: Any) -> bool:
    """Begin the review of tracks with a submitted stream, lapse the others. Says whether readers have work left."""
    submitted = application.stream_applications.filter(internal_state=StreamApplicationState.SUBMITTED)
    reached = set(submitted.values_list("stream__stream_tracks__track_id", flat=True))
    has_reading = False
    for row in application.track_applications.order_by("pk"):
        # Only what the applicant knew to be open: a decision that was not released stays where it is.
        if row.internal_state == row.released_state == TrackState.STREAMS_OPEN:
            is_reached = row.track_id in reached
            transition_openly(locked(row), "begin_review" if is_reached else "lapse", by=by)
            has_reading |= is_reached
        has_reading |= _waits_for_the_screen(row)
    return has_reading


def _waits_for_the_screen(row: TrackApplication) -> bool:
    return row.released_state == TrackState.IN_SCREEN

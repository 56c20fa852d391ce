"""Whether an applicant's act is possible now: windows and states, asked under the application's lock."""

from applications.models import Application, EvaluationAssignment
from applications.queries.calendar import dates_for, dates_of, on
from applications.queries.task_windows import writing_time
from applications.queries.timed import LAST_SAVE_GRACE
from applications.states import NOT_ASKED, ApplicationState, EvaluationState, TaskWindow, TrackState
from core import clock
from core.deadlines import Deadline, written
from core.refusals import Refused


def check_general_window(application: Application) -> None:
    """Raise ``Refused`` unless the general application may be written, by the time at which the request arrived."""
    _check_window(
        application,
        "general_opens",
        "general_closes",
        "Applications open on {opens}.",
        "The window closed at {closes}. Your draft is kept.",
    )


def check_stage2_window(application: Application) -> None:
    """Raise ``Refused`` unless stage 2 may be written."""
    _check_window(
        application,
        "stage2_opens",
        "stage2_closes",
        "Stage 2 opens on {opens}.",
        "Stage 2 closed at {closes}. What you had submitted counts; drafts are not read.",
    )


def _check_window(application: Application, opens_code: str, closes_code: str, too_early: str, too_late: str) -> None:
    arrived, dates = clock.arrival(), dates_of(application.cycle)
    if dates.has_begun(opens_code, arrived) and dates.deadline(closes_code).takes(arrived):
        return  # nothing that staff moved for one person takes away from the published window
    dates = dates_for(application)
    closes = dates.deadline(closes_code)
    if not dates.has_begun(opens_code, arrived):
        raise Refused(too_early.format(opens=on(dates, opens_code)))
    if not closes.takes(arrived):
        raise Refused(too_late.format(closes=closes.official()))


def check_before_official_close(application: Application, code: str) -> None:
    """Raise ``Refused`` after the published deadline: nothing is taken apart in the minutes of grace."""
    check_not_past(dates_for(application).deadline(code))


def check_not_past(deadline: Deadline) -> None:
    """Raise ``Refused`` after a deadline, its grace left out."""
    if deadline.is_past(clock.arrival()):
        raise Refused(
            f"The window closed at {deadline.official()}. What you submitted counts and can no longer be reopened."
        )


def check_is_draft(application: Application) -> None:
    """Raise ``Refused`` unless the general application may be changed."""
    if application.internal_state == ApplicationState.SUBMITTED:
        raise Refused("Your application is submitted. Reopen it to change something.")
    if application.internal_state != ApplicationState.DRAFT:
        raise Refused("This application can no longer be changed.")


def check_in_stage2(application: Application) -> None:
    """Raise ``Refused`` unless the application is in stage 2, as its applicant knows it."""
    if application.released_state != ApplicationState.STAGE2 or application.internal_state != ApplicationState.STAGE2:
        raise Refused("Stage 2 is not open for this application.")


def check_task_window(task: EvaluationAssignment) -> None:
    """Raise ``Refused`` unless the time in which this task is written has come and is not over."""
    window, application = writing_time(task), task.application
    is_late = window.is_own and application.released_state == ApplicationState.UNDER_REVIEW
    if task.window == TaskWindow.STAGE2 and not is_late:
        check_in_stage2(application)
    elif application.released_state not in window.states:
        raise Refused("This task is not open for this application.")
    arrived = clock.arrival()
    if not window.dates.has_begun(window.opens_code, arrived):
        raise Refused(f"This task opens on {on(window.dates, window.opens_code)}.")
    if not window.closes.takes(arrived):
        raise Refused(
            f"The time for this task ended at {window.closes.official()}. What you had handed in counts; "
            "a draft is not read."
        )


def open_track_ids(application: Application) -> set[int]:
    """Return the tracks whose streams the applicant may choose: what was released, never what was decided."""
    opened = application.track_applications.filter(released_state=TrackState.STREAMS_OPEN)
    return set(opened.values_list("track_id", flat=True))


def check_task_is_open(task: EvaluationAssignment | None) -> None:
    """Raise ``Refused`` unless this task may be written now; a timed one from its start to its end."""
    if task is not None and task.state in NOT_ASKED:
        raise Refused("This task is not asked of you any more. There is nothing to do.")
    if task is None or task.state not in {EvaluationState.ASSIGNED, EvaluationState.STARTED}:
        raise Refused("This task is handed in. Reopen it to change something.")
    if task.definition.is_timed and task.state == EvaluationState.ASSIGNED:
        raise Refused("This task has a clock. Start it first.")
    if task.ends_at and clock.arrival() > task.ends_at + LAST_SAVE_GRACE:
        raise Refused(f"Time ended at {written(task.ends_at, 'UTC')}. What was saved is handed in.")

"""What an applicant reads about where they are. Only ever from the released state."""

from typing import NamedTuple

from applications.models import Application, StreamApplication
from applications.queries.calendar import CycleDates, dates_for, on
from applications.queries.next_events import next_event
from applications.states import ApplicationState, EvaluationState, StreamApplicationState, TrackState
from core import clock
from core.deadlines import written

A, T, S, E = ApplicationState, TrackState, StreamApplicationState, EvaluationState


class Wording(NamedTuple):
    """Chip kind, whose move it is, one or two sentences, and the next dated event ("" if there is none)."""

    kind: str
    headline: str
    sentence: str
    next_event: str = ""


def released_wording(application: Application, dates: CycleDates | None = None, *, has_moves: bool = True) -> Wording:
    """Say where an application is, as its applicant may know it; ``has_moves``: whether something is left to do."""
    dates = dates or dates_for(application)
    wording = _words(application, dates, has_moves=has_moves)
    if wording.kind == "wait" and not has_moves and application.released_state not in {A.DRAFT, A.STAGE2}:
        wording = wording._replace(sentence=f"{wording.sentence} Nothing to do.")
    event = next_event(application.released_state, dates, has_moves=has_moves)
    return wording._replace(next_event=event.text if event else "")


def _words(application: Application, dates: CycleDates, *, has_moves: bool) -> Wording:
    state = application.released_state
    if state == A.DRAFT:
        return _draft(application, dates)
    if state == A.STAGE2:
        return _stage2(dates, has_moves=has_moves)
    if state == A.CLOSED:
        return _closed(application)
    return _FIXED[A(state)](dates)


def _draft(application: Application, dates: CycleDates) -> Wording:
    closes = on(dates, "general_closes")
    if not dates.deadline("general_closes").takes(clock.now()):
        return Wording("wait", "Window closed", f"The window closed at {closes}. What you saved is kept.")
    if application.submitted_at and application.reopened_at:
        return Wording(
            "move",
            "Your move",
            f"Reopened at {written(application.reopened_at, 'UTC')}. Your submission of "
            f"{written(application.submitted_at, 'UTC')} stands until you submit again, and is used if you do not.",
        )
    return Wording("move", "Your move", "Your application is a draft. It is not in yet.")


def _stage2(dates: CycleDates, *, has_moves: bool) -> Wording:
    closes = on(dates, "stage2_closes")
    if has_moves:
        sentence = "Choose streams and finish your tasks. Drafts are not read."
        return Wording("move", "Your move", sentence)
    return Wording("wait", "Submitted", f"You can add streams or change what you submitted until {closes}.")


def _closed(application: Application) -> Wording:
    ended = set(application.track_applications.values_list("released_state", flat=True))
    if ended and ended <= {T.LAPSED, T.WITHDRAWN}:
        return Wording(
            "over", "Ended", "Stage 2 closed without a submitted stream, so this application does not go on."
        )
    return Wording("over", "Not selected", "Your application ends here for this cycle.")


_FIXED = {
    A.SUBMITTED: lambda dates: Wording("wait", "Received", f"You can reopen it until {on(dates, 'general_closes')}."),
    A.IN_SCREEN: lambda _: Wording("wait", "Received", "We look at every application once before stage 2."),
    A.UNDER_REVIEW: lambda _: Wording("wait", "With the reviewers", "People read your application without your name."),
    A.FINAL: lambda _: Wording("wait", "With the mentors", "Mentors of the streams you chose read your application."),
    A.OFFERED: lambda _: Wording(
        "move", "Your move", "You have an offer. The page of the offer says until when you can reply."
    ),
    A.ACCEPTED: lambda _: Wording("done", "Accepted", "Your place is yours."),
    A.LAPSED: lambda dates: Wording(
        "over",
        "Not submitted",
        f"The window closed at {on(dates, 'general_closes')} and your application was a draft. Your draft is kept.",
    ),
    A.WITHDRAWN: lambda _: Wording("over", "Withdrawn by you", "Nobody reads this application any more."),
}

_TRACKS = {
    T.SELECTED: ("none", "Chosen"),
    T.IN_SCREEN: ("wait", "Received"),
    T.STREAMS_OPEN: ("move", "Streams open"),
    T.IN_REVIEW: ("wait", "With the reviewers"),
    T.HELD: ("wait", "With the track leads"),
    T.ADVANCED: ("done", "With the mentors"),
    T.NOT_ADVANCED: ("over", "Not selected"),
    T.LAPSED: ("over", "No stream submitted"),
    T.WITHDRAWN: ("over", "Withdrawn by you"),
}
_STREAMS = {
    S.DRAFT: ("move", "Draft"),
    S.SUBMITTED: ("done", "Submitted"),
    S.IN_STREAM_REVIEW: ("wait", "With the mentors"),
    S.LAPSED: ("over", "Not submitted"),
    S.CLOSED: ("over", "Not taken forward"),
    S.WITHDRAWN: ("over", "Withdrawn by you"),
}
_TASKS = {
    E.ASSIGNED: ("move", "To do"),
    E.STARTED: ("move", "The clock runs"),
    E.SUBMITTED: ("done", "Handed in"),
    E.GRADED: ("done", "Handed in"),
    E.EXPIRED: ("over", "Not handed in"),
    E.EXCUSED: ("done", "You are excused"),
    E.VOID: ("over", "No longer asked of you"),
    E.INTEGRITY_REVIEW: ("wait", "A question"),
    E.SET_ASIDE: ("over", "Does not count"),
}


def track_wording(released_state: str, application_state: str = "") -> tuple[str, str]:
    """Return chip kind and words of one track."""
    if released_state == T.LAPSED and application_state == A.LAPSED:
        return "over", "Not submitted"
    if released_state == T.ADVANCED and application_state in {A.CLOSED, A.ACCEPTED}:
        # The mentors are done with it: the track led to the end of the way, or to a place.
        return ("over", "No place in this cycle") if application_state == A.CLOSED else ("done", "Went on")
    return _TRACKS[T(released_state)]


def stream_wording(row: StreamApplication) -> tuple[str, str]:
    """Return chip kind and words of one stream application."""
    return _STREAMS[S(row.released_state)]


def task_wording(state: str) -> tuple[str, str]:
    """Return chip kind and words of one evaluation; grading is not the applicant's to see."""
    return _TASKS[E(state)]

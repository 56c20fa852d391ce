"""What an applicant reads about where they are. Only ever from the released state."""

from typing import NamedTuple

from applications.models import Application, StreamApplication
from applications.queries.calendar import CycleDates, dates_for
from applications.states import ApplicationState, EvaluationState, StreamApplicationState, TrackState
from core import clock
from core.deadlines import ends_a_day, written, zone_of
from streams.models import KeyDate
from streams.states import Precision

A, T, S, E = ApplicationState, TrackState, StreamApplicationState, EvaluationState


class Wording(NamedTuple):
    """Chip kind, whose move it is, one or two sentences, and the next dated event ("" if there is none)."""

    kind: str
    headline: str
    sentence: str
    next_event: str


def released_wording(application: Application, dates: CycleDates | None = None, *, has_moves: bool = True) -> Wording:
    """Say where an application is, as its applicant may know it; ``has_moves``: whether something is left to do."""
    dates = dates or dates_for(application)
    state = application.released_state
    if state == A.DRAFT:
        return _draft(application, dates)
    if state == A.STAGE2:
        return _stage2(dates, has_moves=has_moves)
    if state == A.CLOSED:
        return _closed(application)
    wording = _FIXED[A(state)](dates)
    if wording.kind == "wait" and not has_moves:
        return wording._replace(sentence=f"{wording.sentence} Nothing to do.")
    return wording


def on(dates: CycleDates, code: str) -> str:
    """Write a key date in full, or say that it has none yet."""
    entry = dates.by_code.get(code)
    return written_date(entry) if entry else "a date that is not set yet"


def written_date(entry: KeyDate) -> str:
    """Write a key date as exactly as it is meant: a day without a time of day has none on the page either."""
    if entry.precision == Precision.DAY:
        local = entry.starts_at.astimezone(zone_of(entry.zone))
        return f"{local:%a} {local.day} {local:%B} {local.year}"
    ends_day = entry.precision == Precision.END_OF_DAY and ends_a_day(entry.starts_at, entry.zone)
    return written(entry.starts_at, entry.zone, ends_day=ends_day)


def _draft(application: Application, dates: CycleDates) -> Wording:
    closes = on(dates, "general_closes")
    if not dates.deadline("general_closes").takes(clock.now()):
        return Wording("wait", "Window closed", f"The window closed at {closes}. What you saved is kept.", "")
    if application.submitted_at and application.reopened_at:
        return Wording(
            "move",
            "Your move",
            f"Reopened at {written(application.reopened_at, 'UTC')}. Your submission of "
            f"{written(application.submitted_at, 'UTC')} stands until you submit again, and is used if you do not.",
            f"Closes {closes}",
        )
    return Wording("move", "Your move", "Your application is a draft. It is not in yet.", f"Closes {closes}")


def _stage2(dates: CycleDates, *, has_moves: bool) -> Wording:
    closes = on(dates, "stage2_closes")
    if has_moves:
        sentence = "Choose streams and finish your tasks. Drafts are not read."
        return Wording("move", "Your move", sentence, f"Closes {closes}")
    return Wording(
        "wait",
        "Submitted",
        f"You can add streams or change what you submitted until {closes}.",
        f"Result by {on(dates, 'advance_released')}",
    )


def _closed(application: Application) -> Wording:
    ended = set(application.track_applications.values_list("released_state", flat=True))
    if ended and ended <= {T.LAPSED, T.WITHDRAWN}:
        return Wording(
            "over", "Ended", "Stage 2 closed without a submitted stream, so this application does not go on.", ""
        )
    return Wording("over", "Not selected", "Your application ends here for this cycle.", "")


_FIXED = {
    A.SUBMITTED: lambda dates: Wording(
        "wait",
        "Received",
        f"You can reopen it until {on(dates, 'general_closes')}.",
        f"Result by {on(dates, 'screen_released')}",
    ),
    A.IN_SCREEN: lambda dates: Wording(
        "wait",
        "Received",
        "We look at every application once before stage 2.",
        f"Result by {on(dates, 'screen_released')}",
    ),
    A.UNDER_REVIEW: lambda dates: Wording(
        "wait",
        "With the reviewers",
        "People read your application without your name.",
        f"Result by {on(dates, 'advance_released')}",
    ),
    A.FINAL: lambda dates: Wording(
        "wait",
        "With the mentors",
        "Mentors of the streams you chose read your application.",
        f"Offers go out on {on(dates, 'offers_sent')}",
    ),
    A.OFFERED: lambda _: Wording(
        "move",
        "Your move",
        "You have an offer. The page of the offer says until when you can reply.",
        "",
    ),
    A.ACCEPTED: lambda dates: Wording(
        "done",
        "Accepted",
        "Your place is yours.",
        f"The programme starts on {on(dates, 'programme_starts')}",
    ),
    A.LAPSED: lambda dates: Wording(
        "over",
        "Not submitted",
        f"The window closed at {on(dates, 'general_closes')} and your application was a draft. Your draft is kept.",
        "",
    ),
    A.WITHDRAWN: lambda _: Wording("over", "Withdrawn by you", "Nobody reads this application any more.", ""),
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
    E.SUBMITTED: ("done", "Handed in"),
    E.GRADED: ("done", "Handed in"),
    E.EXPIRED: ("over", "Not handed in"),
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

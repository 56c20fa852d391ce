"""What an applicant sees first: whose move it is, what is to do, what comes next."""

from dataclasses import dataclass
from typing import Any

from applications.models import Application
from applications.queries import (
    CycleDates,
    Wording,
    current_application,
    dates_for,
    dates_of,
    moves_of,
    released_wording,
)
from applications.queries import track_wording as words_of_track
from applications.queries.bringing import earlier_application, minutes_written
from applications.queries.calendar import written_date
from applications.queries.choices import current_cycle
from applications.queries.integrity import concern_moves
from applications.states import ENDED, ApplicationState
from core import clock
from core.deadlines import Deadline
from core.models import OutboxMail
from core.moves import OpenMove
from core.queries import own_messages
from matching.queries.moves import moves_of as moves_in_matching
from streams.models import Cycle

A = ApplicationState
#: The stations of the way: title, key date that names its end, words of that date.
STATIONS = [
    ("You apply", "general_closes", "closes"),
    ("We look at every application once", "screen_released", "result by"),
    ("Streams and tasks", "stage2_closes", "closes"),
    ("Reading without your name", "advance_released", "result by"),
    ("Mentors and interviews", "stream_stage_closes", "until"),
    ("Offers", "offers_sent", "from"),
    ("The programme", "programme_starts", "starts"),
]
#: Which station an application has reached.
REACHED = {
    A.DRAFT: 0,
    A.SUBMITTED: 1,
    A.IN_SCREEN: 1,
    A.STAGE2: 2,
    A.UNDER_REVIEW: 3,
    A.FINAL: 4,
    A.OFFERED: 5,
    A.ACCEPTED: 6,
}
N_MESSAGES = 5


@dataclass(frozen=True)
class Station:
    """One step of the timeline."""

    title: str
    note: str
    state: str


@dataclass(frozen=True)
class TrackLine:
    """One track in words."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True)
class NextCycle:
    """A cycle that is open to somebody whose application is to an earlier one."""

    cycle: Cycle
    closes: Deadline
    #: Declared minutes of its general form, and of what the person has answered before.
    minutes: int
    minutes_written: int


@dataclass(frozen=True)
class Dashboard:
    """Everything the page shows."""

    cycle: Cycle | None
    application: Application | None
    wording: Wording | None
    open_moves: list[OpenMove]
    other_moves: list[OpenMove]
    stations: list[Station]
    tracks: list[TrackLine]
    messages: list[OutboxMail]
    opens: Deadline | None
    closes: Deadline | None
    can_start: bool
    can_withdraw: bool
    next_cycle: NextCycle | None = None

    @property
    def to_do(self) -> list[dict[str, Any]]:
        """The open moves as the task list takes them."""
        return [_task(move) for move in self.open_moves]

    @property
    def done(self) -> list[dict[str, Any]]:
        """What is done or waits, as the task list takes it."""
        return [_task(move) for move in self.other_moves]

    @property
    def track_tasks(self) -> list[dict[str, Any]]:
        """The tracks as the task list takes them."""
        return [{"label": line.name, "kind": line.kind, "state": line.words} for line in self.tracks]

    @property
    def first(self) -> OpenMove | None:
        """The move that is due first."""
        return self.open_moves[0] if self.open_moves else None


def dashboard_of(user: Any) -> Dashboard:
    """Return the page of ``user``, from released states alone, in a fixed number of queries."""
    application = current_application(user)
    messages = list(own_messages(user)[:N_MESSAGES])
    if application is None:
        return _without_application(messages)
    dates = dates_for(application)
    moves = [*concern_moves(application), *moves_of(application, dates), *moves_in_matching(application)]
    open_moves = sorted((move for move in moves if move.is_open), key=_due_first)
    state = A(application.released_state)
    tracks = application.track_applications.select_related("track").order_by("track__order")
    return Dashboard(
        cycle=application.cycle,
        application=application,
        wording=_with_reply_date(released_wording(application, dates, has_moves=bool(open_moves)), state, open_moves),
        open_moves=open_moves,
        other_moves=[move for move in moves if not move.is_open],
        stations=[] if state in ENDED else _stations(REACHED[state], dates),
        tracks=[TrackLine(row.track.name, *words_of_track(row.released_state, state)) for row in tracks],
        messages=messages,
        opens=None,
        closes=None,
        can_start=False,
        can_withdraw=state not in ENDED | {A.OFFERED, A.ACCEPTED},
        next_cycle=None if application.cycle.is_public_current else _next_cycle(application),
    )


def _next_cycle(application: Application) -> NextCycle | None:
    """Return the cycle that a person who applied before may apply to now."""
    cycle = current_cycle()
    dates = dates_of(cycle) if cycle else None
    if cycle is None or dates is None or not {"general_opens", "general_closes"} <= dates.by_code.keys():
        return None
    closes, arrived = dates.deadline("general_closes"), clock.arrival()
    if not dates.has_begun("general_opens", arrived) or not closes.takes(arrived):
        return None
    source = earlier_application(application.person_id, cycle)
    written, minutes = minutes_written(source, cycle) if source else (0, 0)
    return NextCycle(cycle, closes, minutes, written)


def _with_reply_date(wording: Wording, state: A, open_moves: list[OpenMove]) -> Wording:
    """Let an offer's own reply date go before the cycle's: one from the waitlist has a later one."""
    due = next((move for move in open_moves if move.due_at), None)
    if state != A.OFFERED or due is None or due.due_at is None:
        return wording
    return wording._replace(next_event=f"Reply by {Deadline(due.due_at, due.due_zone).official()}")


def _without_application(messages: list[OutboxMail]) -> Dashboard:
    cycle = current_cycle()
    dates = dates_of(cycle) if cycle else None
    has_dates = dates is not None and {"general_opens", "general_closes"} <= dates.by_code.keys()
    opens = dates.deadline("general_opens") if dates and has_dates else None
    closes = dates.deadline("general_closes") if dates and has_dates else None
    arrived = clock.arrival()
    return Dashboard(
        cycle=cycle,
        application=None,
        wording=None,
        open_moves=[],
        other_moves=[],
        stations=[],
        tracks=[],
        messages=messages,
        opens=opens,
        closes=closes,
        can_withdraw=False,
        can_start=bool(opens and closes and opens.is_past(arrived) and closes.takes(arrived)),
    )


def _task(move: OpenMove) -> dict[str, Any]:
    return {
        "label": move.label,
        "url": move.url,
        "kind": move.kind,
        "state": move.state,
        "minutes": move.minutes,
        "moment": move.due_at,
        "zone": move.due_zone,
    }


def _due_first(move: OpenMove) -> tuple[bool, Any]:
    return move.due_at is None, move.due_at.timestamp() if move.due_at else 0


def _stations(reached: int, dates: CycleDates) -> list[Station]:
    stations = []
    for index, (title, code, words) in enumerate(STATIONS):
        entry = dates.by_code.get(code)
        day = written_date(entry) if entry else ""
        state = "done" if index < reached else "now" if index == reached else "later"
        stations.append(Station(title, f"{words} {day}" if day and state != "done" else "", state))
    return stations

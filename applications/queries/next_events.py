"""The next dated event of an application: one table, read by the applicant's pages and by the no-silence check.

Nobody is left without one: after each date stands the one by which we write if the first went by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from applications.queries.calendar import CycleDates, written_date
from applications.states import ENDED, ApplicationState
from core import clock
from streams.models import KeyDate
from streams.states import Precision

A = ApplicationState


@dataclass(frozen=True)
class Promise:
    """One key date of the cycle, with the words in front of it."""

    words: str
    code: str


@dataclass(frozen=True)
class NextEvent:
    """What happens next, and by when."""

    text: str
    at: datetime


LAST_WORD = Promise("We write to everybody by", "waitlist_ends")
#: For each state that an applicant can read: the first of these dates that has not passed is what they are told.
NEXT: Mapping[A, tuple[Promise, ...]] = {
    A.DRAFT: (Promise("Closes", "general_closes"),),
    A.SUBMITTED: (Promise("Result by", "screen_released"),),
    A.IN_SCREEN: (Promise("Result by", "screen_released"), Promise("Stage 2 opens on", "stage2_opens")),
    A.STAGE2: (Promise("Closes", "stage2_closes"),),
    A.UNDER_REVIEW: (
        Promise("Result by", "advance_released"),
        Promise("Decision by", "rankings_close"),
        LAST_WORD,
    ),
    A.FINAL: (Promise("Offers go out on", "offers_sent"), LAST_WORD),
    A.OFFERED: (Promise("Reply by", "offers_reply_by"),),
    A.ACCEPTED: (
        Promise("The programme starts on", "programme_starts"),
        Promise("The programme ends on", "programme_ends"),
    ),
}
#: In stage 2, once everything is handed in.
HANDED_IN = (Promise("Result by", "advance_released"),)
LIVE = frozenset(set(A) - ENDED)


def next_event(state: str, dates: CycleDates, *, has_moves: bool = True) -> NextEvent | None:
    """Return the next dated event of an application whose applicant reads ``state``; ``None`` if it has none."""
    promises = HANDED_IN if state == A.STAGE2 and not has_moves else NEXT.get(A(state), ())
    for promise in promises:
        entry = dates.by_code.get(promise.code)
        if entry and clock.now() < _until(entry, dates.grace):
            return NextEvent(f"{promise.words} {written_date(entry)}", entry.starts_at)
    return None


def _until(entry: KeyDate, grace: timedelta) -> datetime:
    """Return when a date has passed: a day when it is over, an instant after the grace in which the work is done."""
    return entry.starts_at + (timedelta(days=1) if entry.precision == Precision.DAY else grace)

"""The dates of a cycle: instants for rules, rows for pages. The one place that reads key dates."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from core import clock, deadlines
from core.deadlines import Deadline
from core.editions import kept
from core.ics import Entry
from core.refusals import Refused
from streams.models import Cycle, KeyDate
from streams.states import Precision


class Phase(StrEnum):
    """Where a cycle stands, as far as a visitor is concerned."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Window:
    """From when until when something is taken; ``None`` is a date that has not been set."""

    opens_at: datetime | None
    closes: Deadline | None

    def is_open(self, moment: datetime) -> bool:
        """Say whether something that arrives at ``moment`` is taken, the grace included."""
        return (
            self.opens_at is not None
            and self.closes is not None
            and moment >= self.opens_at
            and self.closes.takes(moment)
        )


@dataclass(frozen=True)
class DateRow:
    """What a page shows of one key date."""

    code: str
    label: str
    note: str
    starts_at: datetime
    first_on: date
    last_on: date
    official: str
    has_time: bool
    who_acts: str
    state: str
    moved_from: str
    moved_reason: str
    moved_on: str

    @property
    def mark(self) -> str:
        """The sign before it in a short list."""
        return {"past": "✓", "next": "▸"}.get(self.state, "")


@dataclass(frozen=True)
class CycleDates:
    """All key dates of one cycle, in their order."""

    grace: timedelta
    by_code: Mapping[str, KeyDate]

    def instant(self, code: str) -> datetime | None:
        """Return when the event happens, or ``None`` if it has no date yet."""
        return self.by_code[code].starts_at if code in self.by_code else None

    def zone(self, code: str) -> str:
        """Return the zone in which the date was entered."""
        return self.by_code[code].zone if code in self.by_code else "UTC"

    def find_deadline(self, code: str) -> Deadline | None:
        """Return the deadline called ``code`` with the cycle's grace, or ``None`` if it has no date yet."""
        if code not in self.by_code:
            return None
        entry = self.by_code[code]
        return Deadline(entry.ends_at or entry.starts_at, entry.zone, self.grace)

    def deadline(self, code: str) -> Deadline:
        """Return the deadline called ``code`` with the cycle's grace. Raises ``Refused`` if it has no date yet."""
        found = self.find_deadline(code)
        if found is None:
            raise Refused("The dates of this cycle are not set yet.")
        return found

    def has_begun(self, code: str, moment: datetime) -> bool:
        """Say whether the event has a date and it has come."""
        starts = self.instant(code)
        return starts is not None and moment >= starts

    def is_over(self, code: str, moment: datetime) -> bool:
        """Say whether a deadline has passed, its grace included; a date that is not set never passes."""
        date = self.find_deadline(code)
        return date is not None and not date.takes(moment)


def current_cycle() -> Cycle | None:
    """Return the cycle that the public site shows, or ``None``."""
    # A copy: whoever gets a row may change it, and must not change it for others.
    return copy.copy(_current_cycle())


@kept
def _current_cycle() -> Cycle | None:
    return Cycle.objects.filter(is_public_current=True).first()


def dates_of(cycle: Cycle) -> CycleDates:
    """Return the key dates of ``cycle``."""
    return CycleDates(timedelta(minutes=cycle.grace_minutes), _key_dates(cycle.pk))


@kept
def _key_dates(cycle_id: int) -> Mapping[str, KeyDate]:
    return MappingProxyType({row.code: row for row in KeyDate.objects.filter(cycle=cycle_id).order_by("order")})


def key_instant(cycle: Cycle, code: str) -> datetime | None:
    """Return when something happens, or ``None`` if it has no date."""
    return dates_of(cycle).instant(code)


def window(cycle: Cycle, opens_code: str, closes_code: str) -> Window:
    """Return the window between two key dates, with the cycle's published grace."""
    dates = dates_of(cycle)
    return Window(dates.instant(opens_code), dates.find_deadline(closes_code))


def phase_of(general: Window, moment: datetime) -> Phase:
    """Say in which phase a visitor meets the cycle; without dates it has not begun."""
    if general.opens_at is None or general.closes is None or moment < general.opens_at:
        return Phase.BEFORE
    return Phase.CLOSED if general.closes.is_past(moment) else Phase.OPEN


def date_rows(cycle: Cycle) -> list[DateRow]:
    """Return the public dates of the cycle in their order; the earliest one ahead is marked as next."""
    return _rows(cycle, public_only=True)


def date_entries(cycle: Cycle) -> list[Entry]:
    """Return the public dates as a calendar feed has them: the rows of the page, with a name for good each."""
    return [
        Entry(
            key=f"{cycle.slug}.{row.code}",
            title=row.label,
            text=f"{row.official}. {row.note}".strip(),
            at=row.starts_at if row.has_time else None,
            first_on=row.first_on,
            last_on=row.last_on,
        )
        for row in date_rows(cycle)
    ]


def staff_date_rows(cycle: Cycle) -> list[DateRow]:
    """Return every date of the cycle, those too that only staff and mentors need."""
    return _rows(cycle, public_only=False)


def _rows(cycle: Cycle, *, public_only: bool) -> list[DateRow]:
    now = clock.now()
    dates = [(date, row) for date, row in _written_rows(cycle.pk) if date.public or not public_only]
    next_at = min((date.starts_at for date, _ in dates if _over_at(date) > now), default=None)
    return [replace(row, state=_state(date, now, next_at)) for date, row in dates]


@kept
def _written_rows(cycle_id: int) -> tuple[tuple[KeyDate, DateRow], ...]:
    """Return every date by its instant, with what a page shows of it, whatever the time of day."""
    dates = sorted(_key_dates(cycle_id).values(), key=lambda row: (row.starts_at, row.order))
    return tuple((date, _row(date)) for date in dates)


def _over_at(row: KeyDate) -> datetime:
    if row.ends_at:
        return row.ends_at
    return row.starts_at + timedelta(days=1) if row.precision == Precision.DAY else row.starts_at


def _state(row: KeyDate, now: datetime, next_at: datetime | None) -> str:
    return "past" if _over_at(row) <= now else "next" if row.starts_at == next_at else "later"


def _row(row: KeyDate) -> DateRow:
    zone = deadlines.zone_of(row.zone)
    return DateRow(
        code=row.code,
        label=row.label,
        note=row.note,
        starts_at=row.starts_at,
        first_on=row.starts_at.astimezone(zone).date(),
        last_on=(row.ends_at - deadlines.LAST_MINUTE if row.ends_at else row.starts_at).astimezone(zone).date(),
        official=_official(row),
        has_time=row.precision != Precision.DAY,
        who_acts=str(row.get_who_acts_display()),
        state="later",
        moved_from=_written(row.moved_from, row) if row.moved_from else "",
        moved_reason=row.moved_reason,
        moved_on=f"{row.moved_at.day} {row.moved_at:%B}" if row.moved_at else "",
    )


def _official(row: KeyDate) -> str:
    if row.ends_at is None:
        return _written(row.starts_at, row)
    zone = deadlines.zone_of(row.zone)
    first, last = row.starts_at.astimezone(zone), (row.ends_at - deadlines.LAST_MINUTE).astimezone(zone)
    return f"{first:%a} {first.day} {first:%B} to {last:%a} {last.day} {last:%B} {last.year}"


def _written(moment: datetime, row: KeyDate) -> str:
    if row.precision != Precision.DAY:
        return deadlines.written(moment, row.zone, ends_day=row.precision == Precision.END_OF_DAY)
    local = moment.astimezone(deadlines.zone_of(row.zone))
    return f"{local:%a} {local.day} {local:%B} {local.year}"

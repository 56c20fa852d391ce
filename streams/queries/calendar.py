"""The dates of a cycle: instants for rules, rows for pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from core import clock, deadlines
from core.deadlines import Deadline
from core.ics import Entry
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


def current_cycle() -> Cycle | None:
    """Return the cycle that the public site shows, or ``None``."""
    return Cycle.objects.filter(is_public_current=True).first()


def key_date(cycle: Cycle, code: str) -> KeyDate | None:
    """Return a dated event of the cycle, or ``None`` if it has no date."""
    return cycle.key_dates.filter(code=code).first()


def key_instant(cycle: Cycle, code: str) -> datetime | None:
    """Return when something happens, or ``None`` if it has no date."""
    return cycle.key_dates.filter(code=code).values_list("starts_at", flat=True).first()


def window(cycle: Cycle, opens_code: str, closes_code: str) -> Window:
    """Return the window between two key dates, with the cycle's published grace."""
    dates = {row.code: row for row in cycle.key_dates.filter(code__in=[opens_code, closes_code])}
    opens, closes = dates.get(opens_code), dates.get(closes_code)
    return Window(
        opens.starts_at if opens else None,
        Deadline(closes.starts_at, closes.zone, timedelta(minutes=cycle.grace_minutes)) if closes else None,
    )


def phase_of(general: Window, moment: datetime) -> Phase:
    """Say in which phase a visitor meets the cycle; without dates it has not begun."""
    if general.opens_at is None or general.closes is None or moment < general.opens_at:
        return Phase.BEFORE
    return Phase.CLOSED if general.closes.is_past(moment) else Phase.OPEN


def date_rows(cycle: Cycle) -> list[DateRow]:
    """Return the public dates of the cycle in their order; the earliest one ahead is marked as next."""
    return _rows(cycle.key_dates.filter(public=True))


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
    return _rows(cycle.key_dates.all())


def _rows(found: QuerySet[KeyDate]) -> list[DateRow]:
    now = clock.now()
    dates = sorted(found, key=lambda row: (row.starts_at, row.order))
    ahead = [row.starts_at for row in dates if _over_at(row) > now]
    return [_row(row, now, min(ahead, default=None)) for row in dates]


def _over_at(row: KeyDate) -> datetime:
    if row.ends_at:
        return row.ends_at
    return row.starts_at + timedelta(days=1) if row.precision == Precision.DAY else row.starts_at


def _row(row: KeyDate, now: datetime, next_at: datetime | None) -> DateRow:
    zone = deadlines.zone_of(row.zone)
    state = "past" if _over_at(row) <= now else "next" if row.starts_at == next_at else "later"
    return DateRow(
        code=row.code,
        label=row.label,
        note=row.note,
        starts_at=row.starts_at,
        first_on=row.starts_at.astimezone(zone).date(),
        last_on=(row.ends_at - deadlines.LAST_MINUTE if row.ends_at else row.starts_at).astimezone(zone).date(),
        official=_official(row),
        has_time=row.precision != Precision.DAY,
        who_acts=row.get_who_acts_display(),
        state=state,
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

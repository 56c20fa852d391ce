"""The dates of a cycle as the acts of applicants need them: the published ones, and those of one person."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from applications.models import Application, DeadlineExtension
from applications.states import Window
from core.deadlines import Deadline, ends_a_day, written, zone_of
from core.refusals import Refused
from streams.models import Cycle, KeyDate
from streams.states import Precision


@dataclass(frozen=True)
class CycleDates:
    """All key dates of one cycle, read once."""

    grace: timedelta
    by_code: Mapping[str, KeyDate]

    def instant(self, code: str) -> datetime | None:
        """Return when the event happens, or ``None`` if it has no date yet."""
        return self.by_code[code].starts_at if code in self.by_code else None

    def zone(self, code: str) -> str:
        """Return the zone in which the date was entered."""
        return self.by_code[code].zone if code in self.by_code else "UTC"

    def deadline(self, code: str) -> Deadline:
        """Return the deadline called ``code`` with the cycle's grace. Raises ``Refused`` if it has no date yet."""
        if code not in self.by_code:
            raise Refused("The dates of this cycle are not set yet.")
        entry = self.by_code[code]
        return Deadline(entry.starts_at, entry.zone, self.grace)

    def has_begun(self, code: str, moment: datetime) -> bool:
        """Say whether the event has a date and it has come."""
        starts = self.instant(code)
        return starts is not None and moment >= starts


def dates_of(cycle: Cycle) -> CycleDates:
    """Return the published key dates of ``cycle``, in one query.

    Letters of referees close with stage 2 unless the cycle has a date of their own.
    """
    dates = {date.code: date for date in KeyDate.objects.filter(cycle=cycle).order_by("order")}
    if Window.REFERENCES not in dates and Window.STAGE2 in dates:
        dates[Window.REFERENCES] = dates[Window.STAGE2]
    return CycleDates(timedelta(minutes=cycle.grace_minutes), dates)


def dates_for(application: Application) -> CycleDates:
    """Return the dates as they hold for one person: the published ones, with what staff moved for them.

    Every page and every check of an applicant's deadline asks here. The latest extension of a window counts, and never
    takes away from a published date that was moved later still.
    """
    dates = dates_of(application.cycle)
    granted = DeadlineExtension.objects.filter(application=application).order_by("granted_at", "pk")
    own = {code: until for code, until in granted.values_list("window", "until") if code in dates.by_code}
    moved = {
        code: _moved(dates.by_code[code], until) for code, until in own.items() if until > dates.by_code[code].starts_at
    }
    return replace(dates, by_code={**dates.by_code, **moved}) if moved else dates


def _moved(entry: KeyDate, until: datetime) -> KeyDate:
    own = copy.copy(entry)
    own.starts_at = until
    own.precision = Precision.TIME if entry.precision == Precision.DAY else entry.precision
    return own


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

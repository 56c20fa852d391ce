"""The dates of a cycle as the acts of applicants need them: the published ones, and those of one person."""

import copy
from dataclasses import replace
from datetime import datetime

from applications.models import Application, DeadlineExtension
from applications.states import Window
from core.deadlines import ends_a_day, written, zone_of
from streams.models import Cycle, KeyDate
from streams.queries import calendar
from streams.queries.calendar import CycleDates
from streams.states import Precision


def dates_of(cycle: Cycle) -> CycleDates:
    """Return the published key dates of ``cycle``.

    Letters of referees close with stage 2 unless the cycle has a date of their own.
    """
    dates = calendar.dates_of(cycle)
    if Window.REFERENCES in dates.by_code or Window.STAGE2 not in dates.by_code:
        return dates
    return replace(dates, by_code={**dates.by_code, Window.REFERENCES: dates.by_code[Window.STAGE2]})


def dates_for(application: Application) -> CycleDates:
    """Return the dates as they hold for one person: the published ones, with what staff moved for them.

    Every page and every check of an applicant's deadline asks here. The latest extension of a window counts, and never
    takes away from a published date that was moved later still.
    """
    dates = dates_of(application.cycle)
    granted = DeadlineExtension.objects.filter(application=application).order_by("granted_at", "pk")
    own = {code: until for code, until in granted.values_list("window", "until") if code in dates.by_code}
    for code, until in own.items():
        dates = with_later(dates, code, until)
    return dates


def with_later(dates: CycleDates, code: str, until: datetime) -> CycleDates:
    """Return ``dates`` with one of them moved to ``until``, unless it is as late already or has no date."""
    if code not in dates.by_code or until <= dates.by_code[code].starts_at:
        return dates
    return replace(dates, by_code={**dates.by_code, code: _moved(dates.by_code[code], until)})


def _moved(entry: KeyDate, until: datetime) -> KeyDate:
    own = copy.copy(entry)
    own.starts_at, own.ends_at = until, None
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

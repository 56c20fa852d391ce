"""The dates of a cycle as the acts of applicants need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.deadlines import Deadline
from core.refusals import Refused
from streams.models import Cycle, KeyDate


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
    """Return the key dates of ``cycle``, in one query."""
    dates = KeyDate.objects.filter(cycle=cycle).order_by("order")
    return CycleDates(timedelta(minutes=cycle.grace_minutes), {date.code: date for date in dates})


def general_deadline(cycle: Cycle) -> Deadline:
    """Return until when the general application is taken, the grace included."""
    return dates_of(cycle).deadline("general_closes")


def stage2_deadline(cycle: Cycle) -> Deadline:
    """Return until when stream applications and evaluations are taken, the grace included."""
    return dates_of(cycle).deadline("stage2_closes")

"""Dates as people enter them (a day, a time, AoE or a zone) and as they are enforced (an instant)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: "Anywhere on earth": a day ends when it has ended in the last zone, UTC-12.
AOE = timezone(timedelta(hours=-12), "AoE")
LAST_MINUTE = timedelta(minutes=1)


def zone_of(name: str) -> tzinfo:
    """Return the zone called ``name``: ``AoE``, ``UTC`` or an IANA name. Raises ``ValueError`` for anything else."""
    if name == "AoE":
        return AOE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is neither AoE nor a time zone such as Europe/London") from error


def instant(on: date, at: time | None, zone: str) -> datetime:
    """Return the UTC instant of a local date and time; ``at=None`` is the end of that day.

    Raises ``ValueError`` for a time that the zone skips or repeats on that day (clock changes): a deadline
    must mean one instant.
    """
    place = zone_of(zone)
    local = datetime.combine(on, at, place) if at else datetime.combine(on + timedelta(days=1), time(), place)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        raise ValueError(f"{local:%d %B %Y %H:%M} does not name one instant in {zone}: the clocks change then")
    return local.astimezone(UTC)


def ends_a_day(moment: datetime, zone: str) -> bool:
    """Say whether ``moment`` is the end of a day in ``zone``, which people read as 23:59 and never as midnight."""
    return moment.astimezone(zone_of(zone)).time() == time()


def place_name(zone: str) -> str:
    """Return what a person calls a zone: ``AoE``, ``UTC``, ``London``, ``Buenos Aires``."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def written(moment: datetime, zone: str, *, ends_day: bool = False, year: bool = True) -> str:
    """Write ``moment`` as ``Sun 7 June 2026, 23:59 AoE``; ``ends_day`` shows the last minute before it."""
    shown = (moment - LAST_MINUTE if ends_day else moment).astimezone(zone_of(zone))
    day = f"{shown:%a} {shown.day} {shown:%B}" + (f" {shown.year}" if year else "")
    return f"{day}, {shown:%H:%M} {place_name(zone)}"


@dataclass(frozen=True)
class Deadline:
    """An instant until which something is taken, with the zone it was entered in and a published grace."""

    closes_at: datetime
    zone: str = "AoE"
    grace: timedelta = timedelta()

    def official(self) -> str:
        """Return the published wording, in the zone in which it was entered."""
        return written(self.closes_at, self.zone, ends_day=ends_a_day(self.closes_at, self.zone))

    def in_zone(self, zone: str) -> str:
        """Return the same instant in the reader's zone."""
        return written(self.closes_at, zone, ends_day=ends_a_day(self.closes_at, self.zone), year=False)

    def is_past(self, moment: datetime) -> bool:
        """Say whether the published deadline has passed."""
        return moment >= self.closes_at

    def takes(self, moment: datetime) -> bool:
        """Say whether something that arrives at ``moment`` is still taken, the grace included."""
        return moment < self.closes_at + self.grace

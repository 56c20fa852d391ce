"""Calendar feeds: dated events with identities that last, so that a calendar moves an event and never doubles it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from core import clock

PRODUCT = "-//Fellowship portal//Dates//EN"
DOMAIN = "fellowship-portal"


@dataclass(frozen=True)
class Entry:
    """One event: ``key`` names it for good; either an instant, or the first and the last of some days."""

    key: str
    title: str
    text: str = ""
    url: str = ""
    at: datetime | None = None
    first_on: date | None = None
    last_on: date | None = None


def feed(name: str, entries: Iterable[Entry]) -> bytes:
    """Return a calendar with ``entries``; the library folds lines and escapes what would break them."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for entry in entries:
        calendar.add_component(_event(entry))
    return calendar.to_ical()


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@{DOMAIN}")
    event.add("dtstamp", clock.now())
    event.add("summary", entry.title)
    if entry.text:
        event.add("description", entry.text)
    if entry.url:
        event.add("url", entry.url)
    if entry.at is not None:
        # A deadline has no length; some calendars drop an event without one.
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("dtend", (entry.at + timedelta(minutes=1)).astimezone(UTC))
    elif entry.first_on is not None:
        event.add("dtstart", entry.first_on)
        event.add("dtend", (entry.last_on or entry.first_on) + timedelta(days=1))
    return event

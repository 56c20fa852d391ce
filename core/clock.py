"""The only clock: real time, moved in the demo by one row, frozen in tests by ``at``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
_arrival: ContextVar[datetime | None] = ContextVar("arrival", default=None)
#: The demo's offset, read at most once a second in each process.
_offset: tuple[float, timedelta] = (float("-inf"), timedelta())


def now() -> datetime:
    """Return the portal's present instant (UTC). Everything dated is decided by this one function."""
    return _frozen.get() or wall() + offset()


def wall() -> datetime:
    """Return real time. Only for liveness (heartbeats, claims), never for anything with a date on it."""
    return datetime.now(UTC)


def today() -> date:
    """Return the present day in UTC."""
    return now().date()


def arrival() -> datetime:
    """Return the instant at which the request in hand reached us; outside a request, now.

    Deadlines are decided by arrival: a slow server must not turn an in-time request into a late one.
    """
    return _arrival.get() or now()


def offset() -> timedelta:
    """Return how far the demo's clock is moved; zero everywhere but in the demo."""
    global _offset  # noqa: PLW0603 -- one cached number a process; a lock would cost more than a second read
    if not settings.DEMO_MODE:
        return timedelta()
    read_at, value = _offset
    if time.monotonic() - read_at > 1:
        _offset = (time.monotonic(), _stored_offset())
        value = _offset[1]
    return value


def _stored_offset() -> timedelta:
    with connection.cursor() as cursor:
        # Before the first migration there is no such table, and asking it would spoil the transaction.
        cursor.execute("SELECT to_regclass('core_democlock') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return timedelta()
        cursor.execute('SELECT "offset" FROM core_democlock')
        row = cursor.fetchone()
    return row[0] if row else timedelta()


def forget_offset() -> None:
    """Read the demo's offset anew at the next call."""
    global _offset  # noqa: PLW0603 -- see offset()
    _offset = (float("-inf"), timedelta())


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Stop the clock at ``moment`` (aware) inside the block: for tests and scenarios."""
    if moment.tzinfo is None:
        raise ValueError("clock.at() needs an aware datetime")
    token, arrival_token = _frozen.set(moment.astimezone(UTC)), _arrival.set(None)
    try:
        yield moment
    finally:
        _frozen.reset(token)
        _arrival.reset(arrival_token)


@contextmanager
def arriving(moment: datetime) -> Iterator[None]:
    """Remember when the request in hand arrived."""
    token = _arrival.set(moment)
    try:
        yield
    finally:
        _arrival.reset(token)

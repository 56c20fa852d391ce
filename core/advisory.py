"""Locks that end with the database session: a killed process lets go at once, so no time-out is needed."""

import contextlib
from collections.abc import Iterator

from django.db import connection

#: First half of every key, so that nobody else's locks can collide with ours.
JOBS, PHASES, SEALS = 20_260, 20_261, 20_262


@contextlib.contextmanager
def sole_holder(space: int, key: int = 0) -> Iterator[bool]:
    """Try to hold the lock ``(space, key)``; yields whether we got it, and never waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, key])
        got_it = cursor.fetchone()[0]
    try:
        yield got_it
    finally:
        if got_it:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, key])

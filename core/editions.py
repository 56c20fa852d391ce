"""What everybody reads of the configuration, kept in each process for exactly as long as nobody changes it.

Triggers give the configuration a new edition, a random name, in the transaction of every change, whoever makes it and
by whatever way. A reader asks for the edition (one small query) and takes what this process keeps of it, or reads
anew. The edition is asked for before the rows: what is kept may be newer than its edition, never older, and once the
newer edition is committed nobody asks for the other. A name never comes back, not even after a rollback.

Keep nothing personal here, nothing that hangs on the clock, and nothing that a reader would change.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

_shelves: list["Shelf"] = []


class Shelf:
    """Holds up to so many values, each good for one edition; the one unused for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple, tuple[str, Any]] = OrderedDict()
        _shelves.append(self)

    def find(self, key: tuple, edition: str) -> Any:
        """Return what was put there in ``edition``, or ``None``."""
        with self._lock:
            held, value = self._values.get(key, ("", None))
            if value is None or held != edition:
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: tuple, edition: str, value: Any) -> None:
        """Hold ``value`` for those who ask in ``edition``."""
        with self._lock:
            self._values[key] = (edition, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def keys(self) -> list[tuple]:
        """Return what is held at present, for tests."""
        with self._lock:
            return list(self._values)

    def clear(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._values.clear()


#: More than a catalogue of some hundred streams needs.
kept_reads = Shelf(1000)


class _Reading:
    """The edition that a request reads. Read after something was written, it holds in that transaction alone.

    ``answers`` is what ``once`` remembers, until the request writes.
    """

    name: str | None = None
    transaction: Any = None
    has_written = False

    def __init__(self) -> None:
        self.answers: dict[tuple, Any] = {}


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


def edition() -> str:
    """Return the name of the configuration's present edition; asked for once in a request, and after it has written."""
    reading = _reading.get()
    # The outermost block: a name that was read in a transaction which is then rolled back must not outlive it.
    transaction = next(iter(connection.atomic_blocks), None)
    if reading and reading.name is not None and (not reading.has_written or reading.transaction is transaction):
        return reading.name
    with connection.cursor() as cursor:
        # Several rows are changes that were made side by side: those that are visible make the name.
        cursor.execute("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM core_edition")
        name = str(cursor.fetchone()[0])
    if reading:
        reading.name, reading.transaction = name, transaction
    return name


def kept(read: Callable[P, T]) -> Callable[P, T]:
    """Keep what ``read`` returns for its (hashable) arguments until the configuration changes; ``None`` is not kept."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        key, now = (read, args, tuple(sorted(kwargs.items()))), edition()
        value = kept_reads.find(key, now)
        if value is None:
            value = read(*args, **kwargs)
            if value is not None:
                kept_reads.put(key, now, value)
        return value

    return reading


def once(key: tuple, read: Callable[[], T]) -> T:
    """Return what ``read`` returns, asked once in a request for each ``key`` as long as the request only reads.

    Once it has written, everything is asked again each time; so is it outside a request.
    """
    reading = _reading.get()
    if reading is None or reading.has_written:
        return read()
    if key not in reading.answers:
        answer = read()
        if reading.has_written:
            return answer
        reading.answers[key] = answer
    return reading.answers[key]


@contextmanager
def one_reading() -> Iterator[None]:
    """Ask for the edition once inside the block, and again after each of its statements that write."""
    reading = _Reading()
    token = _reading.set(reading)

    def watch(execute: Callable, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).startswith(("SELECT", "(SELECT")):
            reading.name, reading.has_written = None, True
            reading.answers.clear()
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        _reading.reset(token)


def forget() -> None:
    """Drop everything that this process keeps: for tests of reading anew."""
    for shelf in _shelves:
        shelf.clear()

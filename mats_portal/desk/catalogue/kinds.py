"""What tables of a catalogue file are made of: keys with kinds and limits, lists of tables, single tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REQUIRED = object()


@dataclass(frozen=True)
class Field:
    """One key: the kind of its value and the limits that it must keep.

    Kinds: ``text``, ``slug``, ``integer``, ``number``, ``yes_no``, ``date``, ``texts`` (a list of texts), ``integers``
    (a list of whole numbers), ``values`` (anything plain, for conditions), ``zone`` (AoE or a time zone),
    ``place_zone`` (a time zone), ``at`` (a time of day or "end of day").
    """

    kind: str = "text"
    default: Any = REQUIRED
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """A table with known keys; every other key is a mistake. ``key`` tells the entries of a list apart."""

    fields: Mapping[str, "Field | Many | One"]
    key: str = ""


@dataclass(frozen=True)
class Many:
    """A list of tables."""

    table: Table
    at_least: int = 0


@dataclass(frozen=True)
class One:
    """A single table, which may be absent."""

    table: Table
    required: bool = False


def one_of(states: Any, default: Any = REQUIRED) -> Field:
    """A field that holds one of the values of ``states``."""
    return Field("text", default, tuple(states.values))


def text(limit: int, default: Any = REQUIRED) -> Field:
    """A text of at most ``limit`` characters."""
    return Field("text", default, high=limit)

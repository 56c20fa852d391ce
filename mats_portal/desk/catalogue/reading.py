"""Read catalogue files into checked entries; every mistake is collected with its file, key path and reason."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from core import deadlines
from mats_portal.desk.catalogue.kinds import REQUIRED, Field, Many, One, Table
from mats_portal.desk.catalogue.spec import CATALOGUE

SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
END_OF_DAY = "end of day"
LISTS = frozenset({"texts", "integers", "values"})


@dataclass(frozen=True)
class Place:
    """Where something is written: a file and a key path such as ``streams[3].cadences[0].minutes``."""

    file: str
    path: str = ""

    def key(self, name: str) -> "Place":
        """Return the place of a key of this table."""
        return Place(self.file, f"{self.path}.{name}" if self.path else name)

    def item(self, number: int) -> "Place":
        """Return the place of an entry of this list."""
        return Place(self.file, f"{self.path}[{number}]")


@dataclass(frozen=True)
class Mistake:
    """Something that must be put right in the file before anything is imported."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.place.file}: {self.place.path}: {self.reason}"
            if self.place.path
            else f"{self.place.file}: {self.reason}"
        )


class Mistakes(Exception):
    """The catalogue was not imported; ``found`` says why, in the order of the files."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = found


@dataclass(frozen=True)
class Entry:
    """A table as it was read: its place, and a checked value for every key that the table knows."""

    place: Place
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass
class Book:
    """A whole catalogue in memory, from one file or a folder of them."""

    cycle: Entry | None = None
    key_dates: list[Entry] = field(default_factory=list)
    sites: list[Entry] = field(default_factory=list)
    topics: list[Entry] = field(default_factory=list)
    questions: list[Entry] = field(default_factory=list)
    forms: list[Entry] = field(default_factory=list)
    tracks: list[Entry] = field(default_factory=list)
    finder: list[Entry] = field(default_factory=list)
    evaluations: list[Entry] = field(default_factory=list)
    mentors: list[Entry] = field(default_factory=list)
    streams: list[Entry] = field(default_factory=list)
    practice: list[Entry] = field(default_factory=list)
    help: list[Entry] = field(default_factory=list)


def read(path: Path) -> tuple[Book, list[Mistake]]:
    """Read a file, or every ``.toml`` file of a folder in the order of their names; returns what was found wrong."""
    book, mistakes = Book(), list[Mistake]()
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        return book, [Mistake(Place(str(path)), "this folder holds no .toml file")]
    for file in files:
        _read_file(file, book, mistakes)
    for name in CATALOGUE.lists:
        mistakes += _repeated(getattr(book, name), CATALOGUE.lists[name].key)
    return book, mistakes


def _read_file(file: Path, book: Book, mistakes: list[Mistake]) -> None:
    top = Place(file.name)
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        mistakes.append(Mistake(top, f"cannot be read: {error.strerror}"))
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(top, f"is not readable TOML: {error}"))
        return
    for name, value in content.items():
        place = top.key(name)
        if name == "cycle":
            if book.cycle:
                mistakes.append(Mistake(place, "a catalogue has one cycle, and there is another one"))
            elif entry := _table(value, CATALOGUE.cycle, place, mistakes):
                book.cycle = entry
        elif name in CATALOGUE.lists:
            getattr(book, name).extend(_entries(value, Many(CATALOGUE.lists[name]), place, mistakes))
        else:
            mistakes.append(Mistake(place, "unknown key"))


def _table(value: Any, table: Table, place: Place, mistakes: list[Mistake]) -> Entry | None:
    if not isinstance(value, dict):
        mistakes.append(Mistake(place, f"must be a table, not {_kind_of(value)}"))
        return None
    mistakes += [Mistake(place.key(name), "unknown key") for name in value if name not in table.fields]
    return Entry(
        place,
        {
            name: _value(value.get(name, REQUIRED), shape, place.key(name), mistakes)
            for name, shape in table.fields.items()
        },
    )


def _value(value: Any, shape: Field | Many | One, place: Place, mistakes: list[Mistake]) -> Any:
    if isinstance(shape, Many):
        entries = list(_entries([] if value is REQUIRED else value, shape, place, mistakes))
        mistakes += _repeated(entries, shape.table.key)
        return entries
    if isinstance(shape, One):
        if value is not REQUIRED:
            return _table(value, shape.table, place, mistakes)
        if shape.required:
            mistakes.append(Mistake(place, "is missing"))
        return None
    if value is REQUIRED:
        if shape.default is REQUIRED:
            mistakes.append(Mistake(place, "is missing"))
            return [] if shape.kind in LISTS else None
        return list(shape.default) if isinstance(shape.default, list) else shape.default
    if reason := _fault(value, shape):
        mistakes.append(Mistake(place, reason))
        return [] if shape.kind in LISTS else None
    return value.strip() if isinstance(value, str) else value


def _entries(value: Any, shape: Many, place: Place, mistakes: list[Mistake]) -> Iterator[Entry]:
    if not isinstance(value, list):
        mistakes.append(Mistake(place, f"must be a list of tables, not {_kind_of(value)}"))
        return
    if len(value) < shape.at_least:
        mistakes.append(Mistake(place, "needs at least one entry"))
    for number, item in enumerate(value):
        if entry := _table(item, shape.table, place.item(number), mistakes):
            yield entry


def _repeated(entries: list[Entry], key: str) -> list[Mistake]:
    if not key:
        return []
    seen: dict[Any, Place] = {}
    found = []
    for entry in entries:
        value = entry[key]
        if value in seen:
            found.append(
                Mistake(entry.place.key(key), f"“{value}” is already used at {seen[value].path} in {seen[value].file}")
            )
        elif value is not None:
            seen[value] = entry.place
    return found


def _fault(value: Any, shape: Field) -> str:
    """Say what is wrong with a value, or nothing."""
    if shape.kind in LISTS:
        return _list_fault(value, shape)
    if shape.kind == "yes_no":
        return "" if isinstance(value, bool) else f"must be true or false, not {_kind_of(value)}"
    if shape.kind in {"integer", "number"}:
        return _number_fault(value, shape)
    if shape.kind == "date":
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return "" if is_day else f"must be a date such as 2026-06-07, not {_kind_of(value)}"
    if not isinstance(value, str):
        return f"must be text in quotes, not {_kind_of(value)}"
    return _text_fault(value.strip(), shape)


def _list_fault(value: Any, shape: Field) -> str:
    if not isinstance(value, list):
        return f"must be a list, not {_kind_of(value)}"
    if shape.kind == "values":
        return (
            ""
            if value and all(isinstance(item, str | bool | int) for item in value)
            else "must be a list of plain values"
        )
    for item in value if shape.kind == "integers" else ():
        if reason := _number_fault(item, shape):
            return reason
    for item in value if shape.kind == "texts" else ():
        if not isinstance(item, str) or not item.strip():
            return "must be a list of texts"
        if len(item) > 100:
            return f"“{item[:20]}…” is longer than 100 characters"
        if shape.choices and item not in shape.choices:
            return f"“{item}” is none of {', '.join(shape.choices)}"
    return "" if len(set(value)) == len(value) else "names something twice"


def _number_fault(value: Any, shape: Field) -> str:
    wanted, name = (int, "a whole number") if shape.kind in {"integer", "integers"} else (int | float, "a number")
    if not isinstance(value, wanted) or isinstance(value, bool):
        return f"must be {name}, not {_kind_of(value)}"
    if (shape.low is not None and value < shape.low) or (shape.high is not None and value > shape.high):
        return f"must be between {shape.low} and {shape.high}, not {value}"
    return ""


def _text_fault(value: str, shape: Field) -> str:
    if shape.choices and value not in shape.choices:
        return f"“{value}” is none of {', '.join(shape.choices)}"
    if shape.kind == "slug" and not SLUG.fullmatch(value):
        return f"“{value}” must be lower-case letters, digits, hyphens and underscores"
    if shape.kind == "at" and value != END_OF_DAY and not _time_of_day(value):
        return f"“{value}” must be a time such as “16:00” or “{END_OF_DAY}”"
    if shape.kind in {"zone", "place_zone"}:
        return _zone_fault(value, shape)
    if shape.default is REQUIRED and not value:
        return "must not be empty"
    if "\x00" in value:
        return "holds a character that cannot be stored"
    if shape.high is not None and len(value) > shape.high:
        return f"is {len(value)} characters long; the limit is {int(shape.high)}"
    return ""


def _zone_fault(value: str, shape: Field) -> str:
    if shape.kind == "place_zone" and value == "AoE":
        return "must be the zone of a place, such as Europe/London"
    try:
        deadlines.zone_of(value)
    except ValueError as error:
        return str(error)
    return ""


def _time_of_day(value: str) -> time | None:
    try:
        return time.fromisoformat(value) if re.fullmatch(r"\d\d:\d\d", value) else None
    except ValueError:
        return None


def _kind_of(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")

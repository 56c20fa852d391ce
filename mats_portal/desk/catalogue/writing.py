"""Write checked values as TOML: in the order of the specification, without what is the default anyway."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mats_portal.desk.catalogue.kinds import Field, Many, One, Table

#: The longest table that still reads well on one line.
INLINE = 160
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def table_lines(head: str, table: Table, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield ``[head]`` with its keys, then its inner tables, as TOML asks for it."""
    yield from _body(head.strip("[]"), head, table, values)


def _body(path: str, head: str, table: Table, values: Mapping[str, Any]) -> Iterator[str]:
    said = {name: shape for name, shape in table.fields.items() if not _is_default(values.get(name), shape)}
    yield head
    below = []
    for name, shape in said.items():
        if isinstance(shape, Field):
            yield f"{name} = {value_text(values[name])}"
        elif inline := _inline(values[name], shape):
            yield f"{name} = {inline}"
        else:
            below.append((name, shape))
    for name, shape in below:
        inner = f"{path}.{name}"
        if isinstance(shape, One):
            yield from _body(inner, f"[{inner}]", shape.table, values[name])
        else:
            for entry in values[name]:
                yield from _body(inner, f"[[{inner}]]", shape.table, entry)


def _is_default(value: Any, shape: Field | Many | One) -> bool:
    if value is None:
        return True
    if isinstance(shape, Field):
        return type(value) is type(shape.default) and value == shape.default
    return isinstance(shape, Many) and not value


def _inline(value: Any, shape: Many | One) -> str:
    """Return a table, or a list of tables one a line, as a value; nothing if that would read badly."""
    if isinstance(shape, One):
        text = _inline_table(value, shape.table)
        return text if _reads_well(text) else ""
    entries = [_inline_table(entry, shape.table) for entry in value]
    if not all(_reads_well(entry) for entry in entries):
        return ""
    return "[\n" + "".join(f"  {entry},\n" for entry in entries) + "]"


def _reads_well(text: str) -> bool:
    return bool(text) and len(text) <= INLINE


def _inline_table(values: Mapping[str, Any], table: Table) -> str:
    pairs = []
    for name, shape in table.fields.items():
        value = values.get(name)
        if _is_default(value, shape):
            continue
        if isinstance(shape, Many):
            return ""
        text = _inline_table(value, shape.table) if isinstance(shape, One) else value_text(value)
        if not text or "\n" in text:
            return ""
        pairs.append(f"{name} = {text}")
    return "{ " + ", ".join(pairs) + " }" if pairs else ""


def value_text(value: Any) -> str:
    """Return ``value`` as TOML; ``tomllib`` reads the very same value back. Raises ``TypeError`` for other kinds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal):
        return repr(int(value)) if value == value.to_integral_value() else repr(float(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"a catalogue holds no {type(value).__name__}")


def _text(value: str) -> str:
    if "\n" not in value:
        return '"' + "".join(map(_escaped, value)) + '"'
    # The line break after the opening quotes is no part of the text; three quotes in a row, or one at the end, are
    # escaped, for they would close it.
    lines = "\n".join("".join(map(_escaped, line)) if _is_odd(line) else line for line in value.split("\n"))
    lines = lines.replace('"""', '""\\"')
    if lines.endswith('"') and not lines.endswith('\\"'):
        lines = lines[:-1] + '\\"'
    return f'"""\n{lines}"""'


def _is_odd(line: str) -> bool:
    """Say whether a line holds anything but quotes that must be escaped."""
    return any(_escaped(letter) != letter and letter != '"' for letter in line)


def _escaped(letter: str) -> str:
    if letter in ESCAPES:
        return ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if letter < " " or letter == "\x7f" else letter

"""The specification of a catalogue as a page for people: every table, every key, what it may hold."""

from collections.abc import Iterator

from mats_portal.desk.catalogue.kinds import REQUIRED, Field, Many, One, Table
from mats_portal.desk.catalogue.spec import CATALOGUE

HEAD = """# The keys of a catalogue

Written from the specification that the importer checks against; a test keeps the two alike. What the keys are for
stands in [catalogue.md](catalogue.md). A key that is not listed here is a mistake. A key without a default must be
given.
"""
KINDS = {
    "text": "text",
    "slug": "lower-case letters, digits, hyphens, underscores",
    "integer": "whole number",
    "number": "number",
    "yes_no": "`true` or `false`",
    "date": "date, such as `2026-06-07`",
    "texts": "list of texts",
    "integers": "list of whole numbers",
    "values": "list of plain values",
    "zone": "`AoE` or a time zone, such as `Europe/London`",
    "place_zone": "time zone, such as `Europe/London`",
    "at": "time, such as `16:00`, or `end of day`",
}


def schema_text() -> str:
    """Return the whole page in Markdown."""
    parts = [HEAD, *_table("cycle", "[cycle]", CATALOGUE.cycle)]
    for name, table in CATALOGUE.lists.items():
        parts += _table(name, f"[[{name}]]", table)
    return "\n".join(parts)


def _table(path: str, head: str, table: Table) -> Iterator[str]:
    """Yield one table of keys, then those of the tables inside it."""
    told = f" Told apart by `{table.key}`." if table.key else ""
    rows = "\n".join(f"| `{name}` | {_holds(f'{path}.{name}', shape)} |" for name, shape in table.fields.items())
    yield f"## `{head}`\n\n{told.strip()}\n\n| Key | Holds |\n|---|---|\n{rows}\n".replace("\n\n\n\n", "\n\n")
    for name, shape in table.fields.items():
        if isinstance(shape, Many):
            yield from _table(f"{path}.{name}", f"[[{path}.{name}]]", shape.table)
        elif isinstance(shape, One):
            yield from _table(f"{path}.{name}", f"[{path}.{name}]", shape.table)


def _holds(path: str, shape: Field | Many | One) -> str:
    if isinstance(shape, Many):
        return f"list of tables `{path}`" + (", at least one" if shape.at_least else "")
    if isinstance(shape, One):
        return f"table `{path}`" + ("" if shape.required else ", may be left out")
    said = KINDS[shape.kind]
    if shape.choices:
        values = ", ".join(f"`{value}`" for value in shape.choices)
        said = f"any of {values}" if shape.kind == "texts" else f"one of {values}"
    elif shape.kind == "text" and shape.high:
        said += f", at most {int(shape.high)} characters"
    elif shape.low is not None:
        said += f", {shape.low} to {shape.high}"
    return said + _default(shape)


def _default(shape: Field) -> str:
    if shape.default is REQUIRED:
        return ""
    if isinstance(shape.default, bool):
        return f"; default `{str(shape.default).lower()}`"
    return f"; default `{shape.default}`" if shape.default not in ("", None, []) else "; may be left out"

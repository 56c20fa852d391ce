"""The command line: JSON Lines in, JSON Lines out, one answer a case, in order."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, TextIO

from matching.engine.instance import InstanceError, read_object, require
from matching.engine.verbs import VERBS, Case

USAGE = """\
Read one JSON object a line from standard input:

    {"id": "case 1", "kind": "HR", "instance": {...}, "options": {...}}

and write one answer a line, which repeats "id". A line that cannot be answered gets {"id": ..., "error": "..."}; the
others are answered all the same, and the exit status is 1. No settings and no database are needed.

"""


def main(arguments: list[str] | None = None, *, lines: BinaryIO | None = None, out: TextIO | None = None) -> int:
    """Answer every line of ``lines`` (standard input) and return the exit status: 1 if any line was bad."""
    parser = argparse.ArgumentParser(
        prog="python -m matching.engine",
        description=USAGE + "\n".join(_help(name, verb) for name, verb in VERBS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=sorted(VERBS), metavar="VERB", help=", ".join(VERBS))
    verb = VERBS[parser.parse_args(arguments).verb]
    out = sys.stdout if out is None else out
    has_error = False
    for number, line in enumerate(sys.stdin.buffer if lines is None else lines, start=1):
        if line.strip():
            answer = answer_line(line, number, verb.answer, verb.kinds)
            has_error |= "error" in answer
            out.write(json.dumps(answer, ensure_ascii=True, separators=(", ", ": ")) + "\n")
            out.flush()
    return int(has_error)


def answer_line(
    line: bytes, number: int, answer: Callable[[Case], dict[str, Any]], kinds: Iterable[str]
) -> dict[str, Any]:
    """Answer one line; whatever is wrong with it becomes the answer's ``error``."""
    name = None
    try:
        raw = _parsed(line, number)
        name = raw.get("id")
        kind = require(raw, "kind", f"line {number}")
        if kind not in kinds:
            raise InstanceError(f"kind: expected one of {', '.join(kinds)}, got {kind!r}")
        instance = read_object(require(raw, "instance", f"line {number}"), "instance")
        options = read_object(raw.get("options") or {}, "options")
        return {"id": name, **answer(Case(kind, instance, options, raw))}
    except InstanceError as error:
        return {"id": name, "error": str(error)}
    except (RecursionError, MemoryError, OverflowError) as error:
        return {"id": name, "error": f"line {number}: too large or too deeply nested ({type(error).__name__})"}


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceError(f"line {number}: not UTF-8 at byte {error.start}") from error
    try:
        raw = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InstanceError(f"line {number}: not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise InstanceError(f"line {number}: nested too deeply") from error
    except InstanceError as error:
        raise InstanceError(f"line {number}: {error}") from error
    except ValueError as error:
        raise InstanceError(f"line {number}: a number is too long") from error
    if not isinstance(raw, dict):
        raise InstanceError(f"line {number}: expected an object with id, kind and instance")
    return raw


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InstanceError(f"key {name!r} appears twice in one object")
        found[name] = value
    return found


def _refuse_constant(text: str) -> None:
    raise InstanceError(f"{text} is no number of JSON")


def _help(name: str, verb: Any) -> str:
    return f"{name}\n  kinds:   {', '.join(verb.kinds)}\n  options: {verb.options}\n  answer:  {verb.about}\n"

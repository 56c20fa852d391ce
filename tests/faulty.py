"""Write a fault into a function of the product for the length of a test, as a tired programmer might."""

import ast
import inspect
import textwrap
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest


def function_at(where: str) -> FunctionType:
    """Return the plain function behind a dotted name: under its decorators, of a method or a property too."""
    parts = where.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = inspect.getattr_static(found, name)
        found = inspect.unwrap(found.fget if isinstance(found, property) else found)
        assert isinstance(found, FunctionType), where
        return found
    raise LookupError(where)


def plant(monkeypatch: pytest.MonkeyPatch, where: str, old: str, new: str) -> None:
    """Replace ``old``, which stands there exactly once, by ``new`` in the function called ``where``.

    The function stays the same object with other code in it: everybody who imported it has the fault.
    """
    function = function_at(where)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{where} has {source.count(old)} × {old!r}"
    monkeypatch.setattr(function, "__code__", _code_of(source.replace(old, new), function))


def _code_of(source: str, function: FunctionType) -> Any:
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    made: dict[str, Any] = {}
    program = compile(tree, function.__code__.co_filename, "exec")
    exec(program, dict(function.__globals__), made)  # noqa: S102 -- our own source with one line changed
    return made[function.__name__].__code__

"""State machines as data, and the only two functions that change a state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.utils.text import capfirst

from core import audit
from core.memory import Memory
from core.refusals import Refused

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Move:
    """One allowed move: from any of ``sources`` to ``target``."""

    sources: frozenset[str]
    target: str


class MoveTable:
    """The allowed moves of one machine: ``MoveTable(State, submit=(State.DRAFT, State.SUBMITTED), ...)``.

    A source is one state or a set of states. ``field`` names the column that holds the state; ``memory`` says which
    state knows where a row came from.
    """

    def __init__(
        self,
        states: type[models.TextChoices],
        *,
        field: str = "state",
        memory: Memory | None = None,
        **moves: tuple[Any, Any],
    ) -> None:
        self.states, self.field, self.memory = states, field, memory
        self.moves = {verb: Move(_as_set(sources), str(target)) for verb, (sources, target) in moves.items()}
        known = set(states.values)
        for verb, move in self.moves.items():
            if unknown := (move.sources | {move.target}) - known:
                raise ValueError(f"{verb}: unknown states {sorted(unknown)}")

    def allows(self, verb: str, state: str, remembered: str = "") -> bool:
        """Say whether ``verb`` is possible from ``state``, which was come to from ``remembered`` if it has a memory."""
        move, memory = self.moves[verb], self.memory
        if state not in move.sources:
            return False
        return memory is None or state != memory.state or memory.allows(move.target, remembered)

    def remembered(self, row: models.Model) -> str:
        """Return what ``row`` remembers, empty outside the one state that has a memory."""
        return getattr(row, self.memory.column) if self.memory else ""

    def reachable(self) -> frozenset[str]:
        """Return the states that some move leads to."""
        return frozenset(move.target for move in self.moves.values())

    def mermaid(self) -> str:
        """Draw the table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        for verb, move in self.moves.items():
            lines += [f"    {source} --> {move.target}: {verb}" for source in sorted(move.sources)]
        if self.memory:
            lines.append(f"    note right of {self.memory.state}: leads back to where it was entered from, or before")
        return "\n".join(lines)


def _as_set(sources: Any) -> frozenset[str]:
    return frozenset({str(sources)}) if isinstance(sources, str) else frozenset(map(str, sources))


def _rows(row: Row) -> models.Manager[Row]:
    # Not type(row): request.user is a lazy wrapper.
    return row._meta.concrete_model._base_manager  # type: ignore[union-attr,return-value]  # rows are of real models


def locked(row: Row, *related: str) -> Row:
    """Return a fresh copy of ``row``, locked until the transaction ends; the caller's copy is stale: rebind the name.

    ``no_key`` lets rows that merely refer to this one (an audit line, an answer) be inserted meanwhile.
    Raises ``TransactionManagementError`` outside a transaction.
    """
    rows = _rows(row).select_for_update(of=("self",), no_key=True)
    return (rows.select_related(*related) if related else rows).get(pk=row.pk)


def locked_rows(model: type[Row], pks: Iterable[int], *related: str) -> list[Row]:
    """Return fresh copies of many rows of one model, in the order of their keys, locked like ``locked`` does."""
    rows = model._base_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=list(pks)).order_by("pk")
    return list(rows.select_related(*related) if related else rows)


def transition(row: Row, verb: str, *, by: Any, **changes: Any) -> Row:
    """Move ``row`` along its table, save ``changes`` with it, and audit; for rows that were ``locked``.

    Raises ``Refused`` when the table has no such move from the present state.
    """
    table: MoveTable = row.MOVES  # type: ignore[attr-defined]  # every model with a state has a table
    move, before = table.moves[verb], getattr(row, table.field)
    if not table.allows(verb, before, table.remembered(row)):
        state = str(table.states(before).label).lower()
        raise Refused(f"{capfirst(row._meta.verbose_name)} is now “{state}”, so this is no longer possible.")
    changes[table.field] = move.target
    # Compare and set: safe even for a caller who forgot the lock.
    unchanged = _rows(row).filter(pk=row.pk, **{table.field: before})
    if not unchanged.update(**changes):
        raise Refused(f"Somebody else has just changed this {row._meta.verbose_name}.")
    for name, value in changes.items():
        setattr(row, name, value)
    _remember(row, table, before)
    audit.record(verb, row, by=by, before=before, after=move.target)
    return row


def _remember(row: models.Model, table: MoveTable, before: str) -> None:
    """Tell the copy in hand what the database has just written into the row."""
    if table.memory:
        setattr(row, table.memory.column, before if getattr(row, table.field) == table.memory.state else "")


def transition_openly(row: Row, verb: str, *, by: Any, **changes: Any) -> Row:
    """Move a two-layered row where the move is no decision: staff and applicant see the new state at once."""
    table: MoveTable = row.MOVES  # type: ignore[attr-defined]  # see transition
    return transition(row, verb, by=by, released_state=table.moves[verb].target, **changes)


def transition_all(rows: Sequence[Row], verb: str, *, by: Any, openly: bool = False) -> None:
    """Move many locked rows of one model along its table, each with its line in the record; all of them or none.

    ``openly`` shows applicants the new state at once, like ``transition_openly``. Raises ``Refused`` as
    ``transition`` does.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        table: MoveTable = row.MOVES  # type: ignore[attr-defined]  # every model with a state has a table
        groups.setdefault((getattr(row, table.field), table.remembered(row)), []).append(row)
    for (before, remembered), group in groups.items():
        move = table.moves[verb]
        if not table.allows(verb, before, remembered):
            state, name = str(table.states(before).label).lower(), group[0]._meta.verbose_name
            raise Refused(f"{len(group)} × {name}: now “{state}”, so this is no longer possible.")
        changes = {table.field: move.target} | ({"released_state": move.target} if openly else {})
        unchanged = _rows(group[0]).filter(pk__in=[row.pk for row in group], **{table.field: before})
        if unchanged.update(**changes) != len(group):
            raise Refused(f"Somebody else has just changed one of these: {group[0]._meta.verbose_name}.")
        for row in group:
            for name, value in changes.items():
                setattr(row, name, value)
            _remember(row, table, before)
        audit.record_all(verb, [(row, before, move.target) for row in group], by=by)


def publish_all(rows: Sequence[Row], *, by: Any) -> None:
    """Copy the internal states of many two-layered rows of one model to the states that their applicants read."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        layers = (row.released_state, row.internal_state)  # type: ignore[attr-defined]  # two-layered rows only
        if layers[0] != layers[1]:
            groups.setdefault(layers, []).append(row)
    for (before, after), group in groups.items():
        _rows(group[0]).filter(pk__in=[row.pk for row in group]).update(released_state=after)
        for row in group:
            row.released_state = after  # type: ignore[attr-defined]  # see above
        audit.record_all("publish", [(row, before, after) for row in group], by=by)


def publish_state(row: Row, *, by: Any) -> Row:
    """Copy the internal state of a two-layered row to the state that its applicant reads."""
    before, after = row.released_state, row.internal_state  # type: ignore[attr-defined]  # two-layered rows only
    if before == after:
        return row
    _rows(row).filter(pk=row.pk).update(released_state=after)
    row.released_state = after  # type: ignore[attr-defined]  # see above
    audit.record("publish", row, by=by, before=before, after=after)
    return row


def sources_of(row: models.Model, verbs: Iterable[str]) -> bool:
    """Say whether any of ``verbs`` is possible from the row's present state (for pages that offer buttons)."""
    table: MoveTable = row.MOVES  # type: ignore[attr-defined]  # see transition
    return any(table.allows(verb, getattr(row, table.field), table.remembered(row)) for verb in verbs)

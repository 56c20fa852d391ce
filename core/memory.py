"""What a row remembers of where it was, so that a way back leads no further than that."""

from dataclasses import dataclass

import pgtrigger

#: A value that a writer gives counts only where none is on record yet: a migration fills it in for older rows.
FUNCTION = """
DECLARE
    ranks CONSTANT jsonb := jsonb_build_object({ranks});
BEGIN
    IF NEW.{field} <> '{state}' THEN
        IF OLD.{field} = '{state}'
           AND coalesce((ranks ->> NEW.{field})::int, 0) > coalesce((ranks ->> OLD.{column})::int, 0) THEN
            RAISE EXCEPTION 'what became % from % is not led back to %', OLD.{field}, OLD.{column}, NEW.{field}
                USING ERRCODE = 'check_violation';
        END IF;
        NEW.{column} := '';
    ELSIF OLD.{field} <> '{state}' THEN
        NEW.{column} := OLD.{field};
    ELSIF OLD.{column} <> '' THEN
        NEW.{column} := OLD.{column};
    END IF;
    RETURN NEW;
END;
"""


@dataclass(frozen=True)
class Memory:
    """A row that stands in ``state`` remembers the state before, in ``column``, which the database alone writes.

    ``order`` lists the states from the first to the last, those of one rank together. No move leads out of ``state``
    to one that comes after what is remembered. States that are not listed come before all others.
    """

    state: str
    column: str
    order: tuple[frozenset[str], ...]

    def rank(self, state: str) -> int:
        """Return how far along ``state`` is."""
        return next((rank for rank, states in enumerate(self.order, start=1) if state in states), 0)

    def allows(self, target: str, remembered: str) -> bool:
        """Say whether a row that remembers ``remembered`` may be led to ``target``."""
        return self.rank(target) <= self.rank(remembered)

    def earlier(self, one: str, other: str) -> str:
        """Return whichever of two states comes first."""
        return min(one, other, key=self.rank)

    def trigger(self, *, name: str, field: str) -> pgtrigger.Trigger:
        """Return the trigger that writes the column whoever moves the row, and holds the order against everybody."""
        ranked = sorted((rank, state) for rank, states in enumerate(self.order, start=1) for state in states)
        ranks = ", ".join(f"'{state}', {rank}" for rank, state in ranked)
        return pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf(field, self.column),
            func=FUNCTION.format(ranks=ranks, field=field, column=self.column, state=self.state),
        )

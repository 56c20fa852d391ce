"""What a plan of readers changes: the lines of a proposal."""

from collections.abc import Sequence
from typing import NamedTuple

from reviews.models import ReviewAssignment
from reviews.queries.needs import Plan, Target
from reviews.queries.standing import Key, key_of
from reviews.states import AssignmentState, ChangeReason


class Line(NamedTuple):
    """One line (primary keys)."""

    key: Key
    reader: int
    reason: str
    leaves: int | None


def changes_from(texts: Sequence[Target], plan: Plan) -> list[Line]:
    """Return what ``plan`` changes: who reads anew, and instead of whom. Who has nobody to follow them, stays."""
    held = {
        (key_of(row), row.reviewer_id): row.pk
        for row in ReviewAssignment.objects.filter(state=AssignmentState.ASSIGNED)
    }
    lines = []
    for number, text in enumerate(texts):
        key = (text.kind, text.pk)
        chosen = plan.readers.get(number, frozenset())
        leaving = sorted(text.movable - chosen, key=lambda reader: (reader in text.pool, reader))
        # Those who left the pool are followed first. What is left over is given out anew.
        for place, reader in enumerate(
            sorted(chosen - text.movable, key=lambda one: ((number, one) in plan.linking, one))
        ):
            gone = leaving[place] if place < len(leaving) else None
            links = (number, reader) in plan.linking
            lines.append(
                Line(key, reader, _reason(text, gone, links=links), held[key, gone] if gone is not None else None)
            )
    return lines


def _reason(text: Target, gone: int | None, *, links: bool) -> str:
    if gone is not None and gone not in text.pool:
        return ChangeReason.POOL
    if links:
        return ChangeReason.LINK
    return ChangeReason.LACKING if gone is None else ChangeReason.LOAD

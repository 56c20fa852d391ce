"""Moves of one name in an order: pure functions behind the buttons of both lists."""

from collections.abc import Sequence

#: What a button of an order list can ask for.
ACTS = frozenset({"up", "down", "first", "last", "to", "off", "on"})


def rearranged(
    on: Sequence[str], off: Sequence[str], name: str, act: str, place: int | None = None
) -> tuple[list[str], list[str]]:
    """Return both lists after ``act`` on ``name``; ``place`` counts from 1. What makes no sense changes nothing."""
    above, below = list(on), list(off)
    if act == "on" and name in below:
        below.remove(name)
        return [*above, name], below
    if name not in above:
        return above, below
    at = above.index(name)
    above.remove(name)
    if act == "off":
        return above, [*below, name]
    target = {"up": at - 1, "down": at + 1, "first": 0, "last": len(above), "to": (place or at + 1) - 1}.get(act, at)
    above.insert(max(0, min(target, len(above))), name)
    return above, below

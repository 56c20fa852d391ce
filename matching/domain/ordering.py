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
    asked = at if place is None else place - 1
    target = {"up": at - 1, "down": at + 1, "first": 0, "last": len(above), "to": asked}.get(act, at)
    above.insert(max(0, min(target, len(above))), name)
    return above, below


#: What a button of a tiered list can ask for.
TIER_ACTS = frozenset({"up", "down", "first", "last", "tier", "on", "off", "no"})


def retiered(
    tiers: Sequence[Sequence[str]], refused: Sequence[str], name: str, act: str, tier: int | None = None
) -> tuple[list[list[str]], list[str]]:
    """Return tiers and the not acceptable after ``act`` on ``name``; ``tier`` counts from 1, one past the end is new.

    One step up out of a tie makes a tier of one's own above it; one step up from a tier of one's own joins the next.
    """
    shown = [list(names) for names in tiers]
    out = [other for other in refused if other != name]
    at = next((index for index, names in enumerate(shown) if name in names), None)
    if act == "no":
        return _without(shown, name), [*out, name]
    if act == "off":
        return _without(shown, name), out
    if act == "first":
        return [[name], *_without(shown, name)], out
    if act == "last" or (act == "on" and tier is None):
        return [*_without(shown, name), [name]], out
    if act in {"tier", "on"} and tier is not None:
        place = max(0, min(tier - 1, len(shown)))
        # The new tier is put in before the old one can close up, so that "tier 3" is the third the person saw.
        shown.append([])
        shown = [[other for other in names if other != name] for names in shown]
        shown[place].append(name)
        return [names for names in shown if names], out
    if at is None or act not in {"up", "down"}:
        return shown, list(refused)
    is_alone, step = len(shown[at]) == 1, -1 if act == "up" else 1
    if is_alone and 0 <= at + step < len(shown):
        shown[at + step].append(name)
        shown[at].remove(name)
    elif not is_alone:
        shown[at].remove(name)
        shown.insert(at if act == "up" else at + 1, [name])
    return [names for names in shown if names], out


def _without(tiers: Sequence[Sequence[str]], name: str) -> list[list[str]]:
    return [kept for names in tiers if (kept := [other for other in names if other != name])]

"""Where one reader's levels differ from the reference, criterion by criterion.

The difference of a criterion is the mean of (own level - reference level) over the items on which both gave one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Below this mean difference a reader scores as the reference does: one level on one of four items.
SAME = 0.25


@dataclass(frozen=True)
class Difference:
    """One criterion over all items. ``mean`` is negative where the reader is stricter; ``None`` without a pair.

    ``level`` is the reference level at which they differ most; ``unsure`` counts the items on which only the reader
    could not tell, ``too_sure`` those on which only the reference could not.
    """

    mean: float | None
    level: int | None
    n: int
    unsure: int
    too_sure: int


def difference(pairs: Iterable[tuple[int | None, int | None]]) -> Difference:
    """Return how (own, reference) levels of one criterion differ."""
    gaps: list[int] = []
    by_level: dict[int, int] = defaultdict(int)
    unsure = too_sure = 0
    for own, reference in pairs:
        if own is None or reference is None:
            unsure += own is None and reference is not None
            too_sure += own is not None and reference is None
            continue
        gaps.append(own - reference)
        by_level[reference] += abs(own - reference)
    if not gaps:
        return Difference(None, None, 0, unsure, too_sure)
    widest = max(by_level, key=lambda level: (by_level[level], -level))
    return Difference(sum(gaps) / len(gaps), widest if by_level[widest] else None, len(gaps), unsure, too_sure)


def words(name: str, found: Difference, anchors: Sequence[int]) -> str:
    """Say in one or two sentences where the reader differs on the criterion ``name``."""
    parts = []
    if found.mean is None:
        parts.append(f"Nothing to compare on {name}.")
    elif abs(found.mean) >= SAME:
        way = "stricter" if found.mean < 0 else "milder"
        parts.append(f"You are {abs(found.mean):.1f} {way} than the reference on {name}.")
    elif found.level is not None:
        parts.append(f"On the whole as the reference on {name}, above it on some texts and below it on others.")
    else:
        parts.append(f"As the reference on {name}.")
    if found.level is not None and anchors:
        nearest = min(anchors, key=lambda anchor: (abs(anchor - (found.level or 0)), anchor))
        parts.append(f"Read anchor {nearest} again.")
    if found.unsure:
        parts.append(f"{_times(found.unsure)} you could not tell where the reference gives a level.")
    if found.too_sure:
        parts.append(f"{_times(found.too_sure)} you gave a level where the text does not say enough.")
    return " ".join(parts)


def _times(n: int) -> str:
    return "Once" if n == 1 else f"{n} times"

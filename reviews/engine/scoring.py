"""What a reading is worth: the weighted mean of one rubric.

Criteria count by units. A criterion with rule ``sum`` is a unit of its own. All criteria of one group with rule
``max`` are one unit: the best score among them, with that criterion's weight. "Cannot tell" is no score; a unit
without any score is left out and the weights of the others are scaled up, so that not knowing costs nothing:

    mean = sum(weight * score) / sum(weight), over the units that have a score.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Weighted:
    """One criterion as the mean needs it; ``best_of`` names its group if only the best of the group counts."""

    code: str
    weight: Decimal
    best_of: str = ""


def weighted_mean(criteria: Sequence[Weighted], scores: Mapping[str, int | None]) -> Decimal | None:
    """Return the weighted mean of ``scores`` (by code; ``None`` is "cannot tell"), to three decimals.

    Returns ``None`` when nothing at all was scored.
    """
    units = [best for unit in _units(criteria) if (best := _best(unit, scores)) is not None]
    total = sum((weight for weight, _ in units), Decimal(0))
    if not total:
        return None
    worth = sum((weight * score for weight, score in units), Decimal(0))
    return (worth / total).quantize(THOUSANDTH, ROUND_HALF_UP)


def mean_of(means: Iterable[Decimal]) -> Decimal | None:
    """Return the raw mean of several readings: each counts the same; ``None`` for no readings."""
    values = list(means)
    return (sum(values, Decimal(0)) / len(values)).quantize(THOUSANDTH, ROUND_HALF_UP) if values else None


def _units(criteria: Sequence[Weighted]) -> list[list[Weighted]]:
    groups: dict[str, list[Weighted]] = {}
    units = []
    for criterion in criteria:
        if not criterion.best_of:
            units.append([criterion])
        elif criterion.best_of in groups:
            groups[criterion.best_of].append(criterion)
        else:
            units.append(groups.setdefault(criterion.best_of, [criterion]))
    return units


def _best(unit: list[Weighted], scores: Mapping[str, int | None]) -> tuple[Decimal, int] | None:
    known = [(score, criterion.weight) for criterion in unit if (score := scores.get(criterion.code)) is not None]
    if not known:
        return None
    score, weight = max(known)
    return weight, score

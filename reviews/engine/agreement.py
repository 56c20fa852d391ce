"""How far readers agree: Krippendorff's alpha for scores on an interval scale, with a bootstrap interval.

alpha = 1 - observed / expected disagreement, over pairs of scores of the same text and over pairs of any scores
(Krippendorff 2004, ch. 11). 1 is perfect agreement, 0 what chance would give. The interval draws texts, not scores:
the scores of one text belong together (Efron & Tibshirani 1993, ch. 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 2000
#: With fewer texts read twice the interval says nothing.
MIN_TEXTS = 5


@dataclass(frozen=True)
class Alpha:
    """The estimate, its 95 % interval, and how many texts were read at least twice."""

    value: float
    low: float
    high: float
    n_texts: int


def alpha(texts: Sequence[Sequence[float]], *, seed: int = 0, draws: int = DRAWS) -> Alpha | None:
    """Return the agreement on ``texts`` (the scores of each); ``None`` where nothing can be said.

    Texts with a single score are no pair and are left out. Equal input gives equal output: the draws are seeded.
    """
    paired = [np.asarray(scores, float) for scores in texts if len(scores) >= 2]
    if len(paired) < MIN_TEXTS:
        return None
    n = np.array([len(scores) for scores in paired], float)
    total = np.array([scores.sum() for scores in paired])
    squares = np.array([(scores**2).sum() for scores in paired])
    within = 2 * (n * squares - total**2) / (n - 1)
    counts = np.random.default_rng(seed).multinomial(len(paired), np.full(len(paired), 1 / len(paired)), draws)
    point = _alpha(np.ones((1, len(paired))), n, total, squares, within)[0]
    if np.isnan(point):
        return None
    drawn = _alpha(counts, n, total, squares, within)
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Alpha(float(point), float(low), float(high), len(paired))


def _alpha(counts: np.ndarray, n: np.ndarray, total: np.ndarray, squares: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Return alpha for each row of ``counts`` (how often each text is drawn); not a number where all scores agree."""
    size = counts @ n
    observed = (counts @ within) / size
    expected = 2 * (size * (counts @ squares) - (counts @ total) ** 2) / (size * (size - 1))
    # A level cohort, all of one score: no disagreement could be expected, so nothing can be said.
    return np.where(expected > 1e-12, 1 - observed / np.where(expected > 1e-12, expected, 1), np.nan)

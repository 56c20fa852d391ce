"""Krippendorff's alpha: published values, the bounds, and an interval that covers."""

import numpy as np
import pytest

from reviews.engine.agreement import MIN_TEXTS, alpha

#: Three coders, fifteen units (the example of the encyclopaedias): 0.811 on an interval scale.
THREE_CODERS = [
    [1], [], [2, 2], [1, 1], [3, 3], [3, 3, 4], [4, 4, 4], [1, 3], [2, 2], [1, 1], [1, 1], [3, 3], [3, 3], [], [3, 4],
]  # fmt: skip


def by_definition(texts: list[list[float]]) -> float:
    """Compute alpha from the coincidence of pairs, as it is defined."""
    paired = [scores for scores in texts if len(scores) >= 2]
    everything = [score for scores in paired for score in scores]
    n = len(everything)
    observed = (
        sum(
            (a - b) ** 2 / (len(scores) - 1)
            for scores in paired
            for i, a in enumerate(scores)
            for j, b in enumerate(scores)
            if i != j
        )
        / n
    )
    expected = sum((a - b) ** 2 for i, a in enumerate(everything) for j, b in enumerate(everything) if i != j)
    return 1 - observed / (expected / (n * (n - 1)))


def test_published_example() -> None:
    found = alpha(THREE_CODERS)

    assert found is not None
    assert found.value == pytest.approx(0.811, abs=0.0005)
    assert found.n_texts == 12
    assert found.low < found.value < found.high


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_definition_whatever_the_number_of_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = [list(map(float, rng.integers(1, 6, rng.integers(0, 5)))) for _ in range(30)]

    found = alpha(texts)

    assert found is not None
    assert found.value == pytest.approx(by_definition(texts))


def test_agreement_of_all_is_one_and_of_nobody_about_zero() -> None:
    rng = np.random.default_rng(7)
    perfect = alpha([[score, score] for score in (1, 2, 3, 4, 5)])
    noise = alpha(rng.normal(3, 1, (2000, 2)).tolist())

    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)
    assert noise is not None
    assert abs(noise.value) < 0.08
    assert noise.low < 0 < noise.high


def test_nothing_is_said_where_nothing_can_be() -> None:
    assert alpha([]) is None
    assert alpha([[3.0, 4.0]] * (MIN_TEXTS - 1)) is None
    assert alpha([[3.0]] * 100) is None
    assert alpha([[3.0, 3.0]] * 100) is None  # all alike: chance would agree too


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Two readers with error as large as the differences between texts: alpha is 0.5."""
    rng = np.random.default_rng(11)
    covered = 0
    for seed in range(200):
        truth = rng.normal(0, 1, (80, 1))
        found = alpha((truth + rng.normal(0, 1, (80, 2))).tolist(), seed=seed, draws=400)
        assert found is not None
        covered += found.low <= 0.5 <= found.high

    assert 0.88 <= covered / 200 <= 0.99


def test_same_input_same_interval() -> None:
    assert alpha(THREE_CODERS) == alpha(THREE_CODERS)

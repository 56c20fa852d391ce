"""What a reading is worth, by hand-computed examples."""

from decimal import Decimal

import pytest

from reviews.engine import Weighted, mean_of, weighted_mean

CRITERIA = [
    Weighted("motivation", Decimal(20)),
    Weighted("taste", Decimal(30)),
    Weighted("code", Decimal(50), "skill"),
    Weighted("maths", Decimal(50), "skill"),
    Weighted("writing", Decimal(50), "skill"),
]


@pytest.mark.requirement(13)
def test_generalist_counts_by_weight() -> None:
    scores = {"motivation": 3, "taste": 4, "code": 3, "maths": 3, "writing": 3}

    assert weighted_mean(CRITERIA, scores) == Decimal("3.300")  # (20*3 + 30*4 + 50*3) / 100


@pytest.mark.requirement(13)
def test_specialist_counts_by_the_best_of_the_group() -> None:
    scores = {"motivation": 3, "taste": 4, "code": 1, "maths": 5, "writing": 2}

    assert weighted_mean(CRITERIA, scores) == Decimal("4.300")  # (20*3 + 30*4 + 50*5) / 100


@pytest.mark.requirement(13)
def test_what_cannot_be_told_costs_nothing() -> None:
    scores = {"motivation": None, "taste": 4, "code": None, "maths": 5, "writing": None}

    assert weighted_mean(CRITERIA, scores) == Decimal("4.625")  # (30*4 + 50*5) / 80


def test_group_without_any_score_is_left_out() -> None:
    scores = {"motivation": 2, "taste": 5, "code": None, "maths": None, "writing": None}

    assert weighted_mean(CRITERIA, scores) == Decimal("3.800")  # (20*2 + 30*5) / 50


def test_nothing_scored_is_no_mean() -> None:
    assert weighted_mean(CRITERIA, dict.fromkeys(["motivation", "taste", "code", "maths", "writing"])) is None


def test_raw_mean_counts_every_reading_the_same_and_rounds_half_up() -> None:
    assert mean_of([Decimal("3.300"), Decimal("4.625")]) == Decimal("3.963")
    assert mean_of([]) is None

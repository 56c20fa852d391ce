"""Readers for texts: balanced as far as it goes, and what does not go is said."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.engine import assign


@st.composite
def markets(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, frozenset[int]], dict[int, int]]:
    """Draw a few texts with needs, who may read them, and what readers have already."""
    texts, readers = range(draw(st.integers(1, 4))), range(100, 100 + draw(st.integers(1, 4)))
    needs = {text: draw(st.integers(0, 2)) for text in texts}
    eligible = {text: draw(st.frozensets(st.sampled_from(readers))) for text in texts}
    return needs, eligible, {reader: draw(st.integers(0, 3)) for reader in readers}


def best_square(needs: dict[int, int], eligible: dict[int, frozenset[int]], loads: dict[int, int]) -> int:
    """Return the least possible sum of squared loads, by trying every assignment."""
    choices = [list(combinations(sorted(eligible[t]), min(needs[t], len(eligible[t])))) for t in needs]
    return min(
        sum((load + sum(reader in readers for readers in chosen)) ** 2 for reader, load in loads.items())
        for chosen in product(*choices)
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(markets(), st.integers(0, 3))
def test_loads_are_as_even_as_any_assignment_can_make_them(market: tuple, seed: int) -> None:
    needs, eligible, loads = market

    plan = assign(needs=needs, eligible=eligible, loads=loads, seed=seed)

    for text, need in needs.items():
        readers = plan.readers.get(text, frozenset())
        assert readers <= eligible[text]
        assert len(readers) + plan.unmet.get(text, 0) == need
        assert len(readers) == min(need, len(eligible[text]))
    squares = sum(
        (load + sum(reader in readers for readers in plan.readers.values())) ** 2 for reader, load in loads.items()
    )
    assert squares == best_square(needs, eligible, loads)


def test_large_pool_differs_by_at_most_one_text() -> None:
    pool = frozenset(range(40))
    needs, eligible = dict.fromkeys(range(1000), 2), dict.fromkeys(range(1000), pool)

    plan = assign(needs=needs, eligible=eligible, loads={}, seed=1)

    counts = [sum(reader in readers for readers in plan.readers.values()) for reader in pool]
    assert set(counts) == {50}
    assert plan.unmet == {}


def test_same_seed_gives_the_same_plan_and_another_a_different_one() -> None:
    needs, eligible = dict.fromkeys(range(20), 2), dict.fromkeys(range(20), frozenset(range(8)))

    plans = [assign(needs=needs, eligible=eligible, loads={}, seed=seed) for seed in (1, 1, 2)]

    assert plans[0] == plans[1] != plans[2]

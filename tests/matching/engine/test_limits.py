"""What an exact programme answers when it is stopped before it has a proof."""

import random

import pytest

from matching import engine
from matching.engine import exact
from tests.matching.engine import worlds


def hard(seed):
    """A market with long ties and too many people, where heuristics miss the flow bound."""
    return engine.Instance.from_json(worlds.market(random.Random(seed), n=40, m=12, ties=0.8, density=0.3))


@pytest.mark.parametrize("limits", [{"time_limit": 0.0}, {}])
def test_a_stopped_proof_leaves_a_stable_matching_and_an_honest_gap(monkeypatch, limits):
    monkeypatch.setattr(exact, "MAX_WORK", 0)
    n_stopped = 0
    for seed in range(60):
        first, again = (engine.match(hard(seed), objective="max_cardinality", **limits) for _ in range(2))
        assert first.matching == again.matching
        assert first.stable
        assert first.size <= first.bound
        assert first.proved or first.to_json()["gap"] == first.bound - first.size
        n_stopped += not first.proved
    assert n_stopped or "time_limit" not in limits


def test_fewest_moves_refuses_rather_than_guess(monkeypatch):
    monkeypatch.setattr(exact.Programme, "maximise", lambda *_, **__: (None, False))
    market = hard(1)
    previous = engine.match(market)

    with pytest.raises(engine.InstanceError, match="no proved answer"):
        engine.rematch(market, previous.matching, [], policy="min_change")

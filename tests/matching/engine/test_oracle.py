"""The engine against exhaustive search, every kind: a few dozen instances here, five thousand each in `make prove`."""

import numpy as np
import pytest

from matching import engine
from matching.engine.promotion import match_with_promotion
from tests.matching.engine import oracle, worlds

FEW_AND_MANY = [40, pytest.param(5000, marks=pytest.mark.prove)]
every_kind = pytest.mark.parametrize("examples", FEW_AND_MANY)


def solved(raw, **options):
    return engine.match(engine.Instance.from_json(raw), **options)


@every_kind
def test_match_strict_is_the_applicant_optimal_stable_matching(examples):
    def check(raw):
        result = solved(raw)
        assert result.matching == oracle.Market(raw).applicant_optimal()
        assert (result.stable, result.blocking_pairs, result.proved) == (True, [], True)
        worst = oracle.Market(raw).stream_optimal()
        differing = sorted(a for a in worst if worst[a] != result.matching[a])
        assert result.certificate.differs_if_streams_propose == differing

    assert worlds.for_all(worlds.strict, check, examples=examples) >= examples


@every_kind
def test_match_with_ties_is_weakly_stable_and_the_largest_is_the_largest(examples):
    def check(raw):
        stable = oracle.Market(raw).stable()
        largest = solved(raw, objective="max_cardinality")
        assert solved(raw).matching in stable
        assert largest.matching in stable
        assert (largest.size, largest.proved) == (oracle.largest(stable), True)

    assert worlds.for_all(worlds.tied, check, examples=examples) >= examples


@every_kind
def test_promotion_alone_is_weakly_stable_and_two_thirds_of_the_largest(examples):
    """Kiraly (2013), where only streams have ties; with applicants' ties drawn, stability is what remains."""

    def check(raw):
        stable = oracle.Market(raw).stable()
        market = engine.Instance.from_json(raw).market
        place = match_with_promotion(market, engine.Lottery("0").draw(market))
        matching = market.matching_of(np.asarray(place, int))
        assert matching in stable
        if not market.has_applicant_ties:
            assert 3 * oracle.size(matching) >= 2 * oracle.largest(stable)

    assert worlds.for_all(worlds.tied, check, examples=examples) >= examples


@every_kind
def test_match_with_caps_is_weakly_stable_and_the_largest_is_the_largest(examples):
    def check(raw):
        stable = oracle.Market(raw).stable()
        largest = solved(raw, objective="max_cardinality")
        assert solved(raw).matching in stable
        assert largest.matching in stable
        assert (largest.size, largest.proved) == (oracle.largest(stable), True)

    assert worlds.for_all(worlds.with_caps, check, examples=examples) >= examples
    assert worlds.for_all(worlds.with_caps_and_ties, check, examples=examples) >= examples


@every_kind
def test_closure_scenarios_find_the_closure_stable_matchings(examples):
    def check(raw):
        instance = engine.Instance.from_json(raw)
        allowed = oracle.Market(raw).closure_stable()
        scenarios = engine.closure_scenarios(instance)
        for scenario in scenarios:
            assert scenario.closure_stable == (scenario.matching in allowed)
        assert any(scenario.closure_stable for scenario in scenarios) == bool(allowed)

    assert worlds.for_all(worlds.with_minimums, check, examples=examples) >= examples


@every_kind
def test_verify_names_exactly_the_blocking_pairs(examples):
    def check(raw):
        found = engine.verify(engine.Instance.from_json(raw), raw["matching"])
        expected = oracle.Market(raw).blocking_pairs(raw["matching"])
        assert (found.feasible, found.blocking_pairs, found.stable) == (True, expected, not expected)

    assert worlds.for_all(worlds.with_matching, check, examples=examples) >= examples


@every_kind
def test_verify_agrees_on_every_matching_of_a_market_with_caps(examples):
    def check(raw):
        instance, market = engine.Instance.from_json(raw), oracle.Market(raw)
        for _, matching in zip(range(40), market.matchings(), strict=False):
            assert engine.verify(instance, matching).blocking_pairs == market.blocking_pairs(matching)

    assert worlds.for_all(worlds.with_caps_and_ties, check, examples=examples) >= examples


@every_kind
def test_rematch_under_each_policy(examples):
    def check(case):
        raw, declined = case["instance"], case["declined"]
        instance = engine.Instance.from_json(raw)
        previous = engine.match(instance).matching
        reduced = {**raw, "applicants": {a: [] if a in declined else p for a, p in raw["applicants"].items()}}
        market = oracle.Market(reduced)
        stable, staying = market.stable(), [a for a in raw["applicants"] if a not in declined]

        def n_moved(matching):
            return sum(matching[a] != previous[a] for a in staying)

        again = engine.rematch(instance, previous, declined, policy="restabilise")
        assert again.matching == market.applicant_optimal()
        assert (again.worse_off, len(again.changes)) == ([], n_moved(again.matching))

        fewest = engine.rematch(instance, previous, declined, policy="min_change")
        assert fewest.matching in stable
        assert len(fewest.changes) == n_moved(fewest.matching) == min(map(n_moved, stable))

        frozen = engine.rematch(instance, previous, declined)
        assert all(frozen.matching[a] == previous[a] for a in staying if previous[a])
        assert frozen.blocking_pairs == market.blocking_pairs(frozen.matching)
        # Nobody who still waits is passed over: a pair that blocks has somebody in it who already had a place.
        assert all(previous[a] for a, _ in frozen.blocking_pairs)

    assert worlds.for_all(worlds.decline, check, examples=examples) >= examples


@every_kind
def test_projects_strict_are_applicant_optimal(examples):
    def check(raw):
        market = oracle.ProjectMarket(raw, by_projects=False)
        stable = market.stable()
        result = engine.allocate_projects(engine.ProjectInstance.from_json(raw))
        rank = market.applicants

        def no_worse(mine, theirs, a):
            return theirs is None or (mine is not None and rank[a][mine] <= rank[a][theirs])

        assert result.matching in stable
        assert all(no_worse(result.matching[a], other[a], a) for other in stable for a in rank)
        assert (result.stable, result.proved) == (True, True)

    assert worlds.for_all(worlds.spa_s, check, examples=examples) >= examples


@every_kind
@pytest.mark.parametrize(("draw", "by_projects"), [(worlds.spa_st, False), (worlds.spa_p, True)])
def test_projects_with_ties_or_ranked_by_mentors_are_largest(examples, draw, by_projects):
    def check(raw):
        stable = oracle.ProjectMarket(raw, by_projects).stable()
        instance = engine.ProjectInstance.from_json(raw, mentors_rank_projects=by_projects)
        result = engine.allocate_projects(instance, objective="max_cardinality")
        assert result.matching in stable
        assert (result.size, result.stable, result.proved) == (oracle.largest(stable), True, True)

    assert worlds.for_all(draw, check, examples=examples) >= examples


@every_kind
@pytest.mark.parametrize("by_projects", [False, True])
def test_verify_projects_agrees_on_any_allocation(examples, by_projects):
    def draw(random):
        raw = worlds.projects(random, by_projects=by_projects, ties=0.4)
        options = oracle.ProjectMarket(raw, by_projects).options
        return raw, {a: random.choice([None, *options[a]]) for a in options}

    def check(case):
        raw, matching = case
        market = oracle.ProjectMarket(raw, by_projects)
        instance = engine.ProjectInstance.from_json(raw, mentors_rank_projects=by_projects)
        found = engine.verify_projects(instance, matching)
        feasible = market.is_feasible(matching.values())
        assert found.feasible == feasible
        if feasible:
            assert found.blocking_pairs == market.blocking_pairs(matching)
            assert bool(found.coalition) == market.has_coalition(matching)

    assert worlds.for_all(draw, check, examples=examples) >= examples


@every_kind
def test_reviewers_are_feasible_fair_and_best(examples):
    def check(raw):
        everything = list(oracle.review_assignments(raw))
        options = [raw[name] for name in ("affinity", "conflicts", "reviews_per_application", "load_min", "load_max")]
        fair, best = engine.assign_reviewers(*options), engine.assign_reviewers(*options, fairness="total")
        assert fair.feasible == best.feasible == bool(everything)
        assert bool(fair.unmet) == (not everything)
        if everything:
            sums = [oracle.affinity_sums(raw, assignment) for assignment in everything]
            fairest = max(map(min, sums))
            assert fair.assignment in everything
            assert best.assignment in everything
            assert best.total == max(map(sum, sums))
            assert (fair.min_total, fair.total) == (fairest, max(sum(s) for s in sums if min(s) == fairest))

    assert worlds.for_all(worlds.reviews, check, examples=examples) >= examples


@every_kind
def test_calibration_solves_the_mixed_model_equations(examples):
    def check(raw):
        mean, applications, reviewers = oracle.calibrated(raw)
        found = engine.calibrate(**raw)
        assert found.mean == pytest.approx(float(mean), abs=1e-9)
        assert found.application_effect == pytest.approx([float(value) for value in applications], abs=1e-9)
        assert found.reviewer_effect == pytest.approx([float(value) for value in reviewers], abs=1e-9)

    assert worlds.for_all(worlds.ratings, check, examples=examples) >= examples


def test_control_the_oracle_calls_a_wrong_matching_wrong():
    raw = {
        "applicants": {"a1": [["s1"]], "a2": [["s1"]]},
        "streams": {"s1": {"min": 0, "max": 1, "prefs": [["a1"], ["a2"]]}},
    }

    assert oracle.Market(raw).blocking_pairs({"a1": None, "a2": "s1"}) == [["a1", "s1"]]
    assert oracle.Market(raw).stable() == [{"a1": "s1", "a2": None}]

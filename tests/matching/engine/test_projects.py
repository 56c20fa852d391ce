"""Project allocation beyond the oracle's kinds: profiles, co-mentors, what stops a claim."""

import random
from itertools import product

import pytest

from matching import engine
from tests.matching.engine import oracle, worlds


def best_profile_by_search(raw):
    """The greatest (size, first choices, second choices, ...) over all allocations, mentors having no say."""
    market = oracle.ProjectMarket(raw, by_projects=False)
    names = sorted(market.options)
    profiles = []
    for places in product(*[(None, *market.options[name]) for name in names]):
        if market.is_feasible(places):
            ranks = [market.applicants[a][p] for a, p in zip(names, places, strict=True) if p]
            profiles.append((len(ranks), *(ranks.count(rank) for rank in range(5))))
    return max(profiles)


@pytest.mark.parametrize("seed", range(40))
def test_profile_is_the_best_by_exhaustive_search(seed):
    raw = worlds.projects(random.Random(seed), ties=0.2)
    found = engine.allocate_projects(engine.ProjectInstance.from_json(raw), objective="profile")
    market = oracle.ProjectMarket(raw, by_projects=False)
    ranks = [market.applicants[a][p] for a, p in found.matching.items() if p]

    assert (len(ranks), *(ranks.count(rank) for rank in range(5))) == best_profile_by_search(raw)


def test_profile_is_stable_where_mentors_are_indifferent():
    n_placed = 0
    for seed in range(60):
        raw = worlds.projects(random.Random(seed))
        for mentor in raw["mentors"].values():
            mentor["prefs"] = [sorted(raw["applicants"])]
        found = engine.allocate_projects(engine.ProjectInstance.from_json(raw), objective="profile")
        assert found.stable, raw
        n_placed += found.size
    assert n_placed > 60


def test_co_mentor_limits_are_reported_and_decide_nothing():
    raw = {
        "applicants": {"a1": [["p1"]], "a2": [["p1"]]},
        "projects": {"p1": {"max": 2, "mentor": "m1", "co_mentors": ["m2"]}},
        "mentors": {
            "m1": {"max": 2, "prefs": [["a1"], ["a2"]]},
            "m2": {"max": 0, "prefs": [], "co_max": 1},
        },
    }

    found = engine.allocate_projects(engine.ProjectInstance.from_json(raw))

    assert found.matching == {"a1": "p1", "a2": "p1"}
    assert (found.stable, found.certificate.co_mentor_excess) == (True, {"m2": 1})


def test_where_mentors_rank_projects_no_allocation_is_best_for_all_applicants():
    instance = engine.ProjectInstance.from_json(worlds.spa_p(random.Random(1)), mentors_rank_projects=True)

    with pytest.raises(engine.InstanceError, match="no applicant_optimal allocation"):
        engine.allocate_projects(instance, objective="applicant_optimal")


def test_a_stopped_proof_leaves_a_stable_allocation():
    n_stopped = 0
    for seed in range(60):
        by_projects = seed % 2 == 1
        raw = worlds.projects(random.Random(seed), by_projects=by_projects, ties=0.4, n=9, m=7)
        instance = engine.ProjectInstance.from_json(raw, mentors_rank_projects=by_projects)
        found = engine.allocate_projects(instance, objective="max_cardinality", time_limit=0.0)
        assert found.stable
        n_stopped += not found.proved
    assert n_stopped


def test_unknown_names_in_an_allocation_are_refused():
    instance = engine.ProjectInstance.from_json(worlds.spa_s(random.Random(1)))

    with pytest.raises(engine.InstanceError, match="unknown applicant 'nobody'"):
        engine.verify_projects(instance, {"nobody": None})
    with pytest.raises(engine.InstanceError, match="unknown project 'p9'"):
        engine.verify_projects(instance, {"a1": "p9"})

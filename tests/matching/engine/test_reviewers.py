"""Assignment of reviewers beyond what the oracle covers: what is kept, what is missing, what links tracks."""

import random

from matching import engine
from matching.engine import reviewers
from tests.matching.engine import oracle, worlds


def test_existing_reviews_are_kept_and_only_what_is_missing_is_added():
    affinity = [[9, 1, 1], [9, 1, 1], [9, 1, 1]]

    found = engine.assign_reviewers(affinity, [], 2, 1, 3, existing=[[0, 1], [0, 2], [1, 1]])

    assert found.feasible
    assert found.assignment[0] == [1, 2]
    assert 1 in found.assignment[1]
    assert found.assignment[1:] == [[0, 1], [0, 1]] or found.assignment[1:] == [[0, 1], [0, 2]]


def test_existing_with_random_instances_is_still_the_best():
    ran = 0
    for seed in range(150):
        source = random.Random(seed)
        raw = worlds.reviews(source)
        free = [
            [i, j]
            for i in range(len(raw["affinity"]))
            for j in range(len(raw["affinity"][0]))
            if [i, j] not in raw["conflicts"]
        ]
        raw["existing"] = source.sample(free, min(len(free), 2))
        everything = list(oracle.review_assignments(raw))
        if everything:
            ran += 1
            options = [
                raw[name] for name in ("affinity", "conflicts", "reviews_per_application", "load_min", "load_max")
            ]
            found = engine.assign_reviewers(*options, existing=raw["existing"])
            sums = [oracle.affinity_sums(raw, assignment) for assignment in everything]
            fairest = max(map(min, sums))
            assert found.assignment in everything
            assert (found.min_total, found.total) == (fairest, max(sum(s) for s in sums if min(s) == fairest))
    assert ran > 30


def test_what_cannot_be_met_is_listed_and_the_rest_is_done():
    affinity = [[1, 1], [1, 1], [1, 1]]

    found = engine.assign_reviewers(affinity, [[2, 0]], 2, 0, 3)
    too_little = engine.assign_reviewers(affinity, [], 2, 0, 2)
    idle = engine.assign_reviewers(affinity, [[0, 1], [1, 1], [2, 1]], 1, 2, 3)

    assert (found.feasible, found.unmet) == (False, [{"application": 2, "missing": 1}])
    assert found.assignment == [[0, 1], [0, 1], [1]]
    assert sum(entry["missing"] for entry in too_little.unmet) == 2
    assert max(too_little.loads) == 2
    assert (idle.unmet, idle.loads) == ([{"reviewer": 1, "below_load_min": 2}], [3, 0])


def test_as_many_reviews_and_minimum_loads_as_possible_are_met():
    """Against exhaustive search without the demand for completeness."""
    for seed in range(120):
        raw = worlds.reviews(random.Random(seed))
        options = [raw[name] for name in ("affinity", "conflicts", "reviews_per_application", "load_min", "load_max")]
        found = engine.assign_reviewers(*options)
        n_reviews, shortfall = best_partial(raw)
        assert sum(found.loads) == n_reviews
        assert sum(entry.get("below_load_min", 0) for entry in found.unmet) == shortfall
        assert max(found.loads) <= raw["load_max"]


def best_partial(raw):
    """Return the greatest number of reviews, and then the least shortfall of minimum loads, by trying everything."""
    m, need = len(raw["affinity"][0]), raw["reviews_per_application"]
    reached = {(0,) * m: 0}
    for i in range(len(raw["affinity"])):
        after = {}
        for loads, count in reached.items():
            for mask in range(2**m):
                chosen = [j for j in range(m) if mask >> j & 1 and [i, j] not in raw["conflicts"]]
                new = tuple(load + (j in chosen) for j, load in enumerate(loads))
                if len(chosen) <= need and max(new) <= raw["load_max"]:
                    after[new] = max(after.get(new, -1), count + len(chosen))
        reached = after
    most = max(reached.values())
    return most, min(
        sum(max(raw["load_min"] - load, 0) for load in loads) for loads, count in reached.items() if count == most
    )


def test_a_share_of_reviews_links_the_tracks():
    """Reviewers 0 and 1 belong to track 0 with applications 0 to 4, the others to track 1; affinity says: stay."""
    affinity = [[9, 9, 0, 0]] * 5 + [[0, 0, 9, 9]] * 5
    cross = [[i, j] for i in range(10) for j in range(4) if affinity[i][j] == 0]

    without = engine.assign_reviewers(affinity, [], 1, 0, 10, fairness="total")
    linked = engine.assign_reviewers(affinity, [], 1, 0, 10, fairness="total", cross_pairs=cross, cross_share=0.2)
    impossible = engine.assign_reviewers(affinity, cross, 1, 0, 10, cross_pairs=cross, cross_share=0.2)

    assert (without.total, linked.total) == (90, 72)
    assert sum([i, j] in cross for i, row in enumerate(linked.assignment) for j in row) == 2
    assert impossible.unmet == [{"cross_links": 2}]


def test_everything_done_already_is_answered_with_what_there_is():
    found = engine.assign_reviewers([[4, 1], [2, 7]], [], 1, 0, 2, existing=[[0, 0], [1, 1]])

    assert (found.assignment, found.total, found.min_total, found.min_total_bound) == ([[0], [1]], 11, 4, 4)


def test_pairs_below_the_floor_are_not_used():
    found = engine.assign_reviewers([[1, 5], [5, 1]], [], 2, 0, 2, affinity_floor=2)

    assert found.assignment == [[1], [0]]
    assert found.unmet == [{"application": 0, "missing": 1}, {"application": 1, "missing": 1}]


def test_threshold_method_is_feasible_best_in_total_above_its_level_and_bounded(monkeypatch):
    """Large instances: never better than the exact answer, and the bound is one."""
    for seed in range(60):
        raw = worlds.reviews(random.Random(seed))
        options = [raw[name] for name in ("affinity", "conflicts", "reviews_per_application", "load_min", "load_max")]
        exact = engine.assign_reviewers(*options)
        monkeypatch.setattr(reviewers, "MAX_EXACT_PAIRS", -1)
        quick = engine.assign_reviewers(*options)
        monkeypatch.undo()
        assert quick.feasible == exact.feasible
        if quick.feasible:
            assert quick.assignment in list(oracle.review_assignments(raw))
            assert quick.min_total <= exact.min_total <= quick.min_total_bound
            assert not quick.proved or quick.min_total == exact.min_total


def test_equal_assignments_are_drawn_by_the_seed():
    affinity = [[5] * 6 for _ in range(6)]
    found = {str(engine.assign_reviewers(affinity, [], 2, 2, 2, seed=seed).assignment) for seed in range(8)}
    again = {str(engine.assign_reviewers(affinity, [], 2, 2, 2, seed=3).assignment) for _ in range(3)}

    assert len(found) > 1
    assert len(again) == 1

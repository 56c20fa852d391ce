"""Closure scenarios a person can weigh."""

from math import comb

from matching import engine
from matching.engine import minimums


def test_a_scenario_says_who_still_wants_the_closed_stream_and_what_stays_short():
    instance = engine.Instance.from_json(
        {
            "applicants": {"a1": [["s1"], ["s2"]], "a2": [["s2"]], "a3": [["s3"]]},
            "streams": {
                "s1": {"min": 2, "max": 2, "prefs": [["a1"]]},
                "s2": {"min": 2, "max": 2, "prefs": [["a1"], ["a2"]]},
                "s3": {"min": 0, "max": 1, "prefs": [["a3"]]},
            },
        }
    )

    scenarios = {tuple(scenario.closed): scenario for scenario in engine.closure_scenarios(instance)}

    assert scenarios[()].shortfall == {"s1": 1, "s2": 1}
    assert scenarios["s1",].matching == {"a1": "s2", "a2": "s2", "a3": "s3"}
    assert scenarios["s1",].closure_stable
    assert scenarios["s1",].wanted_by == {"s1": 1}
    assert not scenarios["s2",].closure_stable


def test_a_met_minimum_is_not_closed_for_nothing():
    instance = engine.Instance.from_json(
        {
            "applicants": {"a1": [["s1"]]},
            "streams": {"s1": {"min": 1, "max": 1, "prefs": [["a1"]]}},
        }
    )

    (only,) = engine.closure_scenarios(instance)

    assert (only.closed, only.closure_stable) == ([], True)


def test_many_streams_that_fall_short_are_tried_within_bounds():
    streams = {f"s{i:02}": {"min": 2, "max": 2, "prefs": [[f"a{i:02}"]]} for i in range(40)}
    applicants = {f"a{i:02}": [[f"s{i:02}"]] for i in range(40)}
    instance = engine.Instance.from_json({"applicants": applicants, "streams": streams})

    scenarios = engine.closure_scenarios(instance)

    assert 1 + 40 < len(scenarios) <= minimums.MAX_TRIED
    assert len(scenarios) == 1 + 40 + comb(40, 2)
    assert not any(scenario.closure_stable for scenario in scenarios)

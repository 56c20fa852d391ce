"""Counterfactuals equal solving the changed market anew."""

import random

import pytest

from matching import engine
from tests.matching.engine import worlds


@pytest.mark.parametrize("seed", range(25))
def test_every_change_equals_solving_anew(seed):
    raw = worlds.tied(random.Random(seed))
    market = engine.Instance.from_json(raw)
    before = engine.match(market, seed=9).matching
    applicant, stream = sorted(raw["applicants"])[0], sorted(raw["streams"])[0]
    part = raw["streams"][stream]
    changes = [
        ({"capacity_plus_one": stream}, with_stream(raw, stream, {**part, "max": part["max"] + 1})),
        ({"stream_withdrawn": stream}, with_stream(raw, stream, {**part, "prefs": []})),
        ({"rank_list_missing": stream}, with_stream(raw, stream, {**part, "prefs": []})),
        ({"stream_list": {"stream": stream, "prefs": []}}, with_stream(raw, stream, {**part, "prefs": []})),
        ({"applicant_withdrawn": applicant}, with_applicant(raw, applicant, [])),
        ({"applicant_list": {"applicant": applicant, "prefs": [[stream]]}}, with_applicant(raw, applicant, [[stream]])),
    ]
    if part["max"]:
        changes.append(({"capacity_minus_one": stream}, with_stream(raw, stream, {**part, "max": part["max"] - 1})))
    for change, changed in changes:
        diff = engine.what_if(market, change, seed=9)
        after = engine.match(engine.Instance.from_json(changed), seed=9)
        assert {**before, **diff.moved} == after.matching
        assert diff.size == after.size
        assert all(before[name] != place for name, place in diff.moved.items())


def with_stream(raw, name, part):
    return {**raw, "streams": {**raw["streams"], name: part}}


def with_applicant(raw, name, prefs):
    return {**raw, "applicants": {**raw["applicants"], name: prefs}}


def test_one_more_seat_tells_the_whole_chain():
    market = engine.Instance.from_json(
        {
            "applicants": {"a1": [["s1"]], "a2": [["s1"], ["s2"]], "a3": [["s2"]]},
            "streams": {
                "s1": {"max": 1, "prefs": [["a1"], ["a2"]]},
                "s2": {"max": 1, "prefs": [["a2"], ["a3"]]},
            },
        }
    )

    diff = engine.capacity_plus_one(market, "s1")

    assert diff == engine.Diff(size=3, moved={"a2": "s1", "a3": "s2"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "expected one key"),
        ({"capacity_plus_one": "s9"}, "unknown stream 's9'"),
        ({"capacity_minus_one": "s2"}, "has no seat to lose"),
        ({"applicant_withdrawn": "a9"}, "unknown applicant 'a9'"),
    ],
)
def test_impossible_changes_are_refused(change, message):
    market = engine.Instance.from_json({"applicants": {"a1": []}, "streams": {"s2": {"max": 0, "prefs": []}}})

    with pytest.raises(engine.InstanceError, match=message):
        engine.what_if(market, change)

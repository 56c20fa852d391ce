"""Reasons: true for staff, discreet for applicants."""

import random

import pytest

from matching import engine
from matching.engine.explain import COARSE, FILLED, TEXTS
from tests.matching.engine import oracle, worlds


def instance(**parts):
    return engine.Instance.from_json(parts)


def big_and_small(capacity):
    """Two people level for the last place, one ranked below them, one not listed, one in conflict."""
    sure = [f"b{i}" for i in range(capacity - 1)]
    raw = {
        "applicants": {name: [["s1"]] for name in [*sure, "a1", "a2", "low", "unlisted", "conflicted"]},
        "streams": {"s1": {"max": capacity, "prefs": [sure, ["a1", "a2"], ["low"], ["conflicted"]]}},
        "conflicts": [["conflicted", "s1"]],
    }
    if not sure:
        raw["streams"]["s1"]["prefs"] = raw["streams"]["s1"]["prefs"][1:]
    raw["applicants"]["elsewhere"] = []
    return engine.Instance.from_json(raw)


def codes(market, result):
    return {name: engine.explain(market, result, name, "s1").code for name in market.applicants}


def test_each_reason_is_told_by_its_code_at_a_large_stream():
    market = big_and_small(6)
    result = engine.match(market, seed=1)
    winner, loser = sorted(["a1", "a2"], key=lambda name: result.matching[name] is None)

    found = codes(market, result)

    assert found[winner] == "placed"
    assert found[loser] == "lottery"
    assert {name: found[name] for name in ("low", "unlisted", "conflicted", "elsewhere")} == {
        "low": "filled_with_higher_ranked",
        "unlisted": "not_listed",
        "conflicted": "conflict",
        "elsewhere": "not_ranked",
    }
    assert engine.explain(market, result, loser, "s1").shown_code == "lottery"


@pytest.mark.parametrize(("capacity", "is_coarse"), [(1, True), (4, True), (5, False)])
def test_below_five_seats_the_applicant_learns_only_that_it_filled(capacity, is_coarse):
    market = big_and_small(capacity)
    result = engine.match(market, seed=1)

    told = {name: engine.explain(market, result, name, "s1").for_applicant()["code"] for name in market.applicants}

    assert (told["low"] == FILLED) == is_coarse
    assert bool(COARSE & set(told.values())) != is_coarse


def test_what_an_applicant_reads_names_nobody_and_no_number():
    for seed in range(60):
        raw = worlds.with_caps_and_ties(random.Random(seed))
        market = engine.Instance.from_json(raw)
        result = engine.match(market)
        for name in market.applicants:
            for stream in market.streams:
                shown = engine.explain(market, result, name, stream).for_applicant()
                assert shown["text"] in TEXTS.values()
                assert not any(letter.isdigit() for letter in shown["text"])


def test_reason_ranked_lower_and_tied_with_the_place():
    market = instance(
        applicants={"a1": [["s1", "s2"], ["s3"]]},
        streams={name: {"max": 1, "prefs": [["a1"]]} for name in ("s1", "s2", "s3")},
    )
    result = engine.match(market)
    held = result.matching["a1"]
    other = "s2" if held == "s1" else "s1"

    assert engine.explain(market, result, "a1", other).code == "tied_with_place"
    assert engine.explain(market, result, "a1", "s3").code == "ranked_lower"


def test_reason_cap_where_a_full_track_stood_before_an_empty_seat():
    market = instance(
        applicants={"a1": [["s1"]], "a2": [["s2"]]},
        streams={"s1": {"max": 5, "prefs": [["a1"]]}, "s2": {"max": 5, "prefs": [["a2"]]}},
        tracks={"t": {"max": 1, "streams": ["s1", "s2"]}},
    )
    result = engine.match(market)
    (without,) = result.unmatched

    assert engine.explain(market, result, without, f"s{without[1]}").code == "cap"
    assert [pair["cap"] for pair in result.certificate.excused_pairs] == ["track t"]


def test_reason_left_open_after_a_frozen_rematch():
    market = instance(
        applicants={"a1": [["s1"], ["s2"]], "a2": [["s1"]]},
        streams={"s1": {"max": 1, "prefs": [["a2"], ["a1"]]}, "s2": {"max": 1, "prefs": [["a1"]]}},
    )
    again = engine.rematch(market, engine.match(market).matching, ["a2"])

    assert engine.explain(market, again, "a1", "s1").code == "left_open"


def test_every_reason_agrees_with_the_matching():
    """Liveness and truth over many markets: a blocking pair is never explained away, and nothing else is left open."""
    seen = set()
    for seed in range(150):
        raw = worlds.with_caps_and_ties(random.Random(seed))
        market, judge = engine.Instance.from_json(raw), oracle.Market(raw)
        result = engine.match(market, seed=seed)
        for name in raw["applicants"]:
            for stream in raw["streams"]:
                code = engine.explain(market, result, name, stream).code
                seen.add(code)
                wants = stream in judge.options[name] and judge.wants(result.matching, name, stream)
                assert wants == (code in COARSE)
    assert {"placed", "ranked_lower", "not_ranked", "not_listed", *COARSE} <= seen


def test_chain_tells_how_a_place_was_lost_and_who_is_next():
    market = instance(
        applicants={"a1": [["s1"], ["s2"]], "a2": [["s1"]], "a3": [["s1"]]},
        streams={"s1": {"max": 1, "prefs": [["a2"], ["a1"], ["a3"]]}, "s2": {"max": 1, "prefs": [["a1"]]}},
    )
    result = engine.match(market)

    told = engine.explain(market, result, "a1", "s1")

    assert told.chain == [
        "a1 asked s1 and was held.",
        "a2 asked s1 and was held; a1 lost that place.",
        "a1 asked s2 and was held.",
    ]
    assert told.next_in_line == ["a1", "a3"]


def test_explain_refuses_an_unknown_name():
    market = big_and_small(1)
    result = engine.match(market)

    with pytest.raises(engine.InstanceError, match="unknown applicant 'nobody'"):
        engine.explain(market, result, "nobody", "s1")
    with pytest.raises(engine.InstanceError, match="unknown stream 's9'"):
        engine.explain(market, result, "a1", "s9")

"""Moves of one name in an order, as data."""

import pytest

from matching.domain.ordering import rearranged, retiered


@pytest.mark.parametrize(
    ("name", "act", "place", "expected"),
    [
        ("b", "up", None, (["b", "a", "c"], ["d"])),
        ("a", "up", None, (["a", "b", "c"], ["d"])),
        ("a", "down", None, (["b", "a", "c"], ["d"])),
        ("c", "down", None, (["a", "b", "c"], ["d"])),
        ("c", "first", None, (["c", "a", "b"], ["d"])),
        ("a", "last", None, (["b", "c", "a"], ["d"])),
        ("a", "to", 3, (["b", "c", "a"], ["d"])),
        ("c", "to", 0, (["c", "a", "b"], ["d"])),
        ("a", "to", 99, (["b", "c", "a"], ["d"])),
        ("b", "to", None, (["a", "b", "c"], ["d"])),
        ("b", "off", None, (["a", "c"], ["d", "b"])),
        ("d", "on", None, (["a", "b", "c", "d"], [])),
        ("d", "up", None, (["a", "b", "c"], ["d"])),
        ("stranger", "up", None, (["a", "b", "c"], ["d"])),
        ("b", "nonsense", None, (["a", "b", "c"], ["d"])),
    ],
)
def test_rearranged_moves_one_name(name, act, place, expected):
    assert rearranged(["a", "b", "c"], ["d"], name, act, place) == expected


@pytest.mark.parametrize(
    ("name", "act", "tier", "expected"),
    [
        ("b", "up", None, ([["b"], ["a"], ["c"]], ["x"])),
        ("c", "up", None, ([["a", "b", "c"]], ["x"])),
        ("a", "down", None, ([["b"], ["a"], ["c"]], ["x"])),
        ("c", "down", None, ([["a", "b"], ["c"]], ["x"])),
        ("c", "first", None, ([["c"], ["a", "b"]], ["x"])),
        ("a", "last", None, ([["b"], ["c"], ["a"]], ["x"])),
        ("a", "tier", 2, ([["b"], ["c", "a"]], ["x"])),
        ("c", "tier", 1, ([["a", "b", "c"]], ["x"])),
        ("a", "tier", 3, ([["b"], ["c"], ["a"]], ["x"])),
        ("a", "off", None, ([["b"], ["c"]], ["x"])),
        ("c", "no", None, ([["a", "b"]], ["x", "c"])),
        ("x", "off", None, ([["a", "b"], ["c"]], [])),
        ("x", "on", 1, ([["a", "b", "x"], ["c"]], [])),
        ("new", "on", None, ([["a", "b"], ["c"], ["new"]], ["x"])),
        ("new", "on", 9, ([["a", "b"], ["c"], ["new"]], ["x"])),
        ("x", "up", None, ([["a", "b"], ["c"]], ["x"])),
    ],
)
def test_retiered_moves_one_person(name, act, tier, expected):
    assert retiered([["a", "b"], ["c"]], ["x"], name, act, tier) == expected

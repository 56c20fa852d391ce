"""Counterfactuals: solve the changed market under the same lottery and list who would be elsewhere."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.engine.instance import Instance, InstanceError, read_object, read_prefs, require
from matching.engine.lottery import Lottery
from matching.engine.solver import applicant_optimal_place

N_ROBUSTNESS_SEEDS = 200


@dataclass(frozen=True)
class Diff:
    """What a change does: the new size, and every applicant whose place differs with their new place."""

    size: int
    moved: dict[str, str | None]

    def to_json(self) -> dict[str, Any]:
        return {"size": self.size, "moved": self.moved}


def capacity_plus_one(instance: Instance, stream: str, *, seed: int | str | Lottery = 0) -> Diff:
    """Return what one more seat at ``stream`` would change: who enters, and the whole chain behind."""
    return capacity_plus_one_each(instance, streams=[stream], seed=seed)[stream]


def capacity_plus_one_each(
    instance: Instance, *, streams: list[str] | None = None, seed: int | str | Lottery = 0
) -> dict[str, Diff]:
    """Return, for every stream (or the ``streams`` given), what one more seat there would change."""
    market, lottery = instance.market, Lottery.of(seed)
    draw = lottery.draw(market)
    before = applicant_optimal_place(market, lottery, draw)
    diffs = {}
    for stream in market.stream_ids if streams is None else streams:
        _check_stream(instance, stream)
        seats = market.capacity.copy()
        seats[market.stream_ids.index(stream)] += 1
        after = applicant_optimal_place(market.with_capacity(seats), lottery, draw)
        diffs[stream] = _diff_of_places(market, before, after)
    return diffs


def what_if(instance: Instance, change: dict[str, Any], *, seed: int | str | Lottery = 0) -> Diff:
    """Return what one change would do. ``change`` has one key:

    ``capacity_plus_one``, ``capacity_minus_one``, ``stream_withdrawn``, ``rank_list_missing``: a stream;
    ``applicant_withdrawn``: an applicant; ``applicant_list``: ``{"applicant", "prefs"}``; ``stream_list``:
    ``{"stream", "prefs"}``. Raises ``InstanceError`` for anything else.
    """
    changed = changed_instance(instance, change)
    lottery = Lottery.of(seed)
    before, after = instance.market, changed.market
    place = after.place_array(before.matching_of(applicant_optimal_place(before, lottery, lottery.draw(before))))
    return _diff_of_places(after, place, applicant_optimal_place(after, lottery, lottery.draw(after)))


def changed_instance(instance: Instance, change: dict[str, Any]) -> Instance:
    """Return the instance after one change; a stream that withdraws keeps its name and loses its places."""
    read_object(change, "change")
    if len(change) != 1:
        raise InstanceError(f"change: expected one key, got {sorted(change)}")
    ((verb, subject),) = change.items()
    if verb == "capacity_plus_one":
        return _with_capacity(instance, subject, 1)
    if verb == "capacity_minus_one":
        return _with_capacity(instance, subject, -1)
    if verb in ("stream_withdrawn", "rank_list_missing"):
        _check_stream(instance, subject)
        return _with_stream(instance, subject, prefs=())
    if verb == "applicant_withdrawn":
        _check_applicant(instance, subject)
        return instance.replaced(applicants={**instance.applicants, subject: ()})
    if verb == "applicant_list":
        name = require(read_object(subject, "change.applicant_list"), "applicant", "change.applicant_list")
        _check_applicant(instance, name)
        prefs = read_prefs(subject.get("prefs"), "change.applicant_list.prefs", instance.streams, "stream")
        return instance.replaced(applicants={**instance.applicants, name: prefs})
    if verb == "stream_list":
        name = require(read_object(subject, "change.stream_list"), "stream", "change.stream_list")
        _check_stream(instance, name)
        prefs = read_prefs(subject.get("prefs"), "change.stream_list.prefs", instance.applicants, "applicant")
        return _with_stream(instance, name, prefs=prefs)
    raise InstanceError(f"change: unknown change {verb!r}")


def robustness(
    instance: Instance, *, seed: int | str = 0, n_seeds: int = N_ROBUSTNESS_SEEDS
) -> dict[str, dict[str, float]]:
    """Return, for each applicant, the share of ``n_seeds`` lotteries that place them at each stream ("" for nowhere).

    Shows how much of a result the tie groups leave to chance. The seeds derive from ``seed`` and are not the real draw.
    """
    market = instance.market
    counts: dict[str, Counter[str]] = {name: Counter() for name in market.applicant_ids}
    for number in range(n_seeds):
        lottery = Lottery(f"robustness/{seed}/{number}")
        for name, place in market.matching_of(applicant_optimal_place(market, lottery, lottery.draw(market))).items():
            counts[name][place or ""] += 1
    return {name: {place: times / n_seeds for place, times in sorted(found.items())} for name, found in counts.items()}


def _diff_of_places(market, before: np.ndarray, after: np.ndarray) -> Diff:
    named = market.matching_of(after)
    moved = [market.applicant_ids[index] for index in np.flatnonzero(before != after)]
    return Diff(int(np.count_nonzero(after >= 0)), {name: named[name] for name in moved})


def _with_capacity(instance: Instance, stream: Any, change: int) -> Instance:
    _check_stream(instance, stream)
    capacity = instance.streams[stream].capacity + change
    if capacity < 0:
        raise InstanceError(f"change: stream {stream!r} has no seat to lose")
    return _with_stream(instance, stream, capacity=capacity)


def _with_stream(instance: Instance, name: str, **changes: Any) -> Instance:
    return instance.replaced(streams={**instance.streams, name: replace(instance.streams[name], **changes)})


def _check_stream(instance: Instance, name: Any) -> None:
    if not isinstance(name, str) or name not in instance.streams:
        raise InstanceError(f"change: unknown stream {name!r}")


def _check_applicant(instance: Instance, name: Any) -> None:
    if not isinstance(name, str) or name not in instance.applicants:
        raise InstanceError(f"change: unknown applicant {name!r}")

"""Minimums: which are met, which no stable matching can meet, and what closing streams would do.

In strict markets every stable matching fills each stream equally (rural hospitals theorem: Roth 1986), so a missed
minimum is missed in all of them. Closing some streams may help (lower quotas with closures: Biro, Fleiner,
Irving & Manlove 2010, where deciding it is NP-hard): scenarios are offered, a human decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from matching.engine.instance import Instance
from matching.engine.lottery import Lottery
from matching.engine.solver import applicant_optimal_place

MAX_CLOSED = 3  # streams a person can weigh at once
MAX_EXHAUSTIVE = 10  # streams with a minimum up to which every set of closures is tried


@dataclass(frozen=True)
class Closure:
    """One scenario: the streams left empty, the matching among the others, and whether it stands."""

    closed: list[str]
    matching: dict[str, str | None]
    closure_stable: bool
    shortfall: dict[str, int]
    wanted_by: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        names = ("closed", "matching", "closure_stable", "shortfall", "wanted_by")
        return {name: getattr(self, name) for name in names}


def closure_scenarios(instance: Instance, *, seed: int | str | Lottery = 0) -> list[Closure]:
    """Return what closing streams with a minimum would do, the smallest closures first.

    Tries every set of streams with a minimum while there are few of them, else at most three of those which fall short
    with all open. For a given set the applicant-optimal matching is the one to look at: it fills as every other stable
    one does, and leaves the fewest people wanting a closed stream.
    """
    lottery = Lottery.of(seed)
    draw = lottery.draw(instance.market)
    scenarios: dict[tuple[str, ...], Closure] = {}
    for closed in _candidates(instance, lottery, draw):
        capacity = instance.market.capacity.copy()
        capacity[[instance.market.stream_ids.index(name) for name in closed]] = 0
        place = applicant_optimal_place(instance.market.with_capacity(capacity), lottery, draw)
        scenario = judge(instance, instance.market.matching_of(place))
        scenarios.setdefault(tuple(scenario.closed), scenario)
    return sorted(scenarios.values(), key=lambda scenario: (len(scenario.closed), scenario.closed))


def judge(instance: Instance, matching: dict[str, str | None]) -> Closure:
    """Read off a matching which streams with a minimum stand empty, and whether it is closure-stable.

    The matching is taken to be stable among the open streams. It is closure-stable if each of those holds its minimum
    and no closed one is wanted by as many acceptable applicants as its minimum.
    """
    fill = dict.fromkeys(instance.streams, 0)
    for place in matching.values():
        if place is not None:
            fill[place] += 1
    closed = [name for name, stream in sorted(instance.streams.items()) if stream.minimum and not fill[name]]
    shortfall = {
        name: stream.minimum - fill[name]
        for name, stream in sorted(instance.streams.items())
        if name not in closed and fill[name] < stream.minimum
    }
    wanted_by = {name: _n_wanting(instance, matching, name) for name in closed}
    is_wanted = any(wanted_by[name] >= instance.streams[name].minimum for name in closed)
    return Closure(closed, matching, not shortfall and not is_wanted, shortfall, wanted_by)


def _candidates(instance: Instance, lottery: Lottery, draw: Any) -> Iterator[tuple[str, ...]]:
    with_minimum = [name for name, stream in sorted(instance.streams.items()) if stream.minimum]
    limit = len(with_minimum)
    if limit > MAX_EXHAUSTIVE:
        place = applicant_optimal_place(instance.market, lottery, draw)
        fill = np.bincount(place[place >= 0], minlength=instance.market.n_streams)
        short = fill < instance.market.minimum
        with_minimum = [instance.market.stream_ids[int(index)] for index in np.flatnonzero(short)]
        limit = MAX_CLOSED
    for size in range(limit + 1):
        yield from combinations(with_minimum, size)


def _n_wanting(instance: Instance, matching: dict[str, str | None], stream: str) -> int:
    count = 0
    for applicant in instance.stream_tiers[stream]:
        if instance.is_mutual(applicant, stream):
            tiers, place = instance.applicant_tiers[applicant], matching[applicant]
            count += place is None or tiers[stream] < tiers[place]
    return count

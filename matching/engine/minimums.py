"""Minimums: which are met, which no stable matching can meet, and what closing streams would do.

In strict markets every stable matching fills each stream equally (rural hospitals theorem: Roth 1986), so a missed
minimum is missed in all of them. Closing some streams may help (lower quotas with closures: Biro, Fleiner,
Irving & Manlove 2010, where deciding it is NP-hard): scenarios are offered, a human decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

from matching.engine.instance import Instance
from matching.engine.lottery import Lottery
from matching.engine.solver import applicant_optimal_place

MAX_CLOSED = 3  # streams a person can weigh at once
MAX_TRIED = 2_000  # sets, each of which is one match
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

    Tried are the sets of up to three streams that fall short with all open. While streams with a minimum are few, every
    set of them is tried too; of these, only the closure-stable ones are offered. For a given set the applicant-optimal
    matching is the one to look at: it fills as every other stable one does, and leaves the fewest people wanting a
    closed stream.
    """
    market, lottery = instance.market, Lottery.of(seed)
    draw = lottery.draw(market)

    def scenario_of(closed: tuple[str, ...]) -> Closure:
        capacity = market.capacity.copy()
        capacity[[market.stream_ids.index(name) for name in closed]] = 0
        return judge(
            instance, market.matching_of(applicant_optimal_place(market.with_capacity(capacity), lottery, draw))
        )

    all_open = scenario_of(())
    short = sorted([*all_open.closed, *all_open.shortfall])
    scenarios: dict[tuple[str, ...], Closure] = {}
    for closed in _candidates(instance, short):
        scenario = scenario_of(closed)
        is_small = len(closed) <= MAX_CLOSED and set(closed) <= set(short)
        if is_small or scenario.closure_stable:
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


def _candidates(instance: Instance, short: list[str]) -> Iterator[tuple[str, ...]]:
    """Return the sets of streams to try closing: all while streams with a minimum are few, else some of ``short``."""
    with_minimum = [name for name, stream in sorted(instance.streams.items()) if stream.minimum]
    if len(with_minimum) <= MAX_EXHAUSTIVE:
        names, most = with_minimum, len(with_minimum)
    else:
        names, most = short, MAX_CLOSED
        while sum(comb(len(names), size) for size in range(most + 1)) > MAX_TRIED and most > 1:
            most -= 1
    for size in range(most + 1):
        yield from combinations(names, size)


def _n_wanting(instance: Instance, matching: dict[str, str | None], stream: str) -> int:
    count = 0
    for applicant in instance.stream_tiers[stream]:
        if instance.is_mutual(applicant, stream):
            tiers, place = instance.applicant_tiers[applicant], matching[applicant]
            count += place is None or tiers[stream] < tiers[place]
    return count

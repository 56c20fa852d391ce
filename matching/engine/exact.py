"""Exact optimisation over the weakly stable matchings of a market, as a small integer programme.

One variable x per acceptable pair, and "filled up to this tie" variables f[s, t] (Delorme et al. 2019): if f is 1,
stream s is full with people of its tie group t or better. Weak stability then reads, for each pair (a, s) in tie group
t of s: a holds s or something not worse, or f[s, t]. With caps, a third way out: a full capped set, while s holds
nobody worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from matching.engine.market import Market

INFEASIBLE = 2  # scipy's status code
# Size of the programme times nodes of the search tree. Unlike a limit in seconds it stops every machine at the same
# place; it is some minutes' work, and never reached with a few hundred people.
MAX_WORK = 2_000_000


@dataclass
class Programme:
    """Rows of a mixed 0/1 programme, collected one at a time."""

    n_variables: int = 0
    quantities: dict[int, float] = field(default_factory=dict)  # continuous variables and their upper bounds
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def variable(self) -> int:
        self.n_variables += 1
        return self.n_variables - 1

    def quantity(self, most: float) -> int:
        """Add a continuous variable between 0 and ``most``."""
        number = self.variable()
        self.quantities[number] = most
        return number

    def add(self, terms: Sequence[tuple[int, float]], *, at_least: float = -np.inf, at_most: float = np.inf) -> None:
        """Add the constraint ``at_least <= sum of value * variable <= at_most``."""
        row = len(self.lower)
        for column, value in terms:
            self.rows.append(row)
            self.columns.append(column)
            self.values.append(value)
        self.lower.append(at_least)
        self.upper.append(at_most)

    def maximise(self, objective: np.ndarray, *, time_limit: float | None = None) -> tuple[np.ndarray | None, bool]:
        """Return (solution or ``None``, proved). The programmes of this package always have a solution."""
        if not self.n_variables:
            return np.zeros(0), True
        shape = (len(self.lower), self.n_variables)
        matrix = csr_array((self.values, (self.rows, self.columns)), shape=shape)
        is_whole, top = np.ones(self.n_variables), np.ones(self.n_variables)
        for number, most in self.quantities.items():
            is_whole[number], top[number] = 0, most
        limits = LinearConstraint(matrix, self.lower, self.upper) if self.lower else None
        options: dict[str, float | bool] = {"mip_rel_gap": 0.0, "node_limit": max(MAX_WORK // self.n_variables, 1)}
        if time_limit is not None:
            options["time_limit"] = time_limit
        # HiGHS 1.12 was seen to presolve a feasible programme with whole quantities away as infeasible. Quantities are
        # therefore continuous, and a claim of infeasibility is not believed before presolve has been left out.
        for presolve in (True, False):
            options["presolve"] = presolve
            solved = milp(-objective, integrality=is_whole, bounds=Bounds(0, top), constraints=limits, options=options)
            if solved.status != INFEASIBLE:
                break
        return (None if solved.x is None else np.rint(solved.x)), solved.status == 0


def best_weakly_stable(
    market: Market, weight: np.ndarray, *, time_limit: float | None = None
) -> tuple[np.ndarray | None, bool]:
    """Return the weakly stable matching of greatest total ``weight`` (one per pair) and whether that is proved."""
    programme = stable_programme(market)
    objective = np.zeros(programme.n_variables)
    objective[: market.n_pairs] = weight
    solution, proved = programme.maximise(objective, time_limit=time_limit)
    if solution is None:
        return None, False
    place = np.full(market.n_applicants, -1, np.int32)
    chosen = np.flatnonzero(solution[: market.n_pairs] > 0)
    place[market.row[chosen]] = market.stream[chosen]
    return place, proved


def stable_programme(market: Market) -> Programme:
    """Return the programme whose first ``n_pairs`` variables are exactly the weakly stable matchings."""
    programme = Programme(n_variables=market.n_pairs)
    row, stream = market.row.tolist(), market.stream.tolist()
    tier, stream_tier = market.tier.tolist(), market.stream_tier.tolist()
    ptr, capacity = market.ptr.tolist(), market.capacity.tolist()
    at_stream: list[list[int]] = [[] for _ in capacity]
    for pair, home in enumerate(stream):
        at_stream[home].append(pair)
    for low, high in pairwise(ptr):
        programme.add([(pair, 1) for pair in range(low, high)], at_most=1)
    for home, pairs in enumerate(at_stream):
        programme.add([(pair, 1) for pair in pairs], at_most=capacity[home])
    full_caps = _caps(programme, market, at_stream)
    ways_out = {}
    for home, pairs in enumerate(at_stream):
        for group in sorted({stream_tier[pair] for pair in pairs}):
            ways_out[home, group] = _ways_out(programme, pairs, stream_tier, group, capacity[home], full_caps[home])
    for pair, home in enumerate(stream):
        low, high = ptr[row[pair]], ptr[row[pair] + 1]
        content = [(other, 1) for other in range(low, high) if tier[other] <= tier[pair]]
        programme.add(content + [(way, 1) for way in ways_out[home, stream_tier[pair]]], at_least=1)
    return programme


def _caps(programme: Programme, market: Market, at_stream: list[list[int]]) -> list[list[int]]:
    """Bound the capped sets; return for each stream the variables that say "my track (my cohort) is full"."""
    full: list[list[int]] = [[] for _ in at_stream]
    tracks = market.track.tolist()
    capped = [
        ([s for s, t in enumerate(tracks) if t == track], cap) for track, cap in enumerate(market.track_max.tolist())
    ]
    if market.cohort_max is not None:
        capped.append((list(range(market.n_streams)), market.cohort_max))
    for members, maximum in capped:
        terms = [(pair, 1) for home in members for pair in at_stream[home]]
        is_full = programme.variable()
        programme.add(terms, at_most=maximum)
        programme.add([*terms, (is_full, -maximum)], at_least=0)
        for home in members:
            full[home].append(is_full)
    return full


def _ways_out(programme, pairs, stream_tier, group, capacity, full_caps) -> list[int]:
    """Return the variables any of which lets a stream refuse tie group ``group``."""
    filled = programme.variable()
    programme.add([(pair, 1) for pair in pairs if stream_tier[pair] <= group] + [(filled, -capacity)], at_least=0)
    ways = [filled]
    for is_full in full_caps:
        excused = programme.variable()
        programme.add([(is_full, 1), (excused, -1)], at_least=0)
        for pair in pairs:
            if stream_tier[pair] > group:
                programme.add([(pair, 1), (excused, 1)], at_most=1)
        ways.append(excused)
    return ways


def flow_bound(market: Market) -> int:
    """Return the size of the largest matching of any kind, stable or not: no stable one can be larger."""
    n, streams, tracks = market.n_applicants, market.n_streams, len(market.track_max)
    source, first_stream, first_track = 0, 1 + n, 1 + n + streams
    cohort, sink = first_track + tracks, first_track + tracks + 1
    track = np.where(market.track >= 0, first_track + market.track, cohort)
    tails: list[Any] = [
        np.zeros(n, int),
        1 + market.row,
        first_stream + np.arange(streams),
        first_track + np.arange(tracks),
        [cohort],
    ]
    heads: list[Any] = [1 + np.arange(n), first_stream + market.stream, track, np.full(tracks, cohort), [sink]]
    cohort_max = min(n, n if market.cohort_max is None else market.cohort_max)
    widths: list[Any] = [np.ones(n), np.ones(market.n_pairs), market.capacity, market.track_max, [cohort_max]]
    tail, head = np.concatenate(tails).astype(np.int32), np.concatenate(heads).astype(np.int32)
    graph = csr_array((np.concatenate(widths).astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph, source, sink).flow_value)

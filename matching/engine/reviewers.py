"""Assign reviewers to applications: so many reviews each, loads within bounds, conflicts kept apart, affinity high.

A b-matching. ``total`` maximises the summed affinity: a transport problem, whose linear programme has whole-number
corners, so it is exact at any size. ``maxmin_then_total`` first makes the worst-served application as well served as
possible (fair assignment: Garg et al. 2010; Stelmakh, Shah & Singh 2019), then maximises the total. That is exact up to
``MAX_EXACT_PAIRS``; above, affinities below the highest workable threshold are cut off (found by bisection over maximum
flows) and the total is maximised over the rest, which is fast and nearly as fair; ``min_total_bound`` says how nearly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.engine.instance import InstanceError
from matching.engine.lottery import Lottery
from matching.engine.review_flow import ReviewFlow, worst_of
from matching.engine.version import ENGINE_VERSION

MAXMIN, TOTAL = "maxmin_then_total", "total"
FAIRNESS = (MAXMIN, TOTAL)
MAX_EXACT_PAIRS = 2000  # pairs up to which the exact fair programme answered within seconds when measured
CROSS_SHARE = 0.1  # share of reviews that should link tracks, so that severities can be told apart from tracks


@dataclass(frozen=True)
class ReviewAssignment:
    """Who reviews what, and what could not be done. Nothing missing is left out of ``unmet``."""

    feasible: bool
    assignment: list[list[int]]
    total: int
    min_total: int
    min_total_bound: int
    proved: bool
    loads: list[int]
    unmet: list[dict[str, Any]]
    fairness: str
    seed: str
    engine_version: str = ENGINE_VERSION

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def assign_reviewers(
    affinity: Sequence[Sequence[int]],
    conflicts: Iterable[Sequence[int]],
    reviews_per_application: int,
    load_min: int | Sequence[int],
    load_max: int | Sequence[int],
    *,
    existing: Iterable[Sequence[int]] = (),
    fairness: str = MAXMIN,
    seed: int | str = 0,
    affinity_floor: int | None = None,
    cross_pairs: Iterable[Sequence[int]] = (),
    cross_share: float = CROSS_SHARE,
) -> ReviewAssignment:
    """Assign ``reviews_per_application`` different reviewers to every application.

    ``affinity[application][reviewer]`` is a whole number, higher is better; pairs are ``[application, reviewer]``.
    ``existing`` reviews are kept and counted; only what is missing is added. Pairs below ``affinity_floor`` are not
    used. ``cross_pairs`` are those that link tracks: at least ``cross_share`` of all reviews are taken from them where
    possible. If not everything can be met, as many reviews as possible are assigned, then as many minimum loads met,
    and ``unmet`` lists the rest. Ties are drawn by ``seed``. Raises ``InstanceError`` for contradictory input.
    """
    flow = _read(affinity, conflicts, reviews_per_application, load_min, load_max, existing, affinity_floor)
    if fairness not in FAIRNESS:
        raise InstanceError(f"options.fairness: expected one of {', '.join(FAIRNESS)}, got {fairness!r}")
    lottery = Lottery.of(seed)
    flow.draw(lottery)
    unmet = flow.relax_to_possible()
    unmet += flow.ask_for_cross_links(_pair_array(cross_pairs, flow.affinity.shape, "cross_pairs"), cross_share)
    if fairness == TOTAL:
        chosen, proved, bound = flow.best_total(), True, None
    elif flow.n_free_pairs <= MAX_EXACT_PAIRS:
        chosen, proved, bound = flow.fairest_then_total()
    else:
        chosen, proved, bound = flow.threshold_then_total()
    sums = (flow.affinity * chosen).sum(axis=1)
    worst = worst_of(sums)
    return ReviewAssignment(
        feasible=not unmet,
        assignment=[np.flatnonzero(row).tolist() for row in chosen],
        total=int(sums.sum()),
        min_total=worst,
        min_total_bound=worst if bound is None else bound,
        proved=proved,
        loads=chosen.sum(axis=0).tolist(),
        unmet=unmet,
        fairness=fairness,
        seed=lottery.seed,
    )


def _read(affinity, conflicts, per_application, load_min, load_max, existing, floor) -> ReviewFlow:
    matrix = _affinity_array(affinity)
    n, m = matrix.shape
    _check_count(per_application, "reviews_per_application")
    lowest, highest = _bounds(load_min, m, "load_min"), _bounds(load_max, m, "load_max")
    for reviewer in np.flatnonzero(lowest > highest).tolist():
        raise InstanceError(f"load_min: {lowest[reviewer]} is above load_max {highest[reviewer]} (reviewer {reviewer})")
    kept = _pair_array(existing, (n, m), "existing")
    barred = _pair_array(conflicts, (n, m), "conflicts")
    for application, reviewer in np.argwhere(kept & barred).tolist():
        raise InstanceError(f"existing: application {application} and reviewer {reviewer} have a conflict")
    allowed = ~barred & ~kept
    if floor is not None:
        allowed &= matrix >= floor
    return ReviewFlow(matrix, allowed, kept, per_application, lowest, highest)


def _affinity_array(affinity: Any) -> np.ndarray:
    if not isinstance(affinity, list | tuple | np.ndarray):
        raise InstanceError(f"affinity: expected a list of rows, got {affinity!r}")
    if isinstance(affinity, np.ndarray) and affinity.ndim == 2 and affinity.dtype.kind in "iu":
        return affinity.astype(np.int64)
    width = len(affinity[0]) if len(affinity) and isinstance(affinity[0], list | tuple) else 0
    for index, row in enumerate(affinity):
        if not isinstance(row, list | tuple):
            raise InstanceError(f"affinity[{index}]: expected a list, got {row!r}")
        if len(row) != width:
            raise InstanceError(f"affinity[{index}]: has {len(row)} entries, the first row has {width}")
        for reviewer, value in enumerate(row):
            if not _is_whole(value) or not -(10**9) <= value <= 10**9:
                raise InstanceError(f"affinity[{index}][{reviewer}]: expected a whole number, got {value!r}")
    return np.asarray(affinity, np.int64).reshape(len(affinity), width)


def _pair_array(pairs: Any, shape: tuple[int, int], where: str) -> np.ndarray:
    """Return pairs ``[application, reviewer]`` as a truth table."""
    table = np.zeros(shape, bool)
    if isinstance(pairs, str | dict) or not isinstance(pairs, Iterable):
        raise InstanceError(f"{where}: expected a list of pairs, got {pairs!r}")
    for position, pair in enumerate(pairs):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise InstanceError(f"{where}[{position}]: expected [application, reviewer], got {pair!r}")
        for noun, index, size in zip(("application", "reviewer"), pair, shape, strict=True):
            if not _is_whole(index):
                raise InstanceError(f"{where}[{position}]: expected whole numbers, got {pair!r}")
            if not 0 <= index < size:
                raise InstanceError(f"{where}[{position}]: unknown {noun} {index} (there are {size})")
        table[pair[0], pair[1]] = True
    return table


def _bounds(raw: Any, m: int, where: str) -> np.ndarray:
    """Return one bound a reviewer, from one number for all or a list."""
    if isinstance(raw, list | tuple | np.ndarray):
        if len(raw) != m:
            raise InstanceError(f"{where}: has {len(raw)} entries for {m} reviewers")
        for index, value in enumerate(raw):
            _check_count(value, f"{where}[{index}]")
        return np.asarray(raw, np.int64)
    _check_count(raw, where)
    return np.full(m, raw, np.int64)


def _check_count(raw: Any, where: str) -> None:
    if not _is_whole(raw):
        raise InstanceError(f"{where}: expected a whole number, got {raw!r}")
    if not 0 <= raw <= 10**9:
        raise InstanceError(f"{where}: must not be negative (nor above a thousand million), got {raw}")


def _is_whole(raw: Any) -> bool:
    return isinstance(raw, int | np.integer) and not isinstance(raw, bool)

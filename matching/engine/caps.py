"""Nested caps: streams inside tracks inside the cohort, and how many people each stream may keep.

Flexible deferred acceptance (Kamada & Kojima 2015), carried to a tree of caps: every stream first fills up to its
target (its proportional share under the caps), then places left over go round, one a turn, in a drawn order of streams.
Each place is an element of a laminar matroid and the filling is its greedy basis, so one more proposal adds at most one
place and takes away at most one: the choice is substitutable and grows with its input, hence deferred acceptance stays
stable (in the weak sense, Kamada & Kojima 2017) and truthful for applicants (Hatfield & Milgrom 2005).
"""

from collections.abc import Callable

import numpy as np

from matching.engine.lottery import Lottery
from matching.engine.market import Market

UNCAPPED = np.iinfo(np.int64).max


def stream_targets(market: Market) -> np.ndarray:
    """Return each stream's target: its share, rounded down, of what its track and the cohort can hold."""
    targets = market.capacity.astype(np.int64)
    for track, maximum in enumerate(market.track_max.tolist()):
        targets = _scaled(targets, market.track == track, maximum)
    if market.cohort_max is not None:
        targets = _scaled(targets, np.ones(market.n_streams, bool), market.cohort_max)
    return targets


def flexible_quotas(market: Market, lottery: Lottery) -> Callable[[np.ndarray], np.ndarray]:
    """Return the choice of all capped sets: people at each stream's door -> people each may keep."""
    targets = stream_targets(market)
    drawn = lottery.positions(f"stream\x1f{name}" for name in market.stream_ids)
    turn = sorted(range(market.n_streams), key=lambda index: drawn[f"stream\x1f{market.stream_ids[index]}"])
    capacity, track = market.capacity.astype(np.int64), market.track.tolist()

    def quotas(count: np.ndarray) -> np.ndarray:
        at_most = np.minimum(count, capacity)
        kept = np.minimum(at_most, targets)
        room = [*_track_room(market, kept), UNCAPPED]  # a stream without a track reads the last entry
        cohort_room = UNCAPPED if market.cohort_max is None else market.cohort_max - int(kept.sum())
        wanted = (at_most - kept).tolist()
        waiting = [index for index in turn if wanted[index]]
        while waiting and cohort_room:
            still_waiting = []
            for index in waiting:
                if not (cohort_room and room[track[index]]):
                    continue
                kept[index] += 1
                wanted[index] -= 1
                room[track[index]] -= 1
                cohort_room -= 1
                if wanted[index]:
                    still_waiting.append(index)
            waiting = still_waiting
        return kept

    return quotas


def _scaled(targets: np.ndarray, members: np.ndarray, maximum: int) -> np.ndarray:
    total = int(targets[members].sum())
    if total <= maximum:
        return targets
    return np.where(members, targets * maximum // max(total, 1), targets)


def _track_room(market: Market, kept: np.ndarray) -> list[int]:
    room = market.track_max.astype(np.int64).copy()
    capped = market.track >= 0
    np.subtract.at(room, market.track[capped], kept[capped])
    return room.tolist()

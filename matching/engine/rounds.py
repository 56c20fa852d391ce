"""Deferred acceptance in rounds on flat arrays: everybody free proposes at once, cutoffs only ever rise.

The order of proposals does not change the outcome (McVitie & Wilson 1971), so one round may hold all of them. A
stream's cutoff is the worst rank it still admits (Azevedo & Leshno 2016); whoever is behind it need not ask.
"""

from collections.abc import Callable

import numpy as np

from matching.engine.lottery import Draw
from matching.engine.market import Market

Quotas = Callable[[np.ndarray], np.ndarray]

OPEN = np.iinfo(np.int64).max


def propose_in_rounds(market: Market, draw: Draw, quotas: Quotas | None = None) -> np.ndarray:
    """Return the stream of each applicant (-1 for unmatched) under the drawn strict lists.

    ``quotas`` maps the number of people at each stream's door to the number it may keep; without caps that is its
    capacity. It must never give a stream more because others receive more proposals (see ``caps``).
    """
    n = market.n_applicants
    position, stream, stream_tier = draw.position, draw.reorder(market.stream), draw.reorder(market.stream_tier)
    end = market.ptr[1:]
    choice = market.ptr[:-1].copy()
    place = np.full(n, -1, np.int32)
    rank = np.zeros(n, np.int64)  # of each applicant at the stream which holds them
    cutoff = np.full(market.n_streams, OPEN)
    count = np.zeros(market.n_streams, np.int64)
    spread = np.int64(max(n, 1))
    free = np.arange(n)
    while free.size:
        free, at, free_rank = _next_admitting(free, choice, end, stream, stream_tier, position, spread, cutoff)
        choice[free] = at + 1
        place[free] = stream[at]
        rank[free] = free_rank
        count += np.bincount(stream[at], minlength=len(count))
        kept = np.minimum(count, market.capacity) if quotas is None else quotas(count)
        over = count > kept
        if not over.any():
            break
        free = _reject(place, rank, over, kept, cutoff)
        count[over] = kept[over]
    return place


def _next_admitting(free, choice, end, stream, stream_tier, position, spread, cutoff):
    """Move each free applicant on to the next stream whose cutoff they reach; drop those who find none."""
    at, limit = choice[free], end[free]
    found, found_at, found_rank = [], [], []
    while free.size:
        listed = at < limit
        if not listed.all():
            free, at, limit = free[listed], at[listed], limit[listed]
        rank = stream_tier[at] * spread + position[free]
        admitted = rank < cutoff[stream[at]]
        found.append(free[admitted])
        found_at.append(at[admitted])
        found_rank.append(rank[admitted])
        refused = ~admitted
        free, at, limit = free[refused], at[refused] + 1, limit[refused]
    return np.concatenate(found), np.concatenate(found_at), np.concatenate(found_rank)


def _reject(place, rank, over, kept, cutoff):
    """Let each over-full stream keep its best ``kept`` and raise its cutoff; return the rejected applicants."""
    at_over = np.append(over, False)[place]  # place -1 reads the appended False
    members = np.flatnonzero(at_over)
    members = members[np.lexsort((rank[members], place[members]))]
    home = place[members]
    starts = np.searchsorted(home, np.flatnonzero(over))
    start_of = np.zeros(len(over), np.int64)
    start_of[over] = starts
    inside = np.arange(len(members)) - start_of[home]
    rejected = members[inside >= kept[home]]
    first_out = start_of[over] + kept[over]
    cutoff[over] = rank[members[first_out]]
    place[rejected] = -1
    return rejected

"""Applicant-proposing deferred acceptance, written to be read: the reference which the fast path is compared with.

Gale & Shapley (1962); for streams with several places Roth & Sotomayor (1990), section 5. The result is stable for the
strict lists given and no applicant does better in any other stable matching, in whatever order proposals are made.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matching.engine.lottery import Draw
from matching.engine.market import Market


@dataclass(frozen=True)
class Proposal:
    """One step: an applicant asks a stream and is held or refused; somebody may lose their place to them."""

    applicant: int
    stream: int
    is_held: bool
    displaced: int | None = None


def deferred_acceptance(
    lists: Sequence[Sequence[int]],
    ranks: Sequence[Sequence[int]],
    capacity: Sequence[int],
    *,
    steps: list[Proposal] | None = None,
) -> list[int]:
    """Return the applicant-optimal stable matching: for each applicant a stream, or -1.

    ``lists[i]`` are the acceptable streams of applicant ``i``, best first; ``ranks[i][k]`` is the rank of ``i`` at the
    ``k``-th of them, smaller is better and no two applicants are equal at one stream. ``steps``, if given,
    receives every proposal in order. O(pairs * log capacity).
    """
    place = [-1] * len(lists)
    next_choice = [0] * len(lists)
    holders: list[list[tuple[int, int]]] = [[] for _ in capacity]  # heaps, the worst holder on top
    free = list(range(len(lists) - 1, -1, -1))
    while free:
        applicant = free.pop()
        choices = lists[applicant]
        while next_choice[applicant] < len(choices):
            choice = next_choice[applicant]
            next_choice[applicant] += 1
            stream = choices[choice]
            held = holders[stream]
            proposal = (-ranks[applicant][choice], applicant)
            displaced = None
            is_held = len(held) < capacity[stream]
            if is_held:
                heapq.heappush(held, proposal)
            elif held and proposal > held[0]:
                is_held = True
                displaced = heapq.heapreplace(held, proposal)[1]
                place[displaced] = -1
                free.append(displaced)
            if steps is not None:
                steps.append(Proposal(applicant, stream, is_held, displaced))
            if is_held:
                place[applicant] = stream
                break
    return place


def drawn_lists(market: Market, draw: Draw) -> tuple[list[list[int]], list[list[int]]]:
    """Return each applicant's strict list and their ranks at the streams on it, for ``deferred_acceptance``."""
    ptr, stream = market.ptr.tolist(), draw.reorder(market.stream).tolist()
    rank = (
        draw.reorder(market.stream_tier).astype("int64") * max(market.n_applicants, 1) + draw.position[market.row]
    ).tolist()
    bounds = list(pairwise(ptr))
    return [stream[low:high] for low, high in bounds], [rank[low:high] for low, high in bounds]

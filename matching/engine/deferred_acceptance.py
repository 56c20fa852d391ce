"""Applicant-proposing deferred acceptance, written to be read: the reference which the fast path is compared with.

Gale & Shapley (1962); for streams with several places Roth & Sotomayor (1990), section 5. The result is stable for the
strict lists given and no applicant does better in any other stable matching, in whatever order proposals are made.
"""

import heapq
from collections.abc import Sequence


def deferred_acceptance(
    lists: Sequence[Sequence[int]], ranks: Sequence[Sequence[int]], capacity: Sequence[int]
) -> list[int]:
    """Return the applicant-optimal stable matching: for each applicant a stream, or -1.

    ``lists[i]`` are the acceptable streams of applicant ``i``, best first; ``ranks[i][k]`` is the rank of ``i`` at the
    ``k``-th of them, smaller is better and no two applicants are equal at one stream. O(pairs * log capacity).
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
            if len(held) < capacity[stream]:
                heapq.heappush(held, proposal)
                place[applicant] = stream
                break
            if held and proposal > held[0]:
                _, displaced = heapq.heapreplace(held, proposal)
                place[applicant] = stream
                place[displaced] = -1
                free.append(displaced)
                break
    return place

"""Kiraly's promotion: deferred acceptance in which whoever runs out of list gets a second, favoured pass.

Kiraly (2013), "Linear time local approximation algorithm for maximum stable marriage". A promoted applicant beats the
unpromoted of the same tie group, never those of a better one; the result is weakly stable and, where only streams have
ties, at least two thirds of the largest weakly stable matching. Applicants' own ties are drawn.
"""

import heapq

from matching.engine.lottery import Draw
from matching.engine.market import Market


def match_with_promotion(market: Market, draw: Draw) -> list[int]:
    """Return a weakly stable matching, usually a large one: for each applicant a stream, or -1."""
    stream, tier = draw.reorder(market.stream).tolist(), draw.reorder(market.stream_tier).tolist()
    ptr, capacity = market.ptr.tolist(), market.capacity.tolist()
    position = draw.position.tolist()
    n = market.n_applicants
    place, choice, is_promoted = [-1] * n, ptr[:-1], [False] * n
    holders: list[list[tuple[int, int, int, int]]] = [[] for _ in capacity]  # heaps, the worst holder on top
    free = sorted(range(n), key=lambda applicant: -position[applicant])
    while free:
        applicant = free.pop()
        if choice[applicant] == ptr[applicant + 1]:
            if not is_promoted[applicant]:
                is_promoted[applicant] = True
                choice[applicant] = ptr[applicant]
                free.append(applicant)
            continue
        pair = choice[applicant]
        choice[applicant] += 1
        held = holders[stream[pair]]
        proposal = (-tier[pair], is_promoted[applicant], -position[applicant], applicant)
        if len(held) < capacity[stream[pair]]:
            heapq.heappush(held, proposal)
            place[applicant] = stream[pair]
        elif held and proposal > held[0]:
            displaced = heapq.heapreplace(held, proposal)[3]
            place[applicant], place[displaced] = stream[pair], -1
            free.append(displaced)
        else:
            free.append(applicant)
    return place

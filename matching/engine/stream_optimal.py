"""The other end of the lattice: what would have come out had the streams proposed.

Gale & Shapley (1962); Roth & Sotomayor (1990), section 5. Whoever holds the same place in both extremes holds it in
every stable matching of the drawn lists. Used to say how much the choice of who proposes matters, never to decide.
"""

import numpy as np

from matching.engine.lottery import Draw
from matching.engine.market import Market


def stream_optimal(market: Market, draw: Draw) -> np.ndarray:
    """Return the stream of each applicant (-1 for unmatched) when streams propose. O(pairs * log pairs)."""
    stream, tier = draw.reorder(market.stream), draw.reorder(market.stream_tier)
    in_turn = np.lexsort((draw.position[market.row], tier, stream))
    first = np.searchsorted(stream[in_turn], np.arange(market.n_streams + 1)).tolist()
    in_turn, row, home = in_turn.tolist(), market.row.tolist(), stream.tolist()
    vacant, following = market.capacity.tolist(), first[:-1]
    held = [-1] * market.n_applicants  # the pair by which each is held; of two, the smaller is liked better
    asking = [index for index, seats in enumerate(vacant) if seats]
    while asking:
        at = asking.pop()
        while vacant[at] and following[at] < first[at + 1]:
            pair = in_turn[following[at]]
            following[at] += 1
            applicant = row[pair]
            left = held[applicant]
            if left != -1 and left < pair:
                continue
            held[applicant] = pair
            vacant[at] -= 1
            if left != -1:
                vacant[home[left]] += 1
                asking.append(home[left])
    return np.array([home[pair] if pair >= 0 else -1 for pair in held], np.int32)

"""The one recorded lottery of a cycle: single tie-breaking by a keyed hash of the applicant's identifier.

Each applicant's number depends on the seed and on their own identifier only, so a withdrawal reshuffles nobody. The
commitment (a hash of the seed) is published before lists close, the seed afterwards: anybody can then check that the
seed was not chosen to suit a result. Single rather than multiple tie-breaking: Abdulkadiroglu, Pathak & Roth (2009).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.engine.market import Market


@dataclass(frozen=True, eq=False)
class Draw:
    """The lottery applied to one market: with it every list is strict."""

    position: np.ndarray  # of each applicant, 0 for the first
    pair_order: np.ndarray | None  # all pairs after applicants' own ties are drawn; None if nobody has one

    def reorder(self, column: np.ndarray) -> np.ndarray:
        """Return a column of pairs in the drawn order."""
        return column if self.pair_order is None else column[self.pair_order]


@dataclass(frozen=True)
class Lottery:
    """A seed, and what follows from it."""

    seed: str

    @classmethod
    def of(cls, seed: "int | str | Lottery") -> "Lottery":
        return seed if isinstance(seed, Lottery) else cls(str(seed))

    @property
    def commitment(self) -> str:
        """The value to publish before rank order lists close."""
        return hashlib.sha256(b"lottery seed:" + self.seed.encode()).hexdigest()

    def number(self, *names: str) -> bytes:
        """Return the draw of one person (or of one pair): 16 bytes, the smaller the better."""
        return hashlib.blake2b("\x1f".join(names).encode(), digest_size=16, key=self._key).digest()

    @property
    def _key(self) -> bytes:
        return hashlib.sha256(b"lottery key:" + self.seed.encode()).digest()

    def positions(self, names: Iterable[str]) -> dict[str, int]:
        """Return name -> position in the draw, 1 for the first."""
        key = self._key
        drawn = sorted((hashlib.blake2b(name.encode(), digest_size=16, key=key).digest(), name) for name in names)
        return {name: position for position, (_, name) in enumerate(drawn, start=1)}

    def draw(self, market: Market) -> Draw:
        """Break the ties of ``market``. Where no stream has a tie the positions decide nothing and are not drawn."""
        if not market.has_stream_ties:
            return Draw(np.arange(market.n_applicants, dtype=np.int64), self._pair_order(market))
        positions = self.positions(market.applicant_ids)
        in_order = (positions[name] - 1 for name in market.applicant_ids)
        return Draw(np.fromiter(in_order, np.int64, market.n_applicants), self._pair_order(market))

    def _pair_order(self, market: Market) -> np.ndarray | None:
        """Return the order of all pairs after each applicant's own ties are drawn; ``None`` if there are none.

        An applicant's tie between two streams is drawn for that applicant alone: two people with the same tie need not
        try the same stream first.
        """
        if not market.has_applicant_ties:
            return None
        order = np.arange(market.n_pairs)
        group_ends = (np.diff(market.row) != 0) | (np.diff(market.tier) != 0)
        starts = np.concatenate(([0], np.flatnonzero(group_ends) + 1, [market.n_pairs]))
        for group in np.flatnonzero(np.diff(starts) > 1):
            low, high = int(starts[group]), int(starts[group + 1])
            applicant = market.applicant_ids[market.row[low]]
            drawn = [
                (self.number(applicant, market.stream_ids[market.stream[pair]]), pair) for pair in range(low, high)
            ]
            order[low:high] = [pair for _, pair in sorted(drawn)]
        return order

"""Match fellows with streams: choose the algorithm, run it, have it checked, and record how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matching.engine.caps import flexible_quotas
from matching.engine.certificate import Certificate, RankProfile, verify
from matching.engine.exact import best_weakly_stable, flow_bound
from matching.engine.instance import Instance, InstanceError
from matching.engine.lottery import Draw, Lottery
from matching.engine.market import Market
from matching.engine.promotion import match_with_promotion
from matching.engine.rounds import propose_in_rounds
from matching.engine.version import ENGINE_VERSION

APPLICANT_OPTIMAL = "applicant_optimal"
MAX_CARDINALITY = "max_cardinality"
OBJECTIVES = (APPLICANT_OPTIMAL, MAX_CARDINALITY)

N_PROMOTION_SEEDS = 32  # cheap tries before the exact programme; more rarely helped on random markets


@dataclass(frozen=True)
class MatchResult:
    """A matching with everything needed to repeat, check and explain it."""

    matching: dict[str, str | None]
    certificate: Certificate
    seed: str
    objective: str
    lottery: dict[str, int] = field(repr=False)
    lottery_commitment: str
    proved: bool
    bound: int
    dropped: int
    engine_version: str = ENGINE_VERSION

    @property
    def size(self) -> int:
        return self.certificate.size

    @property
    def stable(self) -> bool:
        return self.certificate.stable

    @property
    def blocking_pairs(self) -> list[list[str]]:
        return self.certificate.blocking_pairs

    @property
    def rank_profile(self) -> RankProfile:
        return self.certificate.rank_profile

    @property
    def fill(self) -> dict[str, int]:
        return self.certificate.fill

    @property
    def min_met(self) -> bool:
        return self.certificate.min_met

    @property
    def unmatched(self) -> list[str]:
        """The applicants without a place, sorted by identifier."""
        return sorted(name for name, place in self.matching.items() if place is None)

    @property
    def snapshot_hash(self) -> str:
        return self.certificate.snapshot_hash

    def to_json(self) -> dict[str, Any]:
        """Return the answer of the command line: plain JSON data."""
        profile = self.rank_profile
        return {
            "matching": self.matching,
            "size": self.size,
            "rank_profile": {"by_rank": profile.by_rank, "unmatched": profile.unmatched},
            "fill": self.fill,
            "stable": self.stable,
            "blocking_pairs": self.blocking_pairs,
            "excused_pairs": self.certificate.excused_pairs,
            "min_met": self.min_met,
            "minimum_shortfall": self.certificate.minimum_shortfall,
            "dropped": self.dropped,
            "objective": self.objective,
            "proved": self.proved,
            "bound": self.bound,
            "gap": 0 if self.proved else self.bound - self.size,
            "seed": self.seed,
            "lottery": self.lottery,
            "lottery_commitment": self.lottery_commitment,
            "snapshot_hash": self.snapshot_hash,
            "engine_version": self.engine_version,
        }


def match(
    instance: Instance,
    *,
    seed: int | str | Lottery = 0,
    objective: str = APPLICANT_OPTIMAL,
    caps: str = "flexible",
    time_limit: float | None = None,
) -> MatchResult:
    """Match applicants with streams under the lottery of ``seed``.

    ``applicant_optimal``: stable, best for every applicant among the stable matchings of the drawn strict lists.
    ``max_cardinality``: weakly stable with as many places filled as any weakly stable matching. ``time_limit``
    (seconds) stops the proof and leaves ``proved`` false; it is for experiments, since a limit can make outcomes
    depend on the machine. Raises ``InstanceError`` for an unknown objective or way of treating caps.
    """
    if objective not in OBJECTIVES:
        raise InstanceError(f"options.objective: expected one of {', '.join(OBJECTIVES)}, got {objective!r}")
    if caps != "flexible":
        raise InstanceError(f"options.caps: expected 'flexible', got {caps!r}")
    market, lottery = instance.market, Lottery.of(seed)
    if objective == MAX_CARDINALITY:
        place, proved, bound = largest_weakly_stable(market, lottery, time_limit=time_limit)
    else:
        place = applicant_optimal_place(market, lottery, lottery.draw(market))
        proved, bound = True, int(np.count_nonzero(place >= 0))
    return recorded(instance, market.matching_of(place), lottery, objective=objective, proved=proved, bound=bound)


def recorded(
    instance: Instance,
    matching: Mapping[str, str | None],
    lottery: Lottery,
    *,
    objective: str,
    proved: bool = True,
    bound: int | None = None,
) -> MatchResult:
    """Check ``matching`` and wrap it with its lottery and certificate."""
    certificate = verify(instance, matching, seed=lottery.seed, objective=objective)
    return MatchResult(
        matching=dict(matching),
        certificate=certificate,
        seed=lottery.seed,
        objective=objective,
        lottery=lottery.positions(instance.applicants),
        lottery_commitment=lottery.commitment,
        proved=proved,
        bound=certificate.size if bound is None else bound,
        dropped=instance.n_dropped,
    )


def applicant_optimal_place(market: Market, lottery: Lottery, draw: Draw) -> np.ndarray:
    """Return each applicant's stream by deferred acceptance, with caps where there are any."""
    return propose_in_rounds(market, draw, flexible_quotas(market, lottery) if market.has_caps else None)


def largest_weakly_stable(
    market: Market, lottery: Lottery, *, time_limit: float | None = None
) -> tuple[np.ndarray, bool, int]:
    """Return a weakly stable matching of greatest size found, whether that is proved, and the upper bound on size.

    Without ties all stable matchings have one size (Roth 1986). With them: promotion under several draws, and if none
    reaches the flow bound, the exact programme (the problem is NP-hard: Manlove et al. 2002).
    """
    place = applicant_optimal_place(market, lottery, lottery.draw(market))
    has_ties = market.has_applicant_ties or market.has_stream_ties
    if not has_ties and not market.has_caps:
        return place, True, int(np.count_nonzero(place >= 0))
    bound = flow_bound(market)
    tries = [place]
    if not market.has_caps:
        for number in range(N_PROMOTION_SEEDS):
            if np.count_nonzero(tries[-1] >= 0) == bound:
                break
            again = Lottery(f"{lottery.seed}/{number}") if number else lottery
            tries.append(np.asarray(match_with_promotion(market, again.draw(market)), np.int32))
    best = max(tries, key=lambda found: np.count_nonzero(found >= 0))
    size = int(np.count_nonzero(best >= 0))
    if size == bound:
        return best, True, bound
    exact, proved = best_weakly_stable(market, np.ones(market.n_pairs), time_limit=time_limit)
    if exact is not None:
        n_placed = int(np.count_nonzero(exact >= 0))
        if proved:
            return exact, True, n_placed
        # What a clock stopped depends on the machine and is thrown away; what the limit on work stopped does not.
        if time_limit is None and n_placed > size:
            return exact, False, bound
    return best, False, bound

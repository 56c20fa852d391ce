"""After declines: who takes the places that came free, under three policies.

``freeze``: whoever stays keeps their place; free places go to people without one, by deferred acceptance among them.
The pairs this leaves blocking are reported. ``restabilise``: deferred acceptance in the reduced market; starting from
an applicant-optimal matching nobody who stays is worse off (Roth & Sotomayor 1990, section 2.5). ``min_change``: a
stable matching of the reduced market in which as few people as possible move, by the exact programme.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from matching.engine.certificate import check_names
from matching.engine.exact import best_weakly_stable
from matching.engine.instance import Instance, InstanceError
from matching.engine.lottery import Lottery
from matching.engine.market import Market
from matching.engine.solver import APPLICANT_OPTIMAL, MatchResult, applicant_optimal_place, recorded

FREEZE, RESTABILISE, MIN_CHANGE = "freeze", "restabilise", "min_change"
POLICIES = (FREEZE, RESTABILISE, MIN_CHANGE)


@dataclass(frozen=True)
class RematchResult(MatchResult):
    """A matching after declines, with what it changed for those who stay."""

    policy: str = FREEZE
    declined: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    worse_off: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("policy", "declined", "changes", "worse_off")}
        return {**super().to_json(), **told, "n_changes": len(self.changes)}


def rematch(
    instance: Instance,
    previous: Mapping[str, str | None],
    declined: Iterable[str],
    *,
    policy: str = FREEZE,
    seed: int | str | Lottery = 0,
) -> RematchResult:
    """Fill the places of ``declined`` under ``policy`` and the lottery of ``seed``.

    Certified against the market without them. Raises ``InstanceError`` for unknown names or an unknown policy, and for
    a previous place that is no acceptable pair.
    """
    if policy not in POLICIES:
        raise InstanceError(f"options.policy: expected one of {', '.join(POLICIES)}, got {policy!r}")
    gone = _checked(instance, previous, declined)
    staying = {name: place for name, place in previous.items() if place is not None and name not in gone}
    reduced = instance.replaced(
        applicants={name: () if name in gone else prefs for name, prefs in instance.applicants.items()}
    )
    market, lottery = reduced.market, Lottery.of(seed)
    if policy == FREEZE:
        matching = _frozen(reduced, staying, lottery)
    elif policy == RESTABILISE:
        matching = market.matching_of(applicant_optimal_place(market, lottery, lottery.draw(market)))
    else:
        matching = market.matching_of(_fewest_moves(market, staying))
    result = recorded(reduced, matching, lottery, objective=APPLICANT_OPTIMAL if policy == RESTABILISE else policy)
    changes = [name for name in market.applicant_ids if name not in gone and matching[name] != staying.get(name)]
    return RematchResult(
        **{item.name: getattr(result, item.name) for item in fields(result)},
        policy=policy,
        declined=sorted(gone),
        changes=changes,
        worse_off=[name for name in changes if _is_worse(instance, name, matching[name], staying.get(name))],
    )


def _checked(instance: Instance, previous: Any, declined: Any) -> set[str]:
    check_names(instance, previous)
    for applicant, place in sorted(previous.items()):
        if place is not None and not instance.is_mutual(applicant, place):
            raise InstanceError(f"previous.{applicant}: {applicant} and {place} are no acceptable pair")
    if isinstance(declined, str) or not isinstance(declined, Iterable):
        raise InstanceError(f"declined: expected a list of applicants, got {declined!r}")
    gone = list(declined)
    for name in gone:
        if not isinstance(name, str) or name not in instance.applicants:
            raise InstanceError(f"declined: unknown applicant {name!r}")
    return set(gone)


def _frozen(reduced: Instance, staying: dict[str, str], lottery: Lottery) -> dict[str, str | None]:
    """Keep every place and match only the people without one, to the seats (and caps) that are left."""
    used = dict.fromkeys(reduced.streams, 0)
    for place in staying.values():
        used[place] += 1
    streams = {}
    for name, stream in reduced.streams.items():
        if used[name] > stream.capacity:
            raise InstanceError(f"previous: stream {name!r} holds {used[name]} of {stream.capacity}")
        streams[name] = type(stream)(stream.capacity - used[name], 0, stream.prefs)
    tracks = {
        name: type(cap)(max(cap.maximum - sum(used[stream] for stream in cap.streams), 0), cap.streams)
        for name, cap in reduced.tracks.items()
    }
    waiting = reduced.replaced(
        applicants={name: () if name in staying else prefs for name, prefs in reduced.applicants.items()},
        streams=streams,
        tracks=tracks,
        cohort=None if reduced.cohort is None else max(reduced.cohort - len(staying), 0),
    )
    market = waiting.market
    return {**market.matching_of(applicant_optimal_place(market, lottery, lottery.draw(market))), **staying}


def _fewest_moves(market: Market, staying: dict[str, str]) -> np.ndarray:
    """Return the stable matching that keeps most places; among those, the one applicants like best in total."""
    kept = market.place_array(dict(staying))[market.row]
    unchanged = (market.stream == kept).astype(np.int64) - (kept < 0)
    heavier_than_all_ranks = int(market.tier.max(initial=0)) * market.n_applicants + 1
    place, proved = best_weakly_stable(market, unchanged * heavier_than_all_ranks - market.tier)
    if place is None or not proved:
        raise InstanceError("min_change: the exact programme found no proved answer for this market")
    return place


def _is_worse(instance: Instance, applicant: str, now: str | None, before: str | None) -> bool:
    if before is None:
        return False
    tiers = instance.applicant_tiers[applicant]
    return now is None or tiers[now] > tiers[before]

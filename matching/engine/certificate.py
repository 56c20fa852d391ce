"""The certificate: is this matching feasible and stable? Nothing here is used by the code that matches.

Whether a matching stands is judged from the instance alone; the lottery only serves to say what would have differed.

Weak stability under the true tied lists (Irving 1994; Manlove 2013, chapter 3); with caps, weak stability of Kamada &
Kojima (2017): a pair is excused where a full capped set stands between and the stream holds nobody it likes less.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from matching.engine.instance import Instance, InstanceError, snapshot_hash
from matching.engine.lottery import Lottery
from matching.engine.market import Market
from matching.engine.stream_optimal import stream_optimal
from matching.engine.version import ENGINE_VERSION

NOWHERE = np.iinfo(np.int32).max


@dataclass(frozen=True)
class RankProfile:
    """How many people hold their first, second, ... choice, and how many hold nothing."""

    by_rank: list[int]
    unmatched: int


@dataclass(frozen=True)
class Certificate:
    """What can be checked about a matching by somebody who does not trust the solver."""

    feasible: bool
    stable: bool
    blocking_pairs: list[list[str]]
    excused_pairs: list[dict[str, str]]
    violations: list[str]
    size: int
    rank_profile: RankProfile
    stream_rank_profile: RankProfile
    fill: dict[str, int]
    slack: dict[str, int]
    minimum_shortfall: dict[str, int]
    decided_by_lottery: int
    refused_by_lottery: int
    differs_if_streams_propose: list[str] | None
    snapshot_hash: str
    engine_version: str = ENGINE_VERSION
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def min_met(self) -> bool:
        return not self.minimum_shortfall

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "min_met": self.min_met}


@dataclass(frozen=True)
class Findings:
    """The certificate's facts as arrays: the form in which large markets are checked."""

    violations: list[str]
    blocking: np.ndarray  # pair numbers
    excused: np.ndarray  # pair numbers
    size: int
    by_rank: np.ndarray
    by_stream_rank: np.ndarray
    fill: np.ndarray
    track_fill: np.ndarray
    decided_by_lottery: int
    refused_by_lottery: int


def verify(instance: Instance, matching: Mapping[str, str | None], **options: Any) -> Certificate:
    """Check ``matching`` against ``instance`` and return the certificate.

    ``options`` (seed, objective, ...) are recorded. A ``seed`` also lets the certificate name the applicants whose
    place would differ had the streams proposed under the same lottery (not with caps). Raises ``InstanceError`` for
    an unknown identifier.
    """
    check_names(instance, matching)
    market = instance.market
    place = market.place_array(dict(matching))
    found = examine(market, place)
    fill = dict(zip(market.stream_ids, found.fill.tolist(), strict=True))
    slack = {f"stream {name}": instance.streams[name].capacity - fill[name] for name in market.stream_ids}
    for name, used in zip(market.track_ids, found.track_fill.tolist(), strict=True):
        slack[f"track {name}"] = instance.tracks[name].maximum - used
    if instance.cohort is not None:
        slack["cohort"] = instance.cohort - found.size
    return Certificate(
        feasible=not found.violations,
        stable=not found.violations and not len(found.blocking),
        blocking_pairs=_named(market, found.blocking),
        excused_pairs=_excused(market, found),
        violations=found.violations,
        size=found.size,
        rank_profile=RankProfile(found.by_rank.tolist(), market.n_applicants - int(found.by_rank.sum())),
        stream_rank_profile=RankProfile(
            found.by_stream_rank.tolist(), int(np.maximum(market.capacity - found.fill, 0).sum())
        ),
        fill=fill,
        slack=slack,
        minimum_shortfall={
            name: instance.streams[name].minimum - fill[name]
            for name in market.stream_ids
            if fill[name] < instance.streams[name].minimum
        },
        decided_by_lottery=found.decided_by_lottery,
        refused_by_lottery=found.refused_by_lottery,
        differs_if_streams_propose=_differing(market, place, options.get("seed")),
        snapshot_hash=snapshot_hash(instance),
        options={key: value for key, value in options.items() if value is not None},
    )


def check_names(instance: Instance, matching: Any) -> None:
    """Raise ``InstanceError`` if ``matching`` is no object or names an unknown applicant or stream."""
    if not isinstance(matching, Mapping):
        raise InstanceError(f"matching: expected an object applicant -> stream, got {matching!r}")
    for applicant in sorted(matching, key=str):
        stream = matching[applicant]
        if applicant not in instance.applicants:
            raise InstanceError(f"matching: unknown applicant {applicant!r}")
        if stream is not None and (not isinstance(stream, str) or stream not in instance.streams):
            raise InstanceError(f"matching.{applicant}: unknown stream {stream!r}")


def examine(market: Market, place: np.ndarray) -> Findings:
    """Check a matching given as stream numbers (-1 for unmatched). O(pairs), a few passes over the arrays."""
    n, row, stream = market.n_applicants, market.row, market.stream
    is_held = stream == place[row]
    held_pairs = np.flatnonzero(is_held)
    held_rows = row[held_pairs]
    placed = np.flatnonzero(place >= 0)
    fill = np.bincount(place[placed], minlength=market.n_streams)
    # A place that is no acceptable pair is worse than any acceptable one, for both sides.
    held_tier = np.full(n, NOWHERE, np.int32)
    held_tier[held_rows] = market.tier[held_pairs]
    held_stream_tier = np.full(n, NOWHERE, np.int32)
    held_stream_tier[held_rows] = market.stream_tier[held_pairs]
    worst = np.full(market.n_streams, -1, np.int32)
    np.maximum.at(worst, place[placed], held_stream_tier[placed])

    wanting = np.flatnonzero(market.tier < held_tier[row])
    at = stream[wanting]
    prefers = market.stream_tier[wanting] < worst[at]
    has_room = (fill < market.capacity)[at]
    blocks = prefers | has_room
    track_fill, behind_cap = _caps(market, fill)
    excusable = has_room & ~prefers & behind_cap[at]
    level = (market.stream_tier[wanting] == worst[at]) & ~has_room & ~prefers
    contested = np.zeros(market.n_streams, bool)
    contested[at[level]] = True
    marginal = placed[contested[place[placed]] & (held_stream_tier[placed] == worst[place[placed]])]
    return Findings(
        violations=_violations(market, place, placed, held_rows, fill, track_fill),
        blocking=wanting[blocks & ~excusable],
        excused=wanting[excusable],
        size=len(placed),
        by_rank=np.bincount(market.tier[held_pairs], minlength=market.list_length),
        by_stream_rank=np.bincount(market.stream_tier[held_pairs]),
        fill=fill,
        track_fill=track_fill,
        decided_by_lottery=len(marginal),
        refused_by_lottery=len(np.unique(row[wanting[level]])),
    )


def _differing(market: Market, place: np.ndarray, seed: int | str | None) -> list[str] | None:
    if seed is None or market.has_caps:
        return None
    other = stream_optimal(market, Lottery.of(seed).draw(market))
    return [market.applicant_ids[index] for index in np.flatnonzero(other != place).tolist()]


def _caps(market: Market, fill: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the people in each track, and for each stream whether a full track or cohort stands before it."""
    capped = np.flatnonzero(market.track >= 0)
    track_fill = np.bincount(market.track[capped], weights=fill[capped], minlength=len(market.track_max)).astype(int)
    behind_cap = np.zeros(market.n_streams, bool)
    behind_cap[capped] = (track_fill >= market.track_max)[market.track[capped]]
    if market.cohort_max is not None and fill.sum() >= market.cohort_max:
        behind_cap[:] = True
    return track_fill, behind_cap


def _violations(market, place, placed, held_rows, fill, track_fill) -> list[str]:
    told = []
    for index in np.setdiff1d(placed, held_rows).tolist():
        applicant, stream = market.applicant_ids[index], market.stream_ids[place[index]]
        told.append(f"applicant {applicant} and stream {stream} are no acceptable pair")
    told += [
        f"stream {market.stream_ids[index]} holds {fill[index]} of {market.capacity[index]}"
        for index in np.flatnonzero(fill > market.capacity).tolist()
    ]
    told += [
        f"track {market.track_ids[index]} holds {track_fill[index]} of {market.track_max[index]}"
        for index in np.flatnonzero(track_fill > market.track_max).tolist()
    ]
    if market.cohort_max is not None and len(placed) > market.cohort_max:
        told.append(f"the cohort holds {len(placed)} of {market.cohort_max}")
    return told


def _named(market: Market, pairs: np.ndarray) -> list[list[str]]:
    return sorted([market.applicant_ids[market.row[pair]], market.stream_ids[market.stream[pair]]] for pair in pairs)


def _excused(market: Market, found: Findings) -> list[dict[str, str]]:
    """Name each excused pair with the cap that excuses it: its track if that is full, else the cohort."""
    excused = []
    for pair in found.excused.tolist():
        stream = market.stream[pair]
        track = market.track[stream]
        full_track = track >= 0 and found.track_fill[track] >= market.track_max[track]
        excused.append(
            {
                "applicant": market.applicant_ids[market.row[pair]],
                "stream": market.stream_ids[stream],
                "cap": f"track {market.track_ids[track]}" if full_track else "cohort",
            }
        )
    return sorted(excused, key=lambda pair: (pair["applicant"], pair["stream"]))

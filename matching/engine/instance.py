"""The input of a match: who lists whom, how many places, which caps. Validated once, frozen, hashed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matching.engine.market import Market

Prefs = tuple[tuple[str, ...], ...]


class InstanceError(ValueError):
    """The input contradicts itself or is incomplete; the text says what is wrong and where."""


@dataclass(frozen=True)
class Stream:
    """One stream: at most ``capacity`` places, wanted at least ``minimum``, and its rank order list."""

    capacity: int
    minimum: int
    prefs: Prefs


@dataclass(frozen=True)
class Cap:
    """At most ``maximum`` people over all of ``streams``: a track, a site, or the cohort."""

    maximum: int
    streams: tuple[str, ...]


@dataclass(frozen=True)
class Instance:
    """A two-sided market of applicants and streams (HR, HRT, with caps and minimums).

    A pair counts only if both sides list each other and it is no conflict. Lists are tie groups, best first.
    """

    applicants: Mapping[str, Prefs]
    streams: Mapping[str, Stream]
    tracks: Mapping[str, Cap] = field(default_factory=dict)
    cohort: int | None = None
    conflicts: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def from_json(cls, raw: Any) -> "Instance":
        """Build an instance from its JSON shape. Raises ``InstanceError`` with the place of the first fault."""
        raw = read_object(raw, "instance")
        applicants_raw = read_object(require(raw, "applicants", "instance"), "applicants")
        streams_raw = read_object(require(raw, "streams", "instance"), "streams")
        applicants = {
            name: read_prefs(applicants_raw[name], f"applicants.{name}", streams_raw, "stream")
            for name in sorted(applicants_raw)
        }
        streams = {
            name: _read_stream(streams_raw[name], f"streams.{name}", applicants_raw) for name in sorted(streams_raw)
        }
        tracks = _read_tracks(raw.get("tracks", {}), streams_raw)
        cohort = raw.get("cohort")
        if cohort is not None:
            cohort = read_count(require(read_object(cohort, "cohort"), "max", "cohort"), "cohort.max")
        conflicts = _read_conflicts(raw.get("conflicts", []), applicants, streams)
        return cls(applicants, streams, tracks, cohort, conflicts)

    def to_json(self) -> dict[str, Any]:
        """Return the canonical JSON shape: sorted identifiers, tie groups in sorted order."""
        shape: dict[str, Any] = {
            "applicants": {name: [list(tie) for tie in prefs] for name, prefs in sorted(self.applicants.items())},
            "streams": {
                name: {"min": stream.minimum, "max": stream.capacity, "prefs": [list(tie) for tie in stream.prefs]}
                for name, stream in sorted(self.streams.items())
            },
        }
        if self.tracks:
            shape["tracks"] = {
                name: {"max": cap.maximum, "streams": list(cap.streams)} for name, cap in sorted(self.tracks.items())
            }
        if self.cohort is not None:
            shape["cohort"] = {"max": self.cohort}
        if self.conflicts:
            shape["conflicts"] = [list(pair) for pair in sorted(self.conflicts)]
        return shape

    @property
    def has_caps(self) -> bool:
        return bool(self.tracks) or self.cohort is not None

    @property
    def has_minimums(self) -> bool:
        return any(stream.minimum > 0 for stream in self.streams.values())

    @cached_property
    def applicant_tiers(self) -> dict[str, dict[str, int]]:
        """For each applicant: stream -> tie group (0 is best), as submitted."""
        return {name: tiers_of(prefs) for name, prefs in self.applicants.items()}

    @cached_property
    def stream_tiers(self) -> dict[str, dict[str, int]]:
        """For each stream: applicant -> tie group (0 is best), as submitted."""
        return {name: tiers_of(stream.prefs) for name, stream in self.streams.items()}

    def is_mutual(self, applicant: str, stream: str) -> bool:
        """Say whether both list each other and no conflict stands between them."""
        return (
            stream in self.applicant_tiers.get(applicant, {})
            and applicant in self.stream_tiers.get(stream, {})
            and (applicant, stream) not in self.conflicts
        )

    @cached_property
    def n_dropped(self) -> int:
        """How many list entries are ignored because the other side does not list them back, or for a conflict."""
        listed = sum(len(tiers) for tiers in self.applicant_tiers.values())
        listed += sum(len(tiers) for tiers in self.stream_tiers.values())
        return listed - 2 * self.market.n_pairs

    @cached_property
    def track_of(self) -> dict[str, str]:
        return {stream: track for track, cap in sorted(self.tracks.items()) for stream in cap.streams}

    @cached_property
    def market(self) -> Market:
        """The same market as flat arrays; identifiers are interned in sorted order."""
        applicant_ids, stream_ids = sorted(self.applicants), sorted(self.streams)
        number = {name: index for index, name in enumerate(stream_ids)}
        ptr, stream, tier, stream_tier = [0], [], [], []
        for applicant in applicant_ids:
            for group, names in enumerate(self.applicants[applicant]):
                for name in names:
                    back = self.stream_tiers[name].get(applicant)
                    if back is not None and (applicant, name) not in self.conflicts:
                        stream.append(number[name])
                        tier.append(group)
                        stream_tier.append(back)
            ptr.append(len(stream))
        track_ids = sorted(self.tracks)
        track_number = {name: index for index, name in enumerate(track_ids)}
        return Market.from_lists(
            applicant_ids=applicant_ids,
            stream_ids=stream_ids,
            ptr=ptr,
            stream=stream,
            tier=tier,
            stream_tier=stream_tier,
            capacity=[self.streams[name].capacity for name in stream_ids],
            minimum=[self.streams[name].minimum for name in stream_ids],
            track=[track_number[self.track_of[name]] if name in self.track_of else -1 for name in stream_ids],
            track_ids=track_ids,
            track_max=[self.tracks[name].maximum for name in track_ids],
            cohort_max=self.cohort,
            list_length=max((len(prefs) for prefs in self.applicants.values()), default=0),
        )

    def replaced(self, **changes: Any) -> "Instance":
        """Return a copy with some parts exchanged; nothing is validated again."""
        parts = {name: getattr(self, name) for name in ("applicants", "streams", "tracks", "cohort", "conflicts")}
        return Instance(**{**parts, **changes})


def snapshot_hash(instance: Any) -> str:
    """Return the SHA-256 of the canonical JSON: equal for equal inputs, whatever their order."""
    text = json.dumps(instance.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def tiers_of(prefs: Prefs) -> dict[str, int]:
    """Return name -> tie group, 0 for the best."""
    return {name: group for group, names in enumerate(prefs) for name in names}


def read_object(raw: Any, where: str) -> dict[str, Any]:
    """Return ``raw`` if it is a JSON object with usable keys, else raise ``InstanceError``."""
    if not isinstance(raw, dict):
        raise InstanceError(f"{where}: expected an object, got {_kind(raw)}")
    for name in raw:
        if not isinstance(name, str) or not name:
            raise InstanceError(f"{where}: identifiers must be non-empty strings, got {name!r}")
    return raw


def require(raw: Mapping[str, Any], name: str, where: str) -> Any:
    """Return ``raw[name]``, or raise ``InstanceError`` saying which key is missing where."""
    if name not in raw:
        raise InstanceError(f"{where}: key {name!r} is missing")
    return raw[name]


def read_count(raw: Any, where: str) -> int:
    """Return a whole number of places, zero or more. Raises ``InstanceError`` otherwise."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise InstanceError(f"{where}: expected a whole number, got {raw!r}")
    if raw < 0:
        raise InstanceError(f"{where}: must not be negative, got {raw}")
    return raw


def read_prefs(raw: Any, where: str, known: Iterable[str], noun: str) -> Prefs:
    """Read a list of tie groups over ``known`` names. Raises ``InstanceError`` for a duplicate or unknown name."""
    if not isinstance(raw, list):
        raise InstanceError(f"{where}: expected a list of tie groups, got {_kind(raw)}")
    seen: dict[str, int] = {}
    groups = []
    for position, names in enumerate(raw):
        if not isinstance(names, list):
            raise InstanceError(f"{where}[{position}]: expected a tie group (a list), got {_kind(names)}")
        if not names:
            raise InstanceError(f"{where}[{position}]: the tie group is empty")
        for name in names:
            if not isinstance(name, str):
                raise InstanceError(f"{where}[{position}]: identifiers must be strings, got {name!r}")
            if name not in known:
                raise InstanceError(f"{where}[{position}]: unknown {noun} {name!r}")
            if name in seen:
                ties = "twice in one tie group" if seen[name] == position else f"also in tie group {seen[name]}"
                raise InstanceError(f"{where}[{position}]: {noun} {name!r} is listed {ties}")
            seen[name] = position
        groups.append(tuple(sorted(names)))
    return tuple(groups)


def _read_stream(raw: Any, where: str, applicants: Iterable[str]) -> Stream:
    raw = read_object(raw, where)
    capacity = read_count(require(raw, "max", where), f"{where}.max")
    minimum = read_count(raw.get("min", 0), f"{where}.min")
    if minimum > capacity:
        raise InstanceError(f"{where}: minimum {minimum} is above maximum {capacity}")
    return Stream(
        capacity, minimum, read_prefs(require(raw, "prefs", where), f"{where}.prefs", applicants, "applicant")
    )


def _read_tracks(raw: Any, streams: Iterable[str]) -> dict[str, Cap]:
    owner: dict[str, str] = {}
    tracks = {}
    for track in sorted(read_object(raw, "tracks")):
        where = f"tracks.{track}"
        part = read_object(raw[track], where)
        names = require(part, "streams", where)
        if not isinstance(names, list):
            raise InstanceError(f"{where}.streams: expected a list, got {_kind(names)}")
        for name in names:
            if not isinstance(name, str) or name not in streams:
                raise InstanceError(f"{where}.streams: unknown stream {name!r}")
            if name in owner:
                other = "twice" if owner[name] == track else f"also in track {owner[name]!r}"
                raise InstanceError(f"{where}.streams: stream {name!r} is {other}; capped sets must not overlap")
            owner[name] = track
        tracks[track] = Cap(read_count(require(part, "max", where), f"{where}.max"), tuple(sorted(names)))
    return tracks


def _read_conflicts(raw: Any, applicants: Iterable[str], streams: Iterable[str]) -> frozenset[tuple[str, str]]:
    if not isinstance(raw, list):
        raise InstanceError(f"conflicts: expected a list of pairs, got {_kind(raw)}")
    pairs = set()
    for position, pair in enumerate(raw):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)):
            raise InstanceError(f"conflicts[{position}]: expected [applicant, stream], got {pair!r}")
        if pair[0] not in applicants:
            raise InstanceError(f"conflicts[{position}]: unknown applicant {pair[0]!r}")
        if pair[1] not in streams:
            raise InstanceError(f"conflicts[{position}]: unknown stream {pair[1]!r}")
        pairs.add((pair[0], pair[1]))
    return frozenset(pairs)


def _kind(raw: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
    return names.get(type(raw), "a number")

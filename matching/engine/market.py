"""The market as flat arrays (compressed rows), the form on which the fast paths and the certificate work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

MOST = 10**9  # places beyond it are as good as this many, and sums of them do not overflow


@dataclass(frozen=True, eq=False)
class Market:
    """Applicants, streams and their acceptable pairs, interned in sorted order of identifiers.

    Pairs of applicant ``i`` are ``ptr[i]:ptr[i + 1]``, best first. ``tier`` is the applicant's tie group of the pair as
    submitted, ``stream_tier`` the stream's; 0 is best. ``track`` is -1 for a stream without a capped track.
    """

    applicant_ids: Sequence[str]
    stream_ids: Sequence[str]
    ptr: np.ndarray
    stream: np.ndarray
    tier: np.ndarray
    stream_tier: np.ndarray
    capacity: np.ndarray
    minimum: np.ndarray
    track: np.ndarray
    track_ids: Sequence[str]
    track_max: np.ndarray
    cohort_max: int | None
    list_length: int

    @classmethod
    def from_lists(cls, **columns) -> "Market":
        """Build the arrays from plain lists."""
        arrays = ("ptr", "stream", "tier", "stream_tier", "capacity", "minimum", "track", "track_max")
        for name in arrays:
            dtype = np.int64 if name == "ptr" else np.int32
            columns[name] = np.asarray(np.minimum(columns[name], MOST) if columns[name] else [], dtype)
        return cls(**columns)

    @property
    def n_applicants(self) -> int:
        return len(self.ptr) - 1

    @property
    def n_streams(self) -> int:
        return len(self.capacity)

    @property
    def n_pairs(self) -> int:
        return len(self.stream)

    @property
    def has_caps(self) -> bool:
        return len(self.track_max) > 0 or self.cohort_max is not None

    @cached_property
    def row(self) -> np.ndarray:
        """The applicant of each pair."""
        return np.repeat(np.arange(self.n_applicants, dtype=np.int32), np.diff(self.ptr))

    @cached_property
    def has_applicant_ties(self) -> bool:
        """Whether some applicant puts two acceptable streams into one tie group."""
        same_row = self.row[1:] == self.row[:-1]
        return bool(np.any(same_row & (self.tier[1:] == self.tier[:-1])))

    @cached_property
    def has_stream_ties(self) -> bool:
        """Whether some stream puts two acceptable applicants into one tie group."""
        key = self.stream.astype(np.int64) << 32 | self.stream_tier
        key.sort()
        return bool(np.any(key[1:] == key[:-1]))

    def with_capacity(self, capacity: np.ndarray) -> "Market":
        """Return the same market with other capacities; what was derived from the pairs is kept."""
        copy = replace(self, capacity=capacity)
        derived = ("row", "has_applicant_ties", "has_stream_ties")
        copy.__dict__.update({name: self.__dict__[name] for name in derived if name in self.__dict__})
        return copy

    def place_array(self, matching: dict[str, str | None]) -> np.ndarray:
        """Return the stream number of each applicant, -1 for unmatched. Unknown names raise ``KeyError``."""
        number = {name: index for index, name in enumerate(self.stream_ids)}
        place = np.full(self.n_applicants, -1, np.int32)
        for index, name in enumerate(self.applicant_ids):
            stream = matching.get(name)
            if stream is not None:
                place[index] = number[stream]
        return place

    def matching_of(self, place: np.ndarray) -> dict[str, str | None]:
        """Return applicant -> stream (``None`` for unmatched) from stream numbers."""
        streams = self.stream_ids
        return {
            name: streams[stream] if stream >= 0 else None
            for name, stream in zip(self.applicant_ids, place.tolist(), strict=True)
        }

"""The scores of a track fitted with everything that hangs together with them, and who may look at whose."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Max, Min, QuerySet

from applications.models import TrackApplication
from matching.engine import Calibration, calibrate
from reviews.engine.one_more import NextReading
from reviews.models import Criterion, ReviewAssignment
from reviews.queries.access import conflicted_with
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, RubricState
from streams.models import Track

#: With fewer reads than this nothing can be said.
MIN_READS = 10
#: With fewer reads than this a reviewer's severity is mostly noise.
MIN_READS_OF_REVIEWER = 8
#: Half the width of a 95 % interval, in standard errors.
TWO_SIDED_95 = 1.96


@dataclass(frozen=True)
class Read:
    """One reading handed in (primary keys)."""

    row: int
    reviewer: int
    track: int
    mean: float
    at: datetime | None = None  # when it was handed in


@dataclass(frozen=True)
class SeverityRow:
    """One reviewer against the others: above zero scores higher than they do. Missing with too few reads."""

    name: str
    n_reads: int
    effect: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Part:
    """Reads that hang together, apart from the others."""

    n_applications: int
    reviewers: tuple[str, ...]


def reads_of_cycle(track: Track) -> list[Read]:
    """Return the central reviews of the track's cycle that were handed in and score anything."""
    return [
        Read(row, reviewer, track_id, float(mean), at)
        for row, reviewer, track_id, mean, at in ReviewAssignment.objects.filter(
            track_application__track__cycle_id=track.cycle_id,
            state=AssignmentState.SUBMITTED,
            review__mean__isnull=False,
        )
        .order_by("pk")
        .values_list(
            "track_application_id", "reviewer_id", "track_application__track_id", "review__mean", "submitted_at"
        )
    ]


def visible_in(track: Track, user: Any) -> QuerySet[TrackApplication]:
    """Return the applications in ``track`` whose scores ``user`` may see: no conflicts, nor those to be read."""
    to_read = ReviewAssignment.objects.filter(
        reviewer_id=user.pk, track_application__track=track, state__in=sorted(OPEN_ASSIGNMENT)
    )
    return (
        TrackApplication.objects.filter(track=track)
        .exclude(conflicted_with(user, "application__person"))
        .exclude(pk__in=to_read.values("track_application_id"))
    )


class Fit:
    """The calibration of everything that hangs together with one track's reads."""

    def __init__(self, reads: list[Read], track: int) -> None:
        self.all = _calibrated(tuple(reads))
        items, reviewers = _index(reads)
        self.position = {row: i for i, row in enumerate(items)}
        own = {self.position[read.row] for read in reads if read.track == track}
        linked = [part for part in self.all.components if own & set(part.applications)]
        self.own_parts = [
            (len(own & set(part.applications)), [reviewers[j] for j in part.reviewers]) for part in linked
        ]
        inside = {items[i] for part in linked for i in part.applications}
        self.reads = [read for read in reads if read.row in inside]
        # What shares no reader with the track tells nothing about it: the fit is of the linked set alone.
        self.calibration = self.all if len(self.reads) == len(reads) else _calibrated(tuple(self.reads))
        self.items, self.reviewers = _index(self.reads)
        self.position = {row: i for i, row in enumerate(self.items)}
        self.reviewer_at = {pk: j for j, pk in enumerate(self.reviewers)}
        self.tracks = {read.track for read in self.reads}
        self.is_linked = len(linked) == 1

    def left_over(self, read: Read) -> float:
        """Return what is left of a score once the application and the reader are allowed for."""
        i, j = self.position[read.row], self.reviewer_at[read.reviewer]
        return read.mean - self.calibration.adjusted[i] - self.calibration.reviewer_effect[j]

    def coming(self, scale: tuple[float, float]) -> NextReading:
        """Return what is known of a reading to come by a reader who is not known yet."""
        found = self.calibration
        return NextReading(found.error_variance / found.lambda_reviewer, found.error_variance, *scale)

    def parts(self, names: dict[int, str]) -> list[Part]:
        """Return what the track's reads fall into."""
        return [Part(n, tuple(sorted(names[pk] for pk in reviewers))) for n, reviewers in self.own_parts]

    def severities(self, names: dict[int, str], wanted: set[int]) -> list[SeverityRow]:
        """Return the reviewers of the track, the most generous first and those with too few reads last."""
        counts: dict[int, int] = defaultdict(int)
        for read in self.reads:
            counts[read.reviewer] += 1
        rows = []
        for j, reviewer in enumerate(self.reviewers):
            if reviewer not in wanted:
                continue
            n = counts[reviewer]
            if n < MIN_READS_OF_REVIEWER:
                rows.append(SeverityRow(names[reviewer], n, None, None, None))
                continue
            effect = self.calibration.reviewer_effect[j]
            half = TWO_SIDED_95 * self.calibration.reviewer_standard_error[j]
            rows.append(SeverityRow(names[reviewer], n, effect, effect - half, effect + half))
        return sorted(rows, key=lambda row: (row.effect is None, -(row.effect or 0), row.name))


def scale_of(track: Track) -> tuple[float, float]:
    """Return the lowest and the highest score that a reading of ``track`` can have."""
    ends = (
        Criterion.objects.filter(rubric__track=track)
        .exclude(rubric__state=RubricState.DRAFT)
        .aggregate(low=Min("scale_min"), high=Max("scale_max"))
    )
    return float(ends["low"] or 1), float(ends["high"] or 5)


def _index(reads: list[Read] | tuple[Read, ...]) -> tuple[list[int], list[int]]:
    return sorted({read.row for read in reads}), sorted({read.reviewer for read in reads})


@lru_cache(maxsize=16)
def _calibrated(reads: tuple[Read, ...]) -> Calibration:
    """Fit the reads with the track as a fixed effect: a hard track is not a severe reviewer."""
    items, reviewers = _index(reads)
    row_at, reviewer_at = {pk: i for i, pk in enumerate(items)}, {pk: j for j, pk in enumerate(reviewers)}
    track_at = {pk: g for g, pk in enumerate(sorted({read.track for read in reads}))}
    track_of = {read.row: track_at[read.track] for read in reads}
    return calibrate(
        [[row_at[read.row], reviewer_at[read.reviewer], read.mean] for read in reads],
        len(items),
        len(reviewers),
        groups=[track_of[row] for row in items],
    )

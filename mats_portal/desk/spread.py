"""How the scores of a track lie: spread, criterion by criterion, and whether they drift. Sums only, of several texts.

Texts that the reader of the page may not see count nowhere in it: a sum less the list beside it would give them away.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil, floor
from statistics import fmean, stdev
from typing import Any

from mats_portal.desk.fitting import MIN_READS, TWO_SIDED_95, Fit, Read, reads_of_cycle, scale_of, visible_in
from reviews.engine.agreement import Alpha, alpha
from reviews.models import Criterion, ReviewScore
from reviews.states import AssignmentState, RubricState
from streams.models import Track

#: Fewer reads than this are no point of a drift.
MIN_READS_OF_PART = 8
#: Into so many parts the reads are divided by when they were handed in.
PARTS = 5
#: By how many texts their reader had handed in before.
EARLIER = (
    ("1st to 5th text", 0, 5),
    ("6th to 10th text", 5, 10),
    ("11th to 20th text", 10, 20),
    ("21st to 40th text", 20, 40),
    ("from the 41st text on", 40, 10**9),
)
HALF = 0.5


@dataclass(frozen=True)
class Bar:
    """One column of a histogram."""

    label: str
    n: int


@dataclass(frozen=True)
class CriterionRow:
    """One criterion: how often each level was given, and how far readers agree on it."""

    name: str
    bars: tuple[Bar, ...]
    n_unknown: int  # "cannot tell"
    mean: float | None
    alpha: Alpha | None

    @property
    def n(self) -> int:
        """How many scores there are."""
        return sum(bar.n for bar in self.bars)


@dataclass(frozen=True)
class DriftRow:
    """Reads handed in together: what their scores are above what application and reader let expect."""

    label: str
    n: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SpreadPage:
    """What the page of one track shows."""

    track: str
    track_id: str
    cycle: str
    n_reads: int
    n_texts: int
    n_hidden: int
    bars: tuple[Bar, ...]
    criteria: tuple[CriterionRow, ...]
    over_time: tuple[DriftRow, ...]
    by_position: tuple[DriftRow, ...]

    @property
    def is_enough(self) -> bool:
        """Whether there are reads enough to say anything."""
        return self.n_reads >= MIN_READS

    @property
    def min_reads(self) -> int:
        """From how many reads on something is shown."""
        return MIN_READS

    @property
    def drifts(self) -> bool:
        """Whether some part lies off for certain, as far as one interval of 95 % can say."""
        rows = [*self.over_time, *self.by_position]
        return any(row.low is not None and row.high is not None and not row.low <= 0 <= row.high for row in rows)


def spread_page(track: Track, user: Any) -> SpreadPage:
    """Return how the scores of ``track`` lie, as ``user`` may know of them, in a fixed number of queries."""
    reads = reads_of_cycle(track)
    visible = set(visible_in(track, user).values_list("pk", flat=True))
    all_own = [read for read in reads if read.track == track.pk]
    own = [read for read in all_own if read.row in visible]
    is_enough = len(own) >= MIN_READS
    fit = Fit(reads, track.pk) if is_enough else None
    return SpreadPage(
        track=track.name,
        track_id=track.public_id,
        cycle=track.cycle.name,
        n_reads=len(own),
        n_texts=len({read.row for read in own}),
        n_hidden=len({read.row for read in all_own} - visible),
        bars=_histogram(_means(own), scale_of(track)) if is_enough else (),
        criteria=tuple(_criteria(track, visible)) if is_enough else (),
        over_time=_parts(own, fit) if fit else (),
        by_position=_positions(own, fit) if fit else (),
    )


def _means(reads: Sequence[Read]) -> list[float]:
    scores: dict[int, list[float]] = defaultdict(list)
    for read in reads:
        scores[read.row].append(read.mean)
    return [fmean(values) for values in scores.values()]


def _histogram(means: Sequence[float], scale: tuple[float, float]) -> tuple[Bar, ...]:
    """Count means in steps of a half; the highest step holds its upper end."""
    low, high = floor(scale[0]), ceil(scale[1])
    n_steps = round((high - low) / HALF)
    counts = [0] * n_steps
    for mean in means:
        counts[min(max(int((mean - low) / HALF), 0), n_steps - 1)] += 1
    return tuple(Bar(f"{low + HALF * step:.1f}", n) for step, n in enumerate(counts))


def _criteria(track: Track, visible: set[int]) -> list[CriterionRow]:
    """Return the criteria by their code, as the latest rubric names and orders them."""
    latest: dict[str, tuple[str, int, int, int]] = {}
    for code, name, order, low, high in (
        Criterion.objects.filter(rubric__track=track)
        .exclude(rubric__state=RubricState.DRAFT)
        .order_by("rubric__version", "order", "pk")
        .values_list("code", "name", "order", "scale_min", "scale_max")
    ):
        latest[code] = (name, order, low, high)
    values: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    unknown: dict[str, int] = defaultdict(int)
    for code, row, value in ReviewScore.objects.filter(
        review__assignment__track_application__track=track, review__assignment__state=AssignmentState.SUBMITTED
    ).values_list("criterion__code", "review__assignment__track_application_id", "value"):
        if row not in visible:
            continue
        if value is None:
            unknown[code] += 1
        else:
            values[code][row].append(value)
    return [
        _criterion(name, range(low, high + 1), values[code], unknown[code])
        for code, (name, _, low, high) in sorted(latest.items(), key=lambda one: one[1][1])
        if values[code] or unknown[code]
    ]


def _criterion(name: str, levels: range, by_text: dict[int, list[int]], n_unknown: int) -> CriterionRow:
    scores = [score for text in by_text.values() for score in text]
    return CriterionRow(
        name=name,
        bars=tuple(Bar(str(level), scores.count(level)) for level in levels),
        n_unknown=n_unknown,
        mean=fmean(scores) if scores else None,
        alpha=alpha([by_text[row] for row in sorted(by_text)]),
    )


def _parts(own: Sequence[Read], fit: Fit) -> tuple[DriftRow, ...]:
    """Divide the reads by when they were handed in into parts of one size, as many as there are reads for."""
    dated = sorted((read.at, read.row, read.reviewer, read) for read in own if read.at is not None)
    n_parts = min(PARTS, len(dated) // MIN_READS_OF_PART)
    if n_parts < 2:
        return ()
    ends = [round(len(dated) * part / n_parts) for part in range(n_parts + 1)]
    return tuple(
        _drift(_days(dated[first][0], dated[last - 1][0]), [read for *_, read in dated[first:last]], fit.left_over)
        for first, last in pairwise(ends)
    )


def _days(first: datetime, last: datetime) -> str:
    begin, end = f"{first.day} {first:%B}", f"{last.day} {last:%B}"
    return begin if begin == end else f"{begin} to {end}"


def _positions(own: Sequence[Read], fit: Fit) -> tuple[DriftRow, ...]:
    """Divide the reads by how many their reader had handed in before in the cycle."""
    before: dict[tuple[int, int], int] = {}
    so_far: dict[int, int] = defaultdict(int)
    for _, row, reviewer in sorted((read.at, read.row, read.reviewer) for read in fit.reads if read.at is not None):
        before[row, reviewer] = so_far[reviewer]
        so_far[reviewer] += 1
    parts = [
        (label, [read for read in own if low <= before.get((read.row, read.reviewer), -1) < high])
        for label, low, high in EARLIER
    ]
    rows = [_drift(label, part, fit.left_over) for label, part in parts if part]
    return tuple(rows) if len(rows) > 1 else ()


def _drift(label: str, reads: Sequence[Read], left_over: Callable[[Read], float]) -> DriftRow:
    if len(reads) < MIN_READS_OF_PART:
        return DriftRow(label, len(reads), None, None, None)
    rest = [left_over(read) for read in reads]
    mean, half = fmean(rest), TWO_SIDED_95 * stdev(rest) / len(rest) ** 0.5
    return DriftRow(label, len(reads), mean, mean - half, mean + half)

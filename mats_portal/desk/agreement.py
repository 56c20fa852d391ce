"""Whether the scores of a track can carry a decision: raw means first, adjusted ones beside them as advice."""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from applications.models import TrackApplication
from applications.states import TrackState
from matching.engine import Calibration, calibrate
from reviews.engine.agreement import Alpha, alpha
from reviews.models import ReviewAssignment
from reviews.queries.access import conflicted_with
from reviews.queries.reads import DISAGREEMENT, reads_of
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.models import Track

#: With fewer reads than this nothing can be said.
MIN_READS = 10
#: With fewer reads than this a reviewer's severity is mostly noise.
MIN_READS_OF_REVIEWER = 8
#: Half the width of a 95 % interval, in standard errors.
TWO_SIDED_95 = 1.96
LEFT = frozenset({TrackState.WITHDRAWN, TrackState.LAPSED})


@dataclass(frozen=True)
class Read:
    """One reading handed in (primary keys)."""

    row: int
    reviewer: int
    track: int
    mean: float


@dataclass(frozen=True)
class ScoreRow:
    """One application in the track; the adjusted score is missing where it would mislead."""

    reference: str
    n_reads: int
    n_wanted: int
    raw: Decimal
    median: Decimal
    spread: Decimal
    adjusted: float | None
    standard_error: float | None
    asked_further: bool
    public_id: str


@dataclass(frozen=True)
class SeverityRow:
    """One reviewer against the others: above zero scores higher than they do. Missing with too few reads."""

    name: str
    n_reads: int
    effect: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Change:
    """One application on the other side of the line if adjusted scores were used."""

    row: ScoreRow
    enters: bool


@dataclass(frozen=True)
class Candidate:
    """One application that a further reading is due for, and the chance that the reading changes its side."""

    row: ScoreRow
    reason: str
    crossing: float | None


@dataclass(frozen=True)
class Part:
    """Reads that hang together, apart from the others."""

    n_applications: int
    reviewers: tuple[str, ...]


@dataclass(frozen=True)
class AgreementPage:
    """What the page of one track shows."""

    track: str
    cycle: str
    track_id: str
    n_reads: int
    n_given: int
    n_hidden: int
    n_crossing: int
    n_reviewers: int
    reliability: float | None
    alpha: Alpha | None
    parts: tuple[Part, ...]
    n_weak: int
    apart: tuple[str, ...]
    rows: tuple[ScoreRow, ...]
    severities: tuple[SeverityRow, ...]
    line: Decimal | None
    n_above: int
    changes: tuple[Change, ...]
    candidates: tuple[Candidate, ...]

    @property
    def is_enough(self) -> bool:
        """Whether there are reads enough to say anything."""
        return self.n_reads >= MIN_READS

    @property
    def is_linked(self) -> bool:
        """Whether all reads of the track hang together, so that adjusted scores may be shown."""
        return len(self.parts) == 1

    @property
    def min_reads(self) -> int:
        """From how many reads on something is shown."""
        return MIN_READS


def agreement_page(track: Track, user: Any, line: Decimal | None = None) -> AgreementPage:
    """Return raw and adjusted scores of ``track`` as ``user`` may see them, in a fixed number of queries.

    The scores rest on all reads of the cycle that the track's own hang together with. Applications of ``user``, of
    people in conflict with them, and those that they have still to read themselves are counted and not shown.
    """
    reads = _reads(track)
    own = [read for read in reads if read.track == track.pk]
    names = dict(User.objects.filter(pk__in={read.reviewer for read in reads}).values_list("pk", "display_name"))
    tracks = dict(Track.objects.filter(cycle_id=track.cycle_id).values_list("pk", "name"))
    fit = _Fit(reads, track.pk) if len(own) >= MIN_READS else None
    given = ReviewAssignment.objects.filter(
        track_application__track=track, state__in=sorted({*OPEN_ASSIGNMENT, AssignmentState.SUBMITTED})
    )
    n_given = given.count()
    rows = _rows(track, own, fit)
    visible = set(_visible(track, user).values_list("pk", flat=True))
    entering, leaving, n_above = _moves(rows, fit, line)
    return AgreementPage(
        track=track.name,
        cycle=track.cycle.name,
        track_id=track.public_id,
        n_reads=len(own),
        n_given=n_given,
        n_hidden=len(rows.keys() - visible),
        n_crossing=len({read.reviewer for read in own} & {read.reviewer for read in reads if read.track != track.pk}),
        n_reviewers=len({read.reviewer for read in own}),
        reliability=fit.calibration.reliability if fit and fit.is_linked else None,
        alpha=_alpha(own) if fit else None,
        parts=tuple(fit.parts(names)) if fit else (),
        n_weak=len(fit.calibration.weak_links) if fit else 0,
        apart=tuple(tracks[pk] for pk in sorted({read.track for read in reads} - fit.tracks)) if fit else (),
        rows=tuple(sorted((rows[pk] for pk in rows.keys() & visible), key=lambda row: (-row.raw, row.reference))),
        severities=tuple(fit.severities(names, {read.reviewer for read in own})) if fit and fit.is_linked else (),
        line=line,
        n_above=n_above,
        changes=tuple(
            Change(rows[pk], enters=pk in entering)
            for pk in sorted(entering | leaving, key=lambda pk: (-rows[pk].raw, rows[pk].reference))
            if pk in visible
        ),
        candidates=tuple(_candidates([rows[pk] for pk in sorted(rows.keys() & visible)], fit, line)),
    )


def _reads(track: Track) -> list[Read]:
    """Return the central reviews of the track's cycle that were handed in and score anything."""
    return [
        Read(row, reviewer, track_id, float(mean))
        for row, reviewer, track_id, mean in ReviewAssignment.objects.filter(
            track_application__track__cycle_id=track.cycle_id,
            state=AssignmentState.SUBMITTED,
            review__mean__isnull=False,
        )
        .order_by("pk")
        .values_list("track_application_id", "reviewer_id", "track_application__track_id", "review__mean")
    ]


def _visible(track: Track, user: Any) -> QuerySet[TrackApplication]:
    to_read = ReviewAssignment.objects.filter(
        reviewer_id=user.pk, track_application__track=track, state__in=sorted(OPEN_ASSIGNMENT)
    )
    return (
        TrackApplication.objects.filter(track=track)
        .exclude(conflicted_with(user, "application__person"))
        .exclude(pk__in=to_read.values("track_application_id"))
    )


class _Fit:
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
        self.tracks = {read.track for read in self.reads}
        self.is_linked = len(linked) == 1

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


def _rows(track: Track, own: list[Read], fit: _Fit | None) -> dict[int, ScoreRow]:
    """Return the rows by application in the track (primary keys); nothing before there are reads enough."""
    if fit is None:
        return {}
    kept = {
        pk: (reference, public_id)
        for pk, reference, public_id in TrackApplication.objects.filter(pk__in={read.row for read in own})
        .exclude(internal_state__in=sorted(LEFT))
        .values_list("pk", "application__reference", "public_id")
    }
    reads = reads_of(kept, track.cycle.reviews_per_application)
    found = {}
    for pk, (reference, public_id) in kept.items():
        i = fit.position[pk]
        found[pk] = ScoreRow(
            reference=reference,
            n_reads=len(reads[pk].means),
            n_wanted=reads[pk].wanted,
            raw=reads[pk].mean or Decimal(0),
            median=reads[pk].median or Decimal(0),
            spread=reads[pk].spread or Decimal(0),
            asked_further=reads[pk].has_further,
            public_id=public_id,
            adjusted=fit.calibration.adjusted[i] if fit.is_linked else None,
            standard_error=fit.calibration.standard_error[i] if fit.is_linked else None,
        )
    return found


def _alpha(own: list[Read]) -> Alpha | None:
    texts: dict[int, list[float]] = defaultdict(list)
    for read in own:
        texts[read.row].append(read.mean)
    return alpha([texts[row] for row in sorted(texts)])


def _candidates(rows: list[ScoreRow], fit: _Fit | None, line: Decimal | None) -> list[Candidate]:
    """Return who a further reading is due for, the most open first: readers differ, or the line lies within the doubt.

    The chance is that of the predicted reading (normal, with the error of the score and of a reader) to move the raw
    mean to the other side of the line.
    """
    found = []
    for row in rows:
        if row.asked_further or row.n_reads < row.n_wanted:
            continue
        differ = row.spread >= DISAGREEMENT
        half = TWO_SIDED_95 * row.standard_error if row.standard_error is not None else None
        spans = (
            line is not None
            and row.adjusted is not None
            and half is not None
            and row.adjusted - half < float(line) <= row.adjusted + half
        )
        if differ or spans:
            reason = f"readers differ by {row.spread:.2f}" if differ else "the adjusted interval spans the line"
            found.append(Candidate(row, reason, _crossing(row, fit, line)))
    return sorted(found, key=lambda one: (-(one.crossing or 0), -one.row.spread, one.row.reference))


def _crossing(row: ScoreRow, fit: _Fit | None, line: Decimal | None) -> float | None:
    if fit is None or line is None or row.adjusted is None or row.standard_error is None:
        return None
    needed = (row.n_reads + 1) * float(line) - row.n_reads * float(row.raw)
    doubt = (row.standard_error**2 + fit.calibration.error_variance) ** 0.5
    if doubt == 0:
        return 0.0
    below = NormalDist(row.adjusted, doubt).cdf(needed)
    return below if row.raw >= line else 1 - below


def _moves(rows: dict[int, ScoreRow], fit: _Fit | None, line: Decimal | None) -> tuple[set[int], set[int], int]:
    """Return who would cross the line if as many went on by adjusted as do by raw scores, and how many do."""
    if fit is None or not fit.is_linked or line is None:
        return set(), set(), 0
    order = sorted(rows)
    n_above = sum(rows[pk].raw >= line for pk in order)
    here = replace(
        fit.calibration,
        raw_mean=[float(rows[pk].raw) for pk in order],
        adjusted=[fit.calibration.adjusted[fit.position[pk]] for pk in order],
    )
    moved = here.changes_at_cut(n_above)
    return {order[i] for i in moved["enter"]}, {order[i] for i in moved["leave"]}, n_above

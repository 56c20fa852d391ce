"""Whether the scores of a track can carry a decision: raw means first, adjusted ones beside them as advice."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from accounts.models import User
from applications.models import TrackApplication
from applications.states import TrackState
from mats_portal.desk.fitting import (
    MIN_READS,
    TWO_SIDED_95,
    Fit,
    Part,
    Read,
    SeverityRow,
    reads_of_cycle,
    scale_of,
    visible_in,
)
from reviews.engine.agreement import Alpha, alpha
from reviews.engine.one_more import crossing
from reviews.models import ReviewAssignment
from reviews.queries.reads import DISAGREEMENT, reads_of
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.models import Track

LEFT = frozenset({TrackState.WITHDRAWN, TrackState.LAPSED})


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

    @property
    def may_be_read_further(self) -> bool:
        """Whether all readings are in and no further one was asked for yet."""
        return not self.asked_further and self.n_reads >= self.n_wanted


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
    reads = reads_of_cycle(track)
    own = [read for read in reads if read.track == track.pk]
    names = dict(User.objects.filter(pk__in={read.reviewer for read in reads}).values_list("pk", "display_name"))
    tracks = dict(Track.objects.filter(cycle_id=track.cycle_id).values_list("pk", "name"))
    fit = Fit(reads, track.pk) if len(own) >= MIN_READS else None
    given = ReviewAssignment.objects.filter(
        track_application__track=track, state__in=sorted({*OPEN_ASSIGNMENT, AssignmentState.SUBMITTED})
    )
    n_given = given.count()
    rows = score_rows(track, own, fit)
    visible = set(visible_in(track, user).values_list("pk", flat=True))
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
        candidates=tuple(
            _candidates([rows[pk] for pk in sorted(rows.keys() & visible)], line, chances(track, fit, line))
        ),
    )


def score_rows(track: Track, own: list[Read], fit: Fit | None) -> dict[int, ScoreRow]:
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


def _candidates(
    rows: list[ScoreRow], line: Decimal | None, chance: Callable[[ScoreRow], float | None]
) -> list[Candidate]:
    """Return who a further reading is due for, the most open first: readers differ, or the line lies within the doubt.

    ``chance`` tells how likely the reading moves the raw mean of a row to the other side of the line.
    """
    found = []
    for row in rows:
        if not row.may_be_read_further:
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
            found.append(Candidate(row, reason, chance(row)))
    return sorted(found, key=lambda one: (-(one.crossing or 0), -one.row.spread, one.row.reference))


def chances(track: Track, fit: Fit | None, line: Decimal | None) -> Callable[[ScoreRow], float | None]:
    """Return what tells of a row how likely one reading more changes its side; ``None`` where it cannot be told."""
    if fit is None or line is None or not fit.is_linked:
        return lambda _: None
    coming = fit.coming(scale_of(track))

    def chance(row: ScoreRow) -> float | None:
        if row.adjusted is None or row.standard_error is None:
            return None
        return crossing(
            raw=float(row.raw),
            n_reads=row.n_reads,
            line=float(line),
            adjusted=row.adjusted,
            standard_error=row.standard_error,
            coming=coming,
        )

    return chance


def _moves(rows: dict[int, ScoreRow], fit: Fit | None, line: Decimal | None) -> tuple[set[int], set[int], int]:
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

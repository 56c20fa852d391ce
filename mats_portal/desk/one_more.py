"""What one reading more would change in a batch of decisions: a simulation for those near the line, never a rule."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mats_portal.desk.agreement import ScoreRow, chances, score_rows
from mats_portal.desk.fitting import MIN_READS, Fit, reads_of_cycle, visible_in
from reviews.models import DecisionBatch
from reviews.queries import decisions_visible_to
from reviews.states import GateKind

#: Smaller chances are counted and not listed.
NEAR = 0.05
LISTED = 50


@dataclass(frozen=True)
class NearRow:
    """One application near the line: the chance that one reading more changes its side."""

    row: ScoreRow
    chance: float
    is_above: bool


@dataclass(frozen=True)
class OneMorePage:
    """What one reading more of each would change. ``why_not`` says why nothing can be told."""

    batch: str
    title: str
    track: str
    track_id: str
    line: Decimal | None
    why_not: str
    n: int
    n_hidden: int
    expected: float  # how many would change their side, were each read by one more
    near: tuple[NearRow, ...]
    n_near: int

    @property
    def listed(self) -> tuple[NearRow, ...]:
        """The rows that are shown."""
        return self.near[:LISTED]


def one_more_page(batch: DecisionBatch, user: Any, title: str) -> OneMorePage:
    """Return how sure the sides of the lines of ``batch`` are, as ``user`` may know of them."""
    reads = reads_of_cycle(batch.track)
    own = [read for read in reads if read.track == batch.track_id]
    fit = Fit(reads, batch.track_id) if len(own) >= MIN_READS else None
    lines = set(batch.decisions.values_list("track_application_id", flat=True))
    seen = set(decisions_visible_to(user).filter(batch=batch).values_list("track_application_id", flat=True))
    seen &= set(visible_in(batch.track, user).values_list("pk", flat=True))
    why_not = _why_not(batch, fit)
    near: list[NearRow] = []
    expected, n = 0.0, 0
    if not why_not:
        rows = score_rows(batch.track, own, fit)
        chance_of = chances(batch.track, fit, batch.rule_line)
        for pk in sorted(lines & seen & rows.keys()):
            chance = chance_of(rows[pk]) if rows[pk].may_be_read_further else None
            if chance is None:
                continue
            n, expected = n + 1, expected + chance
            if chance >= NEAR:
                near.append(NearRow(rows[pk], chance, rows[pk].raw >= (batch.rule_line or 0)))
    near.sort(key=lambda one: (-one.chance, one.row.reference))
    return OneMorePage(
        batch=batch.public_id,
        title=title,
        track=batch.track.name,
        track_id=batch.track.public_id,
        line=batch.rule_line,
        why_not=why_not,
        n=n,
        n_hidden=len(lines - seen),
        expected=expected,
        near=tuple(near),
        n_near=len(near),
    )


def _why_not(batch: DecisionBatch, fit: Fit | None) -> str:
    if batch.gate != GateKind.REVIEW or batch.rule_line is None:
        return "This batch has no line on the raw mean."
    if fit is None:
        return f"There are fewer than {MIN_READS} reads in this track."
    if not fit.is_linked:
        return "The reads of this track do not hang together: a severe reader and a weak text cannot be told apart."
    return ""

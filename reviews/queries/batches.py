"""Decision batches as pages show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from accounts.queries import is_staff
from applications.states import TrackState
from core.models import Job
from core.states import JobState
from reviews.models import Decision, DecisionBatch
from reviews.queries.access import batches_visible_to, decisions_visible_to
from reviews.queries.checks import HAS_WITHDRAWN, Problem, problems_for
from reviews.queries.fairness import SMALLEST_GROUP, GroupRatio, pass_ratios
from reviews.queries.reads import Reads, reads_of
from reviews.queries.undo import Undo, title_of, undo_of
from reviews.states import BatchState, GateKind, Outcome
from streams.models import Cycle


@dataclass(frozen=True)
class BatchRow:
    """One line of the list of batches."""

    public_id: str
    title: str
    state: str
    chip: str
    n: int
    maker: str
    approver: str
    release_at: datetime | None
    released_at: datetime | None


CHIPS = {
    BatchState.DRAFT: "move",
    BatchState.APPROVED: "wait",
    BatchState.RELEASED: "done",
    BatchState.DISCARDED: "none",
}


def batch_rows(user: Any, cycle: Cycle | None) -> list[BatchRow]:
    """Return the batches of ``cycle`` that ``user`` may look at, newest first."""
    batches = (
        batches_visible_to(user)
        .filter(cycle=cycle)
        .select_related("track", "maker", "approver")
        .annotate(
            n=Count("decisions"),
            n_back=Count("decisions", filter=Q(decisions__taken_back_at__isnull=False)),
        )
        .order_by("-pk")
    )
    return [
        BatchRow(
            b.public_id,
            title_of(b),
            f"{b.get_state_display()}, taken back" if b.n_back else b.get_state_display(),
            CHIPS[BatchState(b.state)],
            b.n,
            str(b.maker),
            str(b.approver or ""),
            b.release_at,
            b.released_at,
        )
        for b in batches[:200]
    ]


@dataclass(frozen=True)
class DecisionRow:
    """One line of a batch."""

    application: str  # public id of the application in the track
    name: str
    reference: str
    now: str
    proposed: str
    outcome: str
    score: Decimal | None
    n_reads: int
    n_wanted: int
    spread: Decimal | None
    reason: str
    changed_by: str
    by_rule: bool
    flags: tuple[str, ...]
    left_out: str

    @property
    def is_near(self) -> bool:
        """Whether the line is marked for a second look."""
        return bool(self.flags)


@dataclass(frozen=True)
class Tally:
    """How many of each outcome."""

    advance: int
    hold: int
    not_advance: int

    @property
    def total(self) -> int:
        """All decisions together."""
        return self.advance + self.hold + self.not_advance

    @property
    def text(self) -> str:
        """In words, for buttons: ``3 decisions: 2 advance, 1 not``."""
        parts = [
            f"{n} {word}"
            for n, word in ((self.advance, "advance"), (self.not_advance, "not"), (self.hold, "hold"))
            if n
        ]
        return f"{self.total} decision{'' if self.total == 1 else 's'}: {', '.join(parts)}"


@dataclass(frozen=True)
class BatchPage:
    """What the page of one batch shows."""

    public_id: str
    title: str
    track: str
    track_id: str
    gate: str
    is_review: bool
    state: str
    state_label: str
    chip: str
    rule: str
    version: int
    maker: str
    is_mine: bool
    approver: str
    created_at: datetime
    approved_at: datetime | None
    release_at: datetime | None
    released_at: datetime | None
    rows: tuple[DecisionRow, ...]
    n_hidden: int
    n_left_out: int
    undo: Undo
    tally: Tally
    problems: tuple[Problem, ...]
    #: For staff alone, before the release.
    ratios: tuple[GroupRatio, ...]

    @property
    def blocks(self) -> bool:
        """Whether something stands against approval and release."""
        return any(problem.blocks for problem in self.problems)

    @property
    def has_moved(self) -> bool:
        """Whether somebody is not where their decision found them."""
        return any(problem.kind in {"changed", "gone"} for problem in self.problems)

    @property
    def has_notes_to_check(self) -> bool:
        """Whether notes of readers wait for a person."""
        return any(problem.kind == "unchecked" for problem in self.problems)


FLAGS = {
    "changed": "changed since",
    "gone": HAS_WITHDRAWN,
    "unread": "reads missing",
    "disagreement": "reads disagree",
    "conflict": "conflict",
}


def tally(batch: DecisionBatch, user: Any) -> Tally:
    """Return how many of each outcome the batch holds, as far as ``user`` may know of its lines.

    Whoever has withdrawn before the release is no part.
    """
    lines = decisions_visible_to(user).filter(batch=batch, left_out="")
    if batch.state != BatchState.RELEASED:
        lines = lines.exclude(track_application__internal_state=TrackState.WITHDRAWN)
    counted = dict(lines.values_list("outcome").annotate(n=Count("pk")))
    return Tally(*(counted.get(outcome, 0) for outcome in (Outcome.ADVANCE, Outcome.HOLD, Outcome.NOT_ADVANCE)))


def running_job(batch: DecisionBatch) -> Job | None:
    """Return the job that is at ``batch`` now, if one is."""
    return Job.objects.filter(
        kind__startswith="reviews.", params__batch_id=batch.pk, state__in=[JobState.QUEUED, JobState.RUNNING]
    ).first()


def batch_page(batch: DecisionBatch, user: Any) -> BatchPage:
    """Return the batch as ``user`` may see it: lines about themselves or people they are close to are not in it."""
    batch = DecisionBatch.objects.select_related("track", "cycle", "maker", "approver").get(pk=batch.pk)
    # What is over has changed everybody in it: nothing stands against it any more.
    is_over = batch.state in {BatchState.RELEASED, BatchState.DISCARDED}
    found, counts = [] if is_over else problems_for(batch, user), tally(batch, user)
    rows = _rows(batch, user, found)
    return BatchPage(
        public_id=batch.public_id,
        title=title_of(batch),
        track=batch.track.name,
        track_id=batch.track.public_id,
        gate=batch.get_gate_display(),
        is_review=batch.gate == GateKind.REVIEW,
        state=batch.state,
        state_label=batch.get_state_display(),
        chip=CHIPS[BatchState(batch.state)],
        rule=batch.rule,
        version=batch.version,
        maker=str(batch.maker),
        is_mine=batch.maker_id == user.pk,
        approver=str(batch.approver or ""),
        created_at=batch.created_at,
        approved_at=batch.approved_at,
        release_at=batch.release_at,
        released_at=batch.released_at,
        rows=tuple(rows),
        n_hidden=batch.decisions.count() - len(rows),
        n_left_out=sum(bool(row.left_out) for row in rows),
        undo=undo_of(batch),
        tally=counts,
        problems=tuple(found),
        ratios=_ratios(batch, counts, user) if not is_over else (),
    )


def _ratios(batch: DecisionBatch, counts: Tally, user: Any) -> tuple[GroupRatio, ...]:
    """Return how often groups go on, for staff; with too few for two groups, without asking."""
    is_enough = counts.advance + counts.not_advance >= 2 * SMALLEST_GROUP
    return tuple(pass_ratios(batch)) if is_enough and is_staff(user) else ()


def _rows(batch: DecisionBatch, user: Any, found: list[Problem]) -> list[DecisionRow]:
    decisions = list(
        decisions_visible_to(user)
        .filter(batch=batch)
        .select_related("track_application__application__person", "decided_by")
        .order_by("track_application__application__reference", "pk")
    )
    reads = reads_of((d.track_application_id for d in decisions), batch.cycle.reviews_per_application)
    flags: dict[str, list[str]] = defaultdict(list)
    for problem in found:
        for public_id in problem.applications:
            if problem.kind in FLAGS:
                flags[public_id].append(FLAGS[problem.kind])
    rows = [
        _row(batch, d, reads[d.track_application_id], tuple(flags[d.track_application.public_id])) for d in decisions
    ]
    # Flagged lines first, then by score: the ones that need a person's eye are on top.
    return sorted(rows, key=lambda row: (not row.flags, -(row.score or 0), row.reference))


def _row(batch: DecisionBatch, decision: Decision, reads: Reads, flags: tuple[str, ...]) -> DecisionRow:
    row = decision.track_application
    # Once a decision is approved, staff's state has moved: what the applicant still reads is the "now" of the diff.
    present = row.released_state if batch.state == BatchState.APPROVED else row.internal_state
    return DecisionRow(
        application=row.public_id,
        name=str(row.application.person),
        reference=row.application.reference,
        now=TrackState(present).label,
        proposed=Outcome(decision.outcome).label,
        outcome=decision.outcome,
        score=reads.mean,
        n_reads=len(reads.means),
        n_wanted=reads.wanted,
        spread=max(reads.means) - min(reads.means) if reads.disagree else None,
        reason=decision.reason,
        changed_by="" if decision.by_rule else str(decision.decided_by),
        by_rule=decision.by_rule,
        flags=flags,
        left_out=decision.left_out,
    )

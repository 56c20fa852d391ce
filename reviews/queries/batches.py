"""Decision batches as pages show them, what stands against them, and which of them are due."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Q, QuerySet

from applications.models import TrackApplication
from applications.states import TrackState
from reviews.engine import mean_of
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, ReviewAssignment
from reviews.queries.access import batches_visible_to, decisions_visible_to
from reviews.queries.undo import Undo, title_of, undo_of
from reviews.states import AssignmentState, BatchState, GateKind, Outcome
from streams.models import Track

#: Weighted means that differ by this much need a person's note.
DISAGREEMENT = Decimal("1.0")
HAS_WITHDRAWN = "has withdrawn"
#: Where a gate finds the applications it decides on.
WAITING = {
    GateKind.SCREEN: frozenset({TrackState.IN_SCREEN}),
    GateKind.REVIEW: frozenset({TrackState.IN_REVIEW, TrackState.HELD}),
}
#: The move that an outcome makes at a gate; holding somebody at the screen leaves them there.
VERBS: dict[tuple[str, str], str | None] = {
    (GateKind.SCREEN, Outcome.ADVANCE): "pass_screen",
    (GateKind.SCREEN, Outcome.NOT_ADVANCE): "fail_screen",
    (GateKind.SCREEN, Outcome.HOLD): None,
    (GateKind.REVIEW, Outcome.ADVANCE): "advance",
    (GateKind.REVIEW, Outcome.NOT_ADVANCE): "not_advance",
    (GateKind.REVIEW, Outcome.HOLD): "hold",
}


@dataclass(frozen=True)
class Reads:
    """The readings of one application in a track."""

    means: tuple[Decimal, ...]
    wanted: int
    has_further: bool = False

    @property
    def mean(self) -> Decimal | None:
        """The raw mean of the readings: each counts the same."""
        return mean_of(self.means)

    @property
    def are_complete(self) -> bool:
        """Whether as many have read it as the cycle asks for, and one more where that was asked for."""
        return len(self.means) >= self.wanted

    @property
    def median(self) -> Decimal | None:
        """The reading in the middle, or the mean of the two in the middle."""
        return Decimal(median(self.means)) if self.means else None

    @property
    def spread(self) -> Decimal | None:
        """How far the highest and the lowest reading are apart."""
        return max(self.means) - min(self.means) if self.means else None

    @property
    def disagree(self) -> bool:
        """Whether the readings are so far apart that a person must look; a further one has settled it."""
        is_settled = self.has_further and self.are_complete
        return self.spread is not None and self.spread >= DISAGREEMENT and not is_settled


def reads_of(track_applications: Iterable[int], wanted: int) -> dict[int, Reads]:
    """Return the readings handed in, by application in the track (primary keys), in one query."""
    ids = list(track_applications)
    means: dict[int, list[Decimal]] = defaultdict(list)
    further = set()
    for pk, mean, asked in (
        ReviewAssignment.objects.filter(track_application__in=ids, state=AssignmentState.SUBMITTED)
        .order_by("pk")
        .values_list("track_application_id", "review__mean", "track_application__further_read")
    ):
        means[pk].append(mean)
        if asked is not None:
            further.add(pk)
    return {pk: Reads(tuple(means[pk]), wanted + (pk in further), pk in further) for pk in ids}


@dataclass(frozen=True)
class Problem:
    """Something that stands against a batch, with the applications it is about (their public ids)."""

    kind: str
    text: str
    applications: tuple[str, ...] = ()
    blocks: bool = True


def problems(batch: DecisionBatch) -> list[Problem]:
    """Return what stands against ``batch`` now; nothing that blocks may be left when it is approved or released."""
    decisions = list(batch.decisions.select_related("track_application").order_by("pk"))
    if not decisions:
        return [Problem("empty", "Nobody is left in this batch.")]
    gone = [d for d in decisions if d.track_application.internal_state == TrackState.WITHDRAWN]
    decisions = [d for d in decisions if d not in gone]
    if not decisions:
        return [Problem("empty", "Everybody in this batch has withdrawn.")]
    found = [_moved(batch, decisions), _gone(gone)]
    if batch.gate == GateKind.REVIEW:
        reads = reads_of((d.track_application_id for d in decisions), batch.cycle.reviews_per_application)
        found += [_unread(decisions, reads), _disagreed(decisions, reads), _conflicted(decisions)]
    return [problem for problem in found if problem.applications]


def _ids(decisions: Iterable[Decision]) -> tuple[str, ...]:
    return tuple(decision.track_application.public_id for decision in decisions)


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def expected_state(batch: DecisionBatch, decision: Decision) -> frozenset[str]:
    """Return in which states the application must be found for ``decision`` to stand."""
    verb = VERBS[batch.gate, decision.outcome]
    if batch.state == BatchState.APPROVED and verb is not None:
        return frozenset({TrackApplication.MOVES.moves[verb].target})
    return frozenset(str(state) for state in WAITING[GateKind(batch.gate)])


def _moved(batch: DecisionBatch, decisions: list[Decision]) -> Problem:
    rows = [d for d in decisions if d.track_application.internal_state not in expected_state(batch, d)]
    since = (
        "since the approval. Take out and approve again."
        if batch.state == BatchState.APPROVED
        else "since the batch was made. Take out."
    )
    return Problem("changed", f"{_people(len(rows))} changed {since}", _ids(rows))


def _gone(decisions: list[Decision]) -> Problem:
    verb = "has" if len(decisions) == 1 else "have"
    text = f"{_people(len(decisions))} {verb} withdrawn. The release leaves them out: they are told nothing."
    return Problem("gone", text, _ids(decisions), blocks=False)


def _unread(decisions: list[Decision], reads: dict[int, Reads]) -> Problem:
    rows = [
        d
        for d in decisions
        if not reads[d.track_application_id].are_complete and (d.by_rule or d.outcome != Outcome.HOLD)
    ]
    return Problem("unread", f"{_people(len(rows))} with reads missing. Wait, take out, or hold by hand.", _ids(rows))


def _disagreed(decisions: list[Decision], reads: dict[int, Reads]) -> Problem:
    rows = [d for d in decisions if reads[d.track_application_id].disagree and d.by_rule]
    n = len(rows)
    words = "1 disagreement" if n == 1 else f"{n} disagreements"
    return Problem(
        "disagreement", f"{words} of {DISAGREEMENT} or more without a note. Decide by hand, with a reason.", _ids(rows)
    )


def _conflicted(decisions: list[Decision]) -> Problem:
    """Readings that count although reader and applicant are in conflict: declared by the other side, or by staff."""
    by_row = {d.track_application_id: d for d in decisions}
    readers = ReviewAssignment.objects.filter(
        track_application__in=by_row, state=AssignmentState.SUBMITTED
    ).values_list("track_application_id", "reviewer_id", "track_application__application__person_id")
    pairs = set(ConflictOfInterest.objects.values_list("reviewer_id", "person_id"))
    rows = {
        pk
        for pk, reader, person in readers
        if reader == person or (reader, person) in pairs or (person, reader) in pairs
    }
    text = f"{_people(len(rows))} read by somebody with a conflict of interest. Take out and have it read anew."
    return Problem("conflict", text, _ids(by_row[pk] for pk in sorted(rows)))


def batches_due(now: datetime) -> QuerySet[DecisionBatch]:
    """Return the approved batches whose scheduled release has come."""
    return DecisionBatch.objects.filter(state=BatchState.APPROVED, release_at__lte=now).order_by("release_at", "pk")


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


def batch_rows(user: Any) -> list[BatchRow]:
    """Return the batches that ``user`` may look at, newest first."""
    batches = (
        batches_visible_to(user)
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

    @property
    def blocks(self) -> bool:
        """Whether something stands against approval and release."""
        return any(problem.blocks for problem in self.problems)


FLAGS = {
    "changed": "changed since",
    "gone": HAS_WITHDRAWN,
    "unread": "reads missing",
    "disagreement": "reads disagree",
    "conflict": "conflict",
}


def tally(batch: DecisionBatch) -> Tally:
    """Return how many of each outcome the whole batch holds; whoever has withdrawn before the release is no part."""
    lines = batch.decisions.filter(left_out="")
    if batch.state != BatchState.RELEASED:
        lines = lines.exclude(track_application__internal_state=TrackState.WITHDRAWN)
    counted = dict(lines.values_list("outcome").annotate(n=Count("pk")))
    return Tally(*(counted.get(outcome, 0) for outcome in (Outcome.ADVANCE, Outcome.HOLD, Outcome.NOT_ADVANCE)))


def batch_page(batch: DecisionBatch, user: Any) -> BatchPage:
    """Return the batch as ``user`` may see it: lines about themselves or people they are close to are not in it."""
    batch = DecisionBatch.objects.select_related("track", "cycle", "maker", "approver").get(pk=batch.pk)
    # What is over has changed everybody in it: nothing stands against it any more.
    is_over = batch.state in {BatchState.RELEASED, BatchState.DISCARDED}
    found, counts = [] if is_over else problems(batch), tally(batch)
    rows = _rows(batch, user, found)
    return BatchPage(
        public_id=batch.public_id,
        title=title_of(batch),
        track=batch.track.name,
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
    )


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
            flags[public_id].append(FLAGS.get(problem.kind, ""))
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


@dataclass(frozen=True)
class Scope:
    """A track and gate where people wait for a decision."""

    track: Track
    gate: str
    gate_label: str
    waiting: int
    complete: int
    open_batch: str


def scopes() -> list[Scope]:
    """Return every track and gate at which somebody waits, with how many of them are completely read."""
    tracks = {
        track.pk: track
        for track in Track.objects.select_related("cycle")
        .annotate(
            n_screen=Count("track_applications", filter=Q(track_applications__internal_state=TrackState.IN_SCREEN)),
            n_review=Count(
                "track_applications", filter=Q(track_applications__internal_state__in=sorted(WAITING[GateKind.REVIEW]))
            ),
        )
        .order_by("cycle", "order")
    }
    complete: dict[int, int] = defaultdict(int)
    for pk, track_id in (
        TrackApplication.objects.filter(internal_state__in=sorted(WAITING[GateKind.REVIEW]))
        .annotate(n=Count("review_assignments", filter=Q(review_assignments__state=AssignmentState.SUBMITTED)))
        .filter(n__gte=1)
        .values_list("n", "track_id")
    ):
        complete[track_id] += pk >= tracks[track_id].cycle.reviews_per_application
    opened = {
        (track_id, gate): public_id
        for track_id, gate, public_id in DecisionBatch.objects.filter(
            state__in=[BatchState.DRAFT, BatchState.APPROVED], counters=None
        ).values_list("track_id", "gate", "public_id")
    }
    return [
        Scope(
            track,
            gate,
            GateKind(gate).label,
            waiting,
            complete[track.pk] if gate == GateKind.REVIEW else waiting,
            opened.get((track.pk, gate), ""),
        )
        for track in tracks.values()
        for gate, waiting in ((GateKind.SCREEN, track.n_screen), (GateKind.REVIEW, track.n_review))
        if waiting
    ]

"""Gate decisions: propose, change by hand, approve by a second person, schedule, release. Four acts, never one."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from applications.domain import gates
from applications.domain.releases import release_tracks
from applications.models import TrackApplication
from applications.states import TrackState
from core import audit, clock, outbox
from core.refusals import Refused, Stale
from core.transitions import locked, transition
from reviews.domain.packets import hand_over_packets
from reviews.models import Decision, DecisionBatch
from reviews.queries.access import conflicted_with, decisions_visible_to
from reviews.queries.checks import HAS_WITHDRAWN, VERBS, WAITING, Problem, problems, problems_for
from reviews.queries.feedback import with_note_counts
from reviews.queries.letters import decision_mail
from reviews.queries.reads import Reads, reads_of
from reviews.queries.undo import held_mails
from reviews.states import PROPOSABLE, READING_ENDS_WITH, BatchState, GateKind, Outcome
from streams.models import Track

#: How long decision mails can be stopped after a release.
MAIL_DELAY_MINUTES = 10


@transaction.atomic
def create_batch(*, track: Track, gate: str, by: Any, rule_line: Decimal | None = None) -> DecisionBatch:
    """Propose an outcome for everybody who waits at a gate of ``track``.

    At the central review the rule is "the raw mean of the reads is at least ``rule_line``"; at the screen everybody
    is proposed to advance and a person decides. The maker's own application, and those of people they are in
    conflict with, are left for a batch by somebody else. Raises ``Refused`` if nobody waits or a batch is open.
    """
    if gate not in GateKind.values:
        raise Refused("Choose the screen or the central review.")
    if gate == GateKind.REVIEW and (rule_line is None or not Decimal(1) <= rule_line <= Decimal(5)):
        raise Refused("Give the line: a mean between 1.00 and 5.00.")
    track = locked(track, "cycle")
    waiting = list(
        TrackApplication.objects.filter(track=track, internal_state__in=sorted(WAITING[GateKind(gate)]))
        .exclude(conflicted_with(by, "application__person"))
        .order_by("pk")
    )
    if not waiting:
        raise Refused("Nobody waits for a decision here.")
    rule = "Everybody goes on" if gate == GateKind.SCREEN else f"Raw mean of the reads at least {rule_line:.2f}"
    try:
        with transaction.atomic():
            batch = DecisionBatch.objects.create(
                cycle=track.cycle,
                track=track,
                gate=gate,
                rule=rule,
                rule_line=rule_line if gate == GateKind.REVIEW else None,
                maker=by,
            )
    except IntegrityError as error:
        raise Refused("A batch of this track and gate is open already. Release or discard it first.") from error
    reads = reads_of((row.pk for row in waiting), track.cycle.reviews_per_application)
    now = clock.now()
    Decision.objects.bulk_create(
        Decision(
            batch=batch,
            track_application=row,
            outcome=_by_rule(gate, reads[row.pk], rule_line),
            decided_by=by,
            decided_at=now,
        )
        for row in waiting
    )
    audit.record("create", batch, by=by, after=batch.state, decisions=len(waiting))
    return batch


def _by_rule(gate: str, reads: Reads, line: Decimal | None) -> str:
    if gate == GateKind.SCREEN or line is None:
        return Outcome.ADVANCE
    if not reads.are_complete or reads.mean is None:
        return Outcome.HOLD
    return Outcome.ADVANCE if reads.mean >= line else Outcome.NOT_ADVANCE


@transaction.atomic
def set_outcome(*, decision: Decision, outcome: str, reason: str, by: Any) -> Decision:
    """Change one line by hand, with a reason. If the batch was approved, that voids the approval.

    Raises ``Refused`` for a line about ``by`` or somebody they are in conflict with, and once it is released.
    """
    batch = _editable(decision.batch, by=by)
    decision = _own_line_refused(decision, by=by)
    if outcome not in PROPOSABLE:
        raise Refused("Choose advance, hold or not advanced.")
    if not reason.strip():
        raise Refused("Give a reason. It stands in the record.")
    before = decision.outcome
    decision.outcome, decision.reason, decision.by_rule = outcome, reason.strip()[:300], False
    decision.decided_by, decision.decided_at = by, clock.now()
    decision.save(update_fields=["outcome", "reason", "by_rule", "decided_by", "decided_at"])
    _count_edit(batch)
    audit.record("set_outcome", batch, by=by, before=before, after=outcome, decision=decision.pk)
    return decision


@transaction.atomic
def take_out(*, decision: Decision, by: Any) -> DecisionBatch:
    """Leave one application out of the batch: it waits for the next one. Voids an approval like every edit."""
    batch = _editable(decision.batch, by=by)
    decision = _own_line_refused(decision, by=by)
    audit.record("take_out", batch, by=by, before=decision.outcome, track_application=decision.track_application_id)
    decision.delete()
    _count_edit(batch)
    return batch


def _editable(batch: DecisionBatch, *, by: Any) -> DecisionBatch:
    """Return the locked batch as a draft."""
    batch = locked(batch)
    if batch.counters_id:
        raise Refused("This batch takes a release back as a whole. Discard it to let the release stand.")
    if batch.state == BatchState.APPROVED:
        batch = recall_batch(batch=batch, by=by)
    if batch.state != BatchState.DRAFT:
        raise Refused(f"This batch is {batch.get_state_display().lower()}: its decisions stand.")
    return batch


def _own_line_refused(decision: Decision, *, by: Any) -> Decision:
    # As if it did not exist: staff are not to learn from a refusal that a line about them is here.
    line = decisions_visible_to(by).filter(pk=decision.pk).first()
    if line is None:
        raise Refused("This line is not yours to decide on.")
    return line


def _count_edit(batch: DecisionBatch) -> None:
    batch.version += 1
    batch.save(update_fields=["version"])


def check_batch(batch: DecisionBatch) -> list[Problem]:
    """Return what stands against the batch now."""
    return problems(batch)


@transaction.atomic
def approve_batch(*, batch: DecisionBatch, version: int, by: Any) -> DecisionBatch:
    """Approve exactly the version that was looked at, as a second person. Staff's states move, applicants' do not.

    Raises ``Refused`` for the maker, for somebody whom a line is about, and while a check blocks; ``Stale`` when
    the batch was changed since it was looked at.
    """
    batch = locked(batch, "cycle", "track")
    if batch.counters_id:
        raise Refused("This batch takes a release back: it is approved on its own page.")
    demand_second_person(batch, version=version, by=by)
    _demand_clean(batch, by=by)
    batch = transition(batch, "approve", by=by, approver=by, approved_at=clock.now())
    # Who has withdrawn stays in the list, is passed over by the release, and is shown there.
    lines = batch.decisions.exclude(track_application__internal_state=TrackState.WITHDRAWN)
    for outcome in PROPOSABLE:
        verb = VERBS[batch.gate, outcome]
        if verb is not None:
            rows = lines.filter(outcome=outcome).values_list("track_application_id", flat=True)
            gates.decide_tracks(track_applications=rows, verb=verb, by=by)
    return batch


def demand_second_person(batch: DecisionBatch, *, version: int, by: Any) -> None:
    """Refuse whoever may not approve ``batch``: its maker, somebody a line is about, a reader of an older version."""
    if batch.maker_id == by.pk:
        raise Refused("You made this batch. A second person has to approve it.")
    if batch.state == BatchState.DRAFT and batch.version != version:
        raise Stale("The batch was changed since you looked at it. Look again, then approve.", batch)
    if batch.decisions.filter(conflicted_with(by, "track_application__application__person")).exists():
        raise Refused("This batch decides on you or on a person close to you. Somebody else has to approve it.")


def _demand_clean(batch: DecisionBatch, *, by: Any) -> None:
    found = problems(batch) if by is None else problems_for(batch, by)
    if texts := [problem.text for problem in found if problem.blocks]:
        raise Refused(" ".join(texts))


@transaction.atomic
def recall_batch(*, batch: DecisionBatch, by: Any) -> DecisionBatch:
    """Void an approval before the release: staff's states go back to where the applicants still are."""
    batch = transition(locked(batch), "recall", by=by, approver=None, approved_at=None, release_at=None)
    gates.recall_tracks(track_applications=batch.decisions.values_list("track_application_id", flat=True), by=by)
    _count_edit(batch)
    return batch


@transaction.atomic
def schedule_batch(*, batch: DecisionBatch, release_at: datetime | None, by: Any) -> DecisionBatch:
    """Set when an approved batch is released by itself; ``None`` takes the date away."""
    batch = locked(batch)
    if batch.state != BatchState.APPROVED:
        raise Refused("Only an approved batch can be scheduled.")
    if release_at is not None and release_at <= clock.now():
        raise Refused("This time has passed. Choose a later one, or release now.")
    batch.release_at = release_at
    batch.save(update_fields=["release_at"])
    audit.record("schedule", batch, by=by, release_at=release_at.isoformat() if release_at else "")
    return batch


@transaction.atomic
def release_batch(*, batch: DecisionBatch, by: Any = None) -> DecisionBatch:
    """Show all decisions of an approved batch to their applicants, and decide on one mail to each. All or nothing.

    Whoever has withdrawn meanwhile is left out: they are shown and mailed nothing, and their line says so. Raises
    ``Refused`` if the batch is not approved or something else in it has changed since the approval.
    """
    batch = locked(batch, "cycle", "track")
    if batch.state == BatchState.APPROVED:
        _demand_clean(batch, by=by)
    batch = transition(batch, "release", by=by, released_at=clock.now())
    not_before = clock.now() + timedelta(minutes=getattr(settings, "DECISION_MAIL_DELAY_MINUTES", MAIL_DELAY_MINUTES))
    decisions = with_note_counts(batch.decisions.all()).select_related("track_application__application__person")
    lines = list(decisions.order_by("pk"))
    found = release_tracks(track_applications=[line.track_application_id for line in lines], by=by, mail_at=not_before)
    for line in lines:
        line.found = found[line.track_application_id]
        line.left_out = "" if line.found else HAS_WITHDRAWN
    Decision.objects.bulk_update(lines, ["found", "left_out"], batch_size=1000)
    for line in lines:
        if line.left_out:
            audit.record("leave_out", batch, by=by, track_application=line.track_application_id)
    _hand_notes_over(batch, lines, by=by)
    outbox.enqueue_all(decision_mail(batch, line, not_before) for line in lines if not line.left_out)
    return batch


def _hand_notes_over(batch: DecisionBatch, lines: list[Decision], *, by: Any) -> None:
    """Give the checked packets out with the results that end the reading."""
    if batch.gate == GateKind.REVIEW:
        decided = [
            line.track_application_id for line in lines if not line.left_out and line.outcome in READING_ENDS_WITH
        ]
        hand_over_packets(track_applications=decided, policy=batch.cycle.feedback_policy, by=by)


@transaction.atomic
def discard_batch(*, batch: DecisionBatch, by: Any) -> DecisionBatch:
    """Give a draft up: everybody in it waits as before. The mails that a counter-batch held back go their way."""
    batch = transition(locked(batch), "discard", by=by)
    if batch.counters_id:
        outbox.let_go(public_ids=held_mails(batch))
    return batch

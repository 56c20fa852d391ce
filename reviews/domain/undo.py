"""Take a release back: its mails stop at once, a second person approves, and everybody is where they were before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from applications.domain import gates
from applications.domain.phases import owner_prefix, stage2_mails
from applications.domain.releases import stream_task_mails
from applications.models import Application, TrackApplication
from applications.states import ApplicationState
from core import audit, clock, outbox
from core.models import OutboxMail
from core.refusals import Refused
from core.transitions import locked, transition
from reviews.domain.batches import demand_second_person
from reviews.domain.packets import take_packets_back
from reviews.models import Decision, DecisionBatch
from reviews.queries.access import conflicted_with
from reviews.queries.letters import decision_key, decision_mail
from reviews.queries.undo import MAY_HAVE_ARRIVED, undo_until
from reviews.states import GateKind, Outcome


@transaction.atomic
def request_undo(*, batch: DecisionBatch, reason: str, by: Any, asked_at: datetime | None = None) -> DecisionBatch:
    """Make the counter-batch of a release. What it mailed and has not left yet is held from now on.

    Applicants go on reading their result until a second person approves. Raises ``Refused`` after the window
    (``asked_at`` is when the person asked, if a job does it later), for somebody a line is about, and while a later
    decision about somebody in it waits for its own release.
    """
    batch = locked(batch, "track")
    demand_undo_is_open(batch, reason=reason, by=by, asked_at=asked_at or clock.now())
    lines = list(
        batch.decisions.filter(left_out="", taken_back_at=None)
        .select_related("track_application__application")
        .order_by("track_application__application_id")
    )
    _demand_no_later_decision([line.track_application for line in lines])
    if not lines:
        raise Refused("Nothing is left to take back.")
    try:
        with transaction.atomic():
            counter = DecisionBatch.objects.create(
                cycle_id=batch.cycle_id,
                track=batch.track,
                gate=batch.gate,
                rule="Everything that the release did",
                maker=by,
                counters=batch,
                reason=reason.strip()[:500],
            )
    except IntegrityError as error:
        raise Refused("Somebody has asked for this already. Approve or discard their batch.") from error
    held = _hold_mails(batch, lines)
    now = clock.now()
    Decision.objects.bulk_create(
        Decision(
            batch=counter,
            track_application=line.track_application,
            outcome=Outcome.TAKE_BACK,
            decided_by=by,
            decided_at=now,
            found={"mails": held.get(line.pk, [])},
        )
        for line in lines
    )
    n_held = sum(len(mails) for mails in held.values())
    audit.record("create", counter, by=by, after=counter.state, decisions=len(lines), mails_held=n_held)
    return counter


def demand_undo_is_open(batch: DecisionBatch, *, reason: str, by: Any, asked_at: datetime) -> None:
    """Refuse whoever asks too late, without a reason, or for a batch about themselves or a person close to them."""
    until = undo_until(batch)
    if until is None:
        raise Refused("Only a release can be taken back.")
    if asked_at >= until:
        raise Refused("The time to take this release back is over. Decide anew in a batch of its own.")
    if not reason.strip():
        raise Refused("Say what went wrong. It stands in the record.")
    if batch.decisions.filter(conflicted_with(by, "track_application__application__person")).exists():
        raise Refused("This batch decides on you or on a person close to you. Somebody else has to take it back.")


def _demand_no_later_decision(rows: list[TrackApplication]) -> None:
    pending = sum(row.internal_state != row.released_state for row in rows)
    if pending:
        people = "1 person" if pending == 1 else f"{pending} people"
        raise Refused(f"A later batch decides on {people} in this one. Void its approval first.")


def _hold_mails(batch: DecisionBatch, lines: list[Decision]) -> dict[int, list[str]]:
    """Stop the mails of the release that have not left; return their public ids by line."""
    owner = {decision_key(batch, line.track_application.application.public_id): line.pk for line in lines}
    held: dict[int, list[str]] = {}
    for key, public_id in outbox.hold_back(keys=owner).items():
        held.setdefault(owner[key], []).append(public_id)
    further_mails = stage2_mails if batch.gate == GateKind.SCREEN else stream_task_mails
    begins = {further_mails(line.track_application.application): line.pk for line in lines}
    for key, public_id in outbox.hold_back(prefixes=begins).items():
        held.setdefault(begins[owner_prefix(key)], []).append(public_id)
    return held


@transaction.atomic
def approve_undo(*, counter: DecisionBatch, version: int, by: Any) -> DecisionBatch:
    """Take the release back, as a second person: all of it at once, and a mail to whoever was mailed.

    Who has withdrawn or gone on since keeps what they have; their line says why. Raises ``Refused`` for the maker,
    for somebody a line is about, and while a later decision waits for its own release.
    """
    counter = locked(counter, "cycle", "track")
    if counter.counters is None:
        raise Refused("This batch takes nothing back.")
    release = locked(counter.counters)
    demand_second_person(counter, version=version, by=by)
    counter = transition(counter, "approve", by=by, approver=by, approved_at=clock.now())
    lines = list(
        counter.decisions.select_related("track_application__application__person").order_by(
            "track_application__application_id"
        )
    )
    _demand_no_later_decision([line.track_application for line in lines])
    about = {line.track_application_id for line in lines}
    originals = {line.track_application_id: line for line in release.decisions.all()}
    arrived = _arrived(release, lines)
    reasons = gates.take_back_tracks(found={pk: one.found or {} for pk, one in originals.items() if pk in about}, by=by)
    back = [line for line in lines if not reasons[line.track_application_id]]
    _leave_out([line for line in lines if reasons[line.track_application_id]], reasons, by=by)
    for line in back:
        originals[line.track_application_id].taken_back_at = clock.now()
    Decision.objects.bulk_update(
        [originals[line.track_application_id] for line in back], ["taken_back_at"], batch_size=1000
    )
    take_packets_back(track_applications=[line.track_application_id for line in back], by=by)
    _let_stage2_mails_go(back)
    outbox.enqueue_all(
        decision_mail(counter, line, None) for line in back if line.track_application.application.public_id in arrived
    )
    return transition(counter, "release", by=by, released_at=clock.now())


def _arrived(release: DecisionBatch, lines: list[Decision]) -> set[str]:
    """Return the applications (public ids) whose decision mail has left, or may have."""
    keys = {decision_key(release, one): one for one in (line.track_application.application.public_id for line in lines)}
    sent = OutboxMail.objects.filter(key__in=list(keys), state__in=sorted(MAY_HAVE_ARRIVED))
    return {keys[key] for key in sent.values_list("key", flat=True)}


def _leave_out(lines: list[Decision], reasons: Mapping[int, str], *, by: Any) -> None:
    """Let the results of those stand whom nothing can lead back, and their mails go."""
    for line in lines:
        line.left_out = reasons[line.track_application_id]
        audit.record("leave_out", line.batch, by=by, track_application=line.track_application_id)
    Decision.objects.bulk_update(lines, ["left_out"], batch_size=1000)
    outbox.let_go(public_ids=[mail for line in lines for mail in (line.found or {}).get("mails", [])])


def _let_stage2_mails_go(lines: list[Decision]) -> None:
    """Let the mails about the next stage go to those whom another track has let in: what they say is still true."""
    mails = [mail for line in lines for mail in (line.found or {}).get("mails", [])]
    inside = Application.objects.filter(
        pk__in=[line.track_application.application_id for line in lines],
        internal_state__in=[ApplicationState.STAGE2, ApplicationState.FINAL],
    )
    begins = {
        stage2_mails(one) if one.internal_state == ApplicationState.STAGE2 else stream_task_mails(one) for one in inside
    }
    held = OutboxMail.objects.filter(public_id__in=mails).values_list("key", "public_id")
    outbox.let_go(public_ids=[public_id for key, public_id in held if owner_prefix(key) in begins])

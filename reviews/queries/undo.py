"""Taking a release back: until when, whom it reaches, and where their mails are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from applications.models import TrackApplication
from applications.queries.going_back import begun_stage2, why_not_back
from core import clock
from core.models import OutboxMail
from core.states import MailState
from reviews.models import Decision, DecisionBatch
from reviews.queries.access import decisions_visible_to
from reviews.queries.letters import decision_key
from reviews.states import BatchState, Outcome

#: How long after a release it can be asked for to be taken back.
UNDO_MINUTES = 30
#: A decision that its applicant was told and that still holds.
STANDS = Q(batch__state=BatchState.RELEASED, batch__counters=None, left_out="", taken_back_at=None)
#: Mails that the applicant has, or may have.
MAY_HAVE_ARRIVED = frozenset({MailState.SENDING, MailState.SENT, MailState.UNKNOWN})


def title_of(batch: DecisionBatch) -> str:
    """Return what a batch is called."""
    name = f"{batch.track.name}: {batch.get_gate_display().lower()}"
    return f"{name}, taken back" if batch.counters_id else name


def undo_until(batch: DecisionBatch) -> datetime | None:
    """Return until when taking the release back can be asked for."""
    if batch.state != BatchState.RELEASED or batch.counters_id or batch.released_at is None:
        return None
    return batch.released_at + timedelta(minutes=getattr(settings, "DECISION_UNDO_MINUTES", UNDO_MINUTES))


@dataclass(frozen=True)
class Undo:
    """Whether a release can still be taken back, and the batch that does it."""

    until: datetime | None
    is_open: bool
    counter: str  # public id of the counter-batch that waits or was released
    counter_state: str
    of: str  # public id of the release that this batch takes back


def undo_of(batch: DecisionBatch) -> Undo:
    """Return how it stands with taking ``batch`` back."""
    until = undo_until(batch)
    counter = batch.counter_batches.exclude(state=BatchState.DISCARDED).order_by("-pk").first()
    return Undo(
        until=until,
        is_open=until is not None and clock.now() < until and counter is None,
        counter=counter.public_id if counter else "",
        counter_state=counter.state if counter else "",
        of=batch.counters.public_id if batch.counters else "",
    )


def held_mails(counter: DecisionBatch) -> list[str]:
    """Return the mails (public ids) that a counter-batch keeps from leaving."""
    return [mail for found in counter.decisions.values_list("found", flat=True) for mail in (found or {})["mails"]]


@dataclass(frozen=True)
class UndoLine:
    """One person whom taking back reaches, or does not."""

    reference: str
    name: str
    outcome: str
    mail: str
    stays: str  # why this person's result stands all the same


@dataclass(frozen=True)
class UndoPage:
    """What the page for taking a release back shows, before and after it was asked for."""

    batch: str
    title: str
    reason: str
    state: str
    version: int
    maker: str
    is_mine: bool
    approver: str
    released_at: datetime | None
    until: datetime | None
    is_open: bool
    lines: tuple[UndoLine, ...]
    n_hidden: int
    n_arrived: int
    n_stay: int

    @property
    def n_back(self) -> int:
        """How many results do not hold any more."""
        return len(self.lines) + self.n_hidden - self.n_stay


def undo_page(batch: DecisionBatch, user: Any) -> UndoPage:
    """Return whom taking ``batch`` back reaches; ``batch`` is the release or the counter-batch that undoes it."""
    counter = batch if batch.counters_id else None
    release = batch.counters or batch
    title = title_of(DecisionBatch.objects.select_related("track").get(pk=release.pk))
    decisions = Decision.objects.filter(batch=release, batch__state=BatchState.RELEASED, left_out="")
    if counter is not None:
        decisions = decisions.filter(track_application__in=counter.decisions.values("track_application"))
    shown = list(
        decisions.filter(pk__in=decisions_visible_to(user).values("pk"))
        .select_related("track_application__application__person")
        .order_by("track_application__application__reference", "pk")
    )
    keys = {decision_key(release, d.track_application.application.public_id): d.pk for d in shown}
    mails = {keys[key]: state for key, state in _mail_states(list(keys))}
    stays = _stays(counter, shown)
    until = undo_until(release)
    return UndoPage(
        batch=batch.public_id,
        title=title,
        reason=batch.reason,
        state=batch.state if counter else "",
        version=batch.version,
        maker=str(batch.maker) if counter else "",
        is_mine=counter is not None and batch.maker_id == user.pk,
        approver=str(batch.approver or "") if counter else "",
        released_at=release.released_at,
        until=until,
        is_open=undo_of(release).is_open,
        lines=tuple(
            UndoLine(
                reference=d.track_application.application.reference,
                name=str(d.track_application.application.person),
                outcome=Outcome(d.outcome).label,
                mail=MAIL_WORDS.get(mails.get(d.pk, ""), "no mail"),
                stays=stays.get(d.pk, ""),
            )
            for d in shown
        ),
        n_hidden=decisions.count() - len(shown),
        n_arrived=sum(state in MAY_HAVE_ARRIVED for state in mails.values()),
        n_stay=len(stays),
    )


MAIL_WORDS: dict[str, str] = {
    MailState.QUEUED: "not sent yet",
    MailState.SENDING: "being sent",
    MailState.SENT: "sent",
    MailState.UNKNOWN: "perhaps sent",
    MailState.FAILED: "could not be sent",
    MailState.STOPPED: "stopped",
    MailState.BOUNCED: "came back",
}


def _mail_states(keys: list[str]) -> list[tuple[str, str]]:
    return list(OutboxMail.objects.filter(key__in=keys).values_list("key", "state"))


def _stays(counter: DecisionBatch | None, shown: list[Decision]) -> dict[int, str]:
    """Return whose result stands all the same, and why: as it was found, or as it is now before the release."""
    if counter is not None and counter.state == BatchState.RELEASED:
        left = dict(counter.decisions.exclude(left_out="").values_list("track_application_id", "left_out"))
        return {d.pk: left[d.track_application_id] for d in shown if d.track_application_id in left}
    begun = begun_stage2(d.track_application.application_id for d in shown)
    return {
        d.pk: why
        for d in shown
        if d.taken_back_at is None and (why := _why_not(d.track_application, d.found or {}, begun))
    }


def _why_not(row: TrackApplication, found: dict[str, Any], begun: set[int]) -> str:
    return why_not_back(row, row.application, found, row.application_id in begun)

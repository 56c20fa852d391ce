"""The mail that tells one decision: the same words in the preview and in the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import outbox
from core.models import OutboxMail
from core.states import MailClass
from reviews.models import Decision, DecisionBatch
from reviews.queries.access import decisions_visible_to
from reviews.queries.feedback import with_note_counts
from reviews.states import GateKind, Outcome
from streams.states import FeedbackPolicy


@dataclass(frozen=True)
class Letter:
    """What ``core.outbox.enqueue`` needs for one decision."""

    template: str
    context: dict[str, Any]

    def rendered(self, person: Any) -> tuple[str, str]:
        """Return subject and text as ``person`` would get them."""
        return outbox.rendered(template=self.template, person=person, **self.context)


def decision_key(batch: DecisionBatch, application: str) -> str:
    """Name the mail that tells one applicant (the application's public id) what ``batch`` decided."""
    return f"decision:{application}:{batch.public_id}"


def n_notes_of(batch: DecisionBatch, decision: Decision) -> int:
    """Return how many notes go out with ``decision``, which comes from ``with_note_counts``."""
    is_handed_over = batch.gate == GateKind.REVIEW and batch.cycle.feedback_policy != FeedbackPolicy.NONE
    return int(getattr(decision, "n_notes", 0)) if is_handed_over else 0


def letter(batch: DecisionBatch, decision: Decision) -> Letter:
    """Return the mail about ``decision``."""
    application = decision.track_application.application
    return Letter(
        template=f"reviews/mail/{GateKind(batch.gate)}_{Outcome(decision.outcome)}.txt",
        context={
            "track": batch.track.name,
            "cycle": batch.cycle.name,
            "reference": application.reference,
            "n_notes": n_notes_of(batch, decision),
        },
    )


def decision_mail(batch: DecisionBatch, decision: Decision, not_before: datetime | None) -> OutboxMail:
    """Return the mail about ``decision`` as the outbox takes it; nothing is stored yet."""
    application, words = decision.track_application.application, letter(batch, decision)
    subject, body = words.rendered(application.person)
    prefix = "taken-back" if batch.counters_id else "decision"
    return OutboxMail(
        key=f"{prefix}:{application.public_id}:{batch.public_id}",
        to=application.person.email,
        person=application.person,
        template=words.template,
        subject=subject,
        body=body,
        mail_class=MailClass.HOLD,
        not_before=not_before,
    )


@dataclass(frozen=True)
class Preview:
    """One rendered mail, and how many of its kind go out."""

    outcome: str
    n: int
    reference: str
    subject: str
    body: str


def previews(batch: DecisionBatch, user: Any) -> list[Preview]:
    """Return each kind of mail of the batch, rendered for the first person who gets it."""
    batch = DecisionBatch.objects.select_related("track", "cycle").get(pk=batch.pk)
    decisions = _decisions(batch, user)
    return [
        _preview(batch, of_kind[0], len(of_kind))
        for outcome in Outcome.values
        if (of_kind := [d for d in decisions if d.outcome == outcome])
    ]


def preview_for(batch: DecisionBatch, user: Any, application: str) -> Preview | None:
    """Return the mail to one person of the batch (the public id of their application in the track)."""
    batch = DecisionBatch.objects.select_related("track", "cycle").get(pk=batch.pk)
    for decision in _decisions(batch, user, application):
        return _preview(batch, decision, 1)
    return None


def _decisions(batch: DecisionBatch, user: Any, application: str | None = None) -> list[Decision]:
    rows = decisions_visible_to(user).filter(batch=batch)
    if application is not None:
        rows = rows.filter(track_application__public_id=application)
    return list(
        with_note_counts(rows)
        .select_related("track_application__application__person")
        .order_by("track_application__application__reference")
    )


def _preview(batch: DecisionBatch, decision: Decision, n: int) -> Preview:
    application = decision.track_application.application
    subject, body = letter(batch, decision).rendered(application.person)
    return Preview(Outcome(decision.outcome).label, n, application.reference, subject, body)

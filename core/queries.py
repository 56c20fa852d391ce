"""What pages about mail, jobs and the record show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from core.access import kept_from
from core.models import AuditEvent, Job, OutboxMail
from core.states import MailState

#: States of a mail that is out.
LEFT = [MailState.SENT, MailState.BOUNCED]


def mails_visible_to(user: Any) -> QuerySet[OutboxMail]:
    """Return the mails ``user`` may know of: the ones written to them that have left; for staff the others' too.

    Mails to people from whose files they are kept are not there for staff either: a held one tells a decision.
    """
    if user.is_anonymous:
        return OutboxMail.objects.none()
    if user.has_perm("core.view_outbox"):
        own = Q(person_id=user.pk, state__in=LEFT, is_secret=False)
        return OutboxMail.objects.filter(own | ~Q(person_id__in=kept_from(user)) | Q(person_id=None))
    return own_messages(user)


def own_messages(user: Any) -> QuerySet[OutboxMail]:
    """Return the page twins of mails sent to ``user``: only what has left, so a held decision stays unseen.

    One that came back is read here, and nowhere else.
    """
    return OutboxMail.objects.filter(person_id=user.pk, state__in=LEFT, is_secret=False).order_by("-sent_at", "-pk")


def jobs_visible_to(user: Any) -> QuerySet[Job]:
    """Return the jobs ``user`` asked for; all of them for staff."""
    if user.is_anonymous:
        return Job.objects.none()
    if user.has_perm("core.view_every_job"):
        return Job.objects.all()
    return Job.objects.filter(asked_by_id=user.pk)


@dataclass(frozen=True)
class MailRow:
    """One line of the outbox page."""

    pk: int
    public_id: str
    to: str
    subject: str
    mail_class: str
    state: str
    state_label: str
    attempts: int
    error: str
    at: datetime


def mail_rows(user: Any, state: str | None, *, q: str = "", before: int | None = None, size: int = 50) -> list[MailRow]:
    """Return a page of the outbox as ``user`` sees it, newest first, and one line more if there are older ones.

    ``state`` is one of the known states or ``None`` for all; ``q`` a part of the address or of the subject.
    """
    mails = mails_visible_to(user).order_by("-pk")
    if q:
        mails = mails.filter(Q(to__icontains=q) | Q(subject__icontains=q))
    if state in MailState.values:
        mails = mails.filter(state=state)
    if before:
        mails = mails.filter(pk__lt=before)
    return [
        MailRow(
            m.pk,
            m.public_id,
            m.to,
            m.subject,
            m.get_mail_class_display(),
            m.state,
            m.get_state_display(),
            m.attempts,
            m.error,
            m.sent_at or m.created_at,
        )
        for m in mails[: size + 1]
    ]


def mail_counts() -> dict[str, int]:
    """Return how many mails are in each state."""
    counted = dict(OutboxMail.objects.values_list("state").annotate(n=Count("pk")))
    return {state: counted.get(state, 0) for state in MailState.values}


@dataclass(frozen=True)
class UnknownKind:
    """Mails of one template whose fate is unknown, with the subject of one of them."""

    template: str
    n: int
    subject: str


def unknown_kinds() -> list[UnknownKind]:
    """Return the mails that wait for a person, by template, the most frequent first."""
    unknown = OutboxMail.objects.filter(state=MailState.UNKNOWN).values("template")
    found = unknown.annotate(n=Count("pk"), subject=Max("subject")).order_by("-n", "template")
    return [UnknownKind(row["template"], row["n"], row["subject"]) for row in found]


def events_visible_to(user: Any) -> QuerySet[AuditEvent]:
    """Return the lines of the record that ``user`` may read: none about the file of a person they are kept from.

    Accounts and roles are no part of a file, nor is who read one: such lines stay, whomever they are about.
    """
    if not user.has_perm("core.view_audit"):
        return AuditEvent.objects.none()
    return AuditEvent.objects.filter(Q(about=None) | ~Q(about__in=sorted(kept_from(user))))


def audit_rows(user: Any, *, before: int | None = None, size: int = 50) -> list[AuditEvent]:
    """Return a page of the record as ``user`` sees it, newest first, with its actors; one line more if there are."""
    events = events_visible_to(user).select_related("actor").order_by("-pk")
    return list((events.filter(pk__lt=before) if before else events)[: size + 1])

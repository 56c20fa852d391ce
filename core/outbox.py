"""Mail with an identity: decided in the act's transaction, sent by the worker, claimed before it is sent."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from core import audit, clock
from core.models import OutboxMail
from core.states import MAIL_MOVES, MailClass, MailState
from core.transitions import locked
from core.transitions import transition as move

#: A claim that is older is a crash: nobody takes two minutes to hand over one mail.
CLAIM_LIFE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
PREFIXES_AT_ONCE = 200


def enqueue(
    *,
    key: str,
    to: str,
    template: str,
    person: Any = None,
    mail_class: str = MailClass.RESEND,
    not_before: datetime | None = None,
    is_secret: bool = False,
    **context: Any,
) -> None:
    """Decide on one mail; asking twice with the same ``key`` is one mail. Call in the transaction of its cause.

    The template's first line is ``Subject: …``. It is rendered now, with the facts of now: what is sent later is
    what was decided, and a broken template fails the act instead of losing the mail. A mail with ``is_secret``
    (it holds a sign-in code) is shown on no page and emptied once it has left.
    """
    subject, body = rendered(template=template, person=person, **context)
    enqueue_all(
        [
            OutboxMail(
                key=key,
                to=to,
                person=person,
                template=template,
                subject=subject,
                body=body,
                mail_class=mail_class,
                not_before=not_before,
                is_secret=is_secret,
            )
        ]
    )


def enqueue_all(mails: Iterable[OutboxMail]) -> None:
    """Decide on many rendered mails (see ``rendered``) at once, each under its own key as in ``enqueue``."""
    OutboxMail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=1000)
    # Robust: a broker that is down must not turn a committed act into an error page; the sweep finds the row.
    transaction.on_commit(ring, robust=True)


def rendered(*, template: str, person: Any = None, **context: Any) -> tuple[str, str]:
    """Return subject and text of a mail exactly as ``enqueue`` would store them: for previews."""
    text = render_to_string(template, {**context, "base_url": settings.PORTAL_BASE_URL, "person": person})
    head, _, body = text.lstrip().partition("\n")
    if not head.startswith("Subject: "):
        raise ValueError(f"{template} does not begin with 'Subject: '")
    # One line: a name with a line break must not become a second header.
    return " ".join(head.removeprefix("Subject: ").split())[:200], body.strip() + "\n"


def ring() -> None:
    """Wake a worker. By name, so that nothing below the tasks imports them; losing the bell loses no mail."""
    current_app.send_task("core.tasks.deliver_mail", queue="mail", retry_policy={"max_retries": 0})


def deliver_next() -> bool:
    """Send one waiting mail. Returns whether there was one."""
    mail = claim()
    if mail is None:
        return False
    try:
        hand_over(mail)
    except Exception as error:  # noqa: BLE001 -- whatever the mail service raises, the row must say so
        settle_failure(mail, error)
    else:
        settle_success(mail)
    return True


@transaction.atomic
def claim() -> OutboxMail | None:
    """Take one waiting mail for this worker: committed before anything is sent, so no other worker sends it."""
    wall = clock.wall()
    mail = (
        OutboxMail.objects.filter(state=MailState.QUEUED)
        .filter(Q(not_before=None) | Q(not_before__lte=clock.now()), Q(retry_at=None) | Q(retry_at__lte=wall))
        .order_by("created_at", "pk")
        .select_for_update(skip_locked=True)
        .first()
    )
    if mail:
        mail.state, mail.claimed_at, mail.attempts = MailState.SENDING, wall, mail.attempts + 1
        mail.save(update_fields=["state", "claimed_at", "attempts"])
    return mail


def message_id(mail: OutboxMail) -> str:
    """Return the Message-ID: the same for every try at the same mail, so that a repeated one can be recognised."""
    return f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:40]}@{settings.MAIL_DOMAIN}>"


def hand_over(mail: OutboxMail) -> None:
    """Give the mail to the mail service."""
    EmailMessage(
        subject=mail.subject,
        body=mail.body,
        to=[mail.to],
        from_email=settings.DEFAULT_FROM_EMAIL,
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
        connection=get_connection(),
    ).send(fail_silently=False)


def settle_success(mail: OutboxMail) -> None:
    """Record that the mail service took it; a secret is not kept longer than it is needed.

    One statement, which is a transaction of its own where there is none: 22,000 mails are sent one after another.
    """
    emptied = {"body": ""} if mail.is_secret else {}
    OutboxMail.objects.filter(pk=mail.pk, state=MailState.SENDING).update(
        state=MailState.SENT, sent_at=clock.now(), error="", **emptied
    )


@transaction.atomic
def settle_failure(mail: OutboxMail, error: Exception) -> None:
    """Record a refusal by the mail service: try again later, later each time, and give up after eight tries."""
    state = MailState.FAILED if mail.attempts >= MAX_ATTEMPTS else MailState.QUEUED
    OutboxMail.objects.filter(pk=mail.pk, state=MailState.SENDING).update(
        state=state,
        error=f"{type(error).__name__}: {error}"[:300],
        retry_at=clock.wall() + timedelta(seconds=30 * 2**mail.attempts),
    )


@transaction.atomic
def release_stale_claims() -> int:
    """Settle mails whose worker died in between: *resend* goes back, *hold* waits for a person. Returns how many."""
    stale = OutboxMail.objects.filter(state=MailState.SENDING, claimed_at__lt=clock.wall() - CLAIM_LIFE)
    again = stale.filter(mail_class=MailClass.RESEND).update(state=MailState.QUEUED)
    return again + stale.filter(mail_class=MailClass.HOLD).update(state=MailState.UNKNOWN)


def stop_waiting(*, key_prefix: str) -> int:
    """Stop the mails under ``key_prefix`` that have not left yet, because their cause was taken back."""
    return OutboxMail.objects.filter(key__startswith=key_prefix, state=MailState.QUEUED).update(state=MailState.STOPPED)


def count_stopped(*, key_prefix: str) -> int:
    """Return how many mails under ``key_prefix`` were stopped before they left."""
    return OutboxMail.objects.filter(key__startswith=key_prefix, state=MailState.STOPPED).count()


def hold_back(*, keys: Iterable[str] = (), prefixes: Iterable[str] = ()) -> dict[str, str]:
    """Stop those mails of these keys, or under these prefixes, that have not left yet. Returns public id by key."""
    waiting = OutboxMail.objects.filter(state=MailState.QUEUED).select_for_update(no_key=True).order_by("pk")
    held = dict(waiting.filter(key__in=list(keys)).values_list("key", "public_id"))
    begins_with = list(prefixes)
    for start in range(0, len(begins_with), PREFIXES_AT_ONCE):
        some = begins_with[start : start + PREFIXES_AT_ONCE]
        begins = reduce(or_, (Q(key__startswith=prefix) for prefix in some))
        held |= dict(waiting.filter(begins).values_list("key", "public_id"))
    OutboxMail.objects.filter(public_id__in=list(held.values())).update(state=MailState.STOPPED)
    return held


def let_go(*, public_ids: Iterable[str]) -> int:
    """Queue mails that were held back, if nothing else happened to them since. Returns how many."""
    held = OutboxMail.objects.filter(public_id__in=list(public_ids), state=MailState.STOPPED)
    transaction.on_commit(ring, robust=True)
    return held.update(state=MailState.QUEUED)


@transaction.atomic
def doubt_waiting() -> int:
    """Hold every mail that may have left after the moment a restored database shows. Returns how many.

    Nothing is sent twice by a restore: people decide, kind by kind (``settle_unknown``). Sign-in codes are past use
    and are stopped; what was to wait until later than now has not left and goes on waiting.
    """
    due = Q(not_before=None) | Q(not_before__lte=clock.now())
    waiting = OutboxMail.objects.filter(due, state__in=MAIL_MOVES.moves["doubt"].sources)
    mails = list(waiting.select_for_update().order_by("pk").only("public_id", "state", "is_secret"))
    OutboxMail.objects.filter(pk__in=[mail.pk for mail in mails if mail.is_secret]).update(state=MailState.STOPPED)
    doubted = [mail for mail in mails if not mail.is_secret]
    OutboxMail.objects.filter(pk__in=[mail.pk for mail in doubted]).update(state=MailState.UNKNOWN)
    audit.record_all("doubt", ((mail, mail.state, MailState.UNKNOWN) for mail in doubted), by=None)
    return len(doubted)


@transaction.atomic
def settle_unknown(*, template: str, act: str, by: Any) -> int:
    """Send again, or take as delivered, all mails of one template whose fate is unknown. Returns how many.

    ``act`` is ``send_again`` or ``confirm_delivered``. Pressed twice it finds nothing left to settle.
    """
    move_of = {"send_again": MailState.QUEUED, "confirm_delivered": MailState.SENT}
    unknown = OutboxMail.objects.filter(template=template, state=MailState.UNKNOWN)
    mails = list(unknown.select_for_update().order_by("pk").only("public_id"))
    values = {"state": move_of[act], "attempts": 0, "retry_at": None, "error": ""}
    if act == "confirm_delivered":
        values = {"state": move_of[act], "sent_at": clock.now(), "error": ""}
    OutboxMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(**values)
    audit.record_all(act, ((mail, MailState.UNKNOWN, move_of[act]) for mail in mails), by=by)
    transaction.on_commit(ring, robust=True)
    return len(mails)


@transaction.atomic
def stop(*, mail: OutboxMail, by: Any) -> OutboxMail:
    """Stop one mail. Raises ``Refused`` if it has left."""
    return move(locked(mail), "stop", by=by)


@transaction.atomic
def send_again(*, mail: OutboxMail, by: Any) -> OutboxMail:
    """Queue one stopped, failed or unknown mail again, by a person's decision."""
    mail = move(locked(mail), "send_again", by=by, attempts=0, retry_at=None, error="")
    transaction.on_commit(ring, robust=True)
    return mail


def find_sent(*, to: str, identity: str) -> OutboxMail | None:
    """Return the mail to this address that left, or may have left, under this Message-ID."""
    wanted = f"<{identity.strip('<>')}>"
    left = [MailState.SENT, MailState.UNKNOWN, MailState.BOUNCED]
    candidates = OutboxMail.objects.filter(to__iexact=to, state__in=left).order_by("-pk")
    return next((mail for mail in candidates if message_id(mail) == wanted), None)


@transaction.atomic
def bounce(*, mail: OutboxMail, detail: str) -> bool:
    """Record that a mail came back for good. Returns whether that is news."""
    mail = locked(mail)
    if mail.state == MailState.BOUNCED:
        return False
    move(mail, "bounce", by=None, error=f"Came back: {detail}"[:300])
    return True


@transaction.atomic
def confirm_delivered(*, mail: OutboxMail, by: Any) -> OutboxMail:
    """Record that a mail of unknown fate did arrive, as a person found out."""
    mail = move(locked(mail), "confirm_delivered", by=by, sent_at=clock.now())
    audit.record("confirm_delivered_by_hand", mail, by=by)
    return mail

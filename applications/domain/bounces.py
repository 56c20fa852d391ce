"""Mails that came back: what a mail service reports is matched by Message-ID and address, never by address alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from applications.domain.references import bounce_reference
from applications.models import Reference
from applications.states import ReferenceState
from core import outbox
from core.models import OutboxMail
from core.refusals import Refused

#: Mails to referees have these templates; all others go to people with an account.
TO_REFEREES = "applications/mail/referee_"


@dataclass(frozen=True)
class Bounce:
    """One mail that came back, as reported; ``detail`` is the service's own words."""

    message_id: str
    to: str
    permanent: bool
    detail: str = ""


@dataclass
class BounceOutcome:
    """What came of a report: lines by number, and how many references were moved."""

    bounced: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    temporary: list[int] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    references: int = 0


def take_bounces(reported: Sequence[Bounce]) -> BounceOutcome:
    """Mark mails that came back for good and tell the applicants whose referees they were for.

    The same report again changes nothing. Each line is a transaction of its own, so that a call that was cut off can
    be made again. A mail that is late for a while only is none of ours: the service tries again.
    """
    outcome = BounceOutcome()
    for number, line in enumerate(reported, 1):
        if line.permanent:
            _take(number, line, outcome)
        else:
            outcome.temporary.append(number)
    return outcome


@transaction.atomic
def _take(number: int, line: Bounce, outcome: BounceOutcome) -> None:
    mail = outbox.find_sent(to=line.to, identity=line.message_id)
    if mail is None:
        outcome.unmatched.append(number)
        return
    is_new = outbox.bounce(mail=mail, detail=line.detail)
    (outcome.bounced if is_new else outcome.known).append(number)
    if is_new and mail.template.startswith(TO_REFEREES):
        outcome.references += _bounce_references(mail)


def _bounce_references(mail: OutboxMail) -> int:
    """Let every applicant who waits for this address know; a referee who has begun to write was reached."""
    waiting = Reference.objects.filter(referee__email=mail.to.lower(), state=ReferenceState.REQUESTED)
    moved = 0
    for reference in waiting.select_related("application").order_by("application_id", "pk"):
        try:
            with transaction.atomic():
                bounce_reference(reference=reference, by=None)
        except Refused:
            continue  # answered between our question and our lock
        moved += 1
    return moved

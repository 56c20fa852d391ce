"""Referees: named by the applicant, asked by the calendar, reminded, replaced. The letter itself: ``letters``."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from applications.models import Application, Referee, Reference
from applications.queries.calendar import dates_for
from applications.queries.letters import MINUTES
from applications.queries.references import (
    NAMES_REFEREES,
    REMIND_AFTER,
    can_request,
    letters_due,
    link_token,
)
from applications.states import ENDED, HOLDS_PLACE, WAITS_FOR_REFEREE, ApplicationState, ReferenceState
from core import audit, clock, ids, outbox
from core.deadlines import Deadline, written
from core.refusals import Refused
from core.transitions import locked, transition
from streams.states import ReferenceMoment

R = ReferenceState


@transaction.atomic
def list_referee(
    *,
    application: Application,
    name: str,
    email: str,
    access_waived: bool,
    by: Any,
    relation: str = "",
    replaces: Reference | None = None,
) -> Reference:
    """Name a referee, or put one in the place of ``replaces``; naming the same address twice is one referee.

    They are asked at once where the time for that has come. Raises ``Refused`` after the deadline, for the applicant's
    own address, an address that is named already, or when all places are taken.
    """
    application = locked(application, "cycle", "person")
    _check_may_name(application)
    email = _address(application, email)
    name = " ".join(name.split())
    if not name:
        raise Refused("Write the name of the referee.")
    if replaces is not None:
        replace_reference(reference=replaces, by=by)
    present = application.references.filter(referee__email=email).exclude(state=R.REPLACED).first()
    if present is not None:
        raise Refused("You have named this address already. Name somebody else.")
    if application.references.filter(state__in=sorted(HOLDS_PLACE)).count() >= application.cycle.max_referees:
        raise Refused(f"You can name {application.cycle.max_referees} referees. Replace one of them.")
    referee, _ = Referee.objects.get_or_create(cycle=application.cycle, email=email)
    reference = Reference.objects.create(
        application=application,
        referee=referee,
        name=name[:120],
        relation=" ".join(relation.split())[:200],
        access_waived=access_waived,
    )
    audit.record("list", reference, by=by, after=reference.state)
    in_stage2 = application.released_state == ApplicationState.STAGE2
    if in_stage2 and application.cycle.referees_asked == ReferenceMoment.STAGE2:
        return request_reference(reference=reference, by=by)
    return reference


def _check_may_name(application: Application) -> None:
    if application.released_state not in NAMES_REFEREES or application.internal_state in ENDED:
        raise Refused("Referees can no longer be named for this application.")
    deadline = letters_due(application)
    if not deadline.takes(clock.arrival()):
        raise Refused(f"References closed at {deadline.official()}. Your file counts as complete without one.")


def _address(application: Application, email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("Enter an e-mail address such as name@example.org.") from error
    own = {application.person.email.lower()}
    known = EmailAddress.objects.filter(user=application.person)
    own |= {one.lower() for one in known.values_list("email", flat=True)}
    if _mailbox(email) in {_mailbox(one) for one in own}:
        raise Refused("A referee cannot be you. Enter the address of somebody else.")
    return email


def _mailbox(email: str) -> str:
    """Return the mailbox behind an address: ``ada+ref@example.org`` reaches ``ada@example.org``."""
    local, _, domain = email.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"


@transaction.atomic
def request_reference(*, reference: Reference, by: Any = None) -> Reference:
    """Write to the referee. Does nothing if they were asked already; raises ``Refused`` after the deadline."""
    reference = locked_reference(reference)
    if reference.state != R.LISTED:
        return reference
    if not letters_due(reference.application).takes(clock.now()):
        raise Refused("References are closed.")
    now = clock.now()
    reference = transition(
        reference, "request", by=by, requested_at=now, written_at=now, n_requests=reference.n_requests + 1
    )
    write_to_referee(reference, "request", key=f"referee-request:{reference.public_id}:{reference.n_requests}")
    return reference


@transaction.atomic
def ask_for_reference(*, reference: Reference, by: Any) -> Reference:
    """Have a referee asked on the applicant's wish. Raises ``Refused`` where the cycle chose another moment."""
    reference = locked_reference(reference)
    _check_may_name(reference.application)
    if reference.state == R.LISTED and not can_request(reference):
        raise Refused("Referees are asked by the portal, at the date on this page.")
    return request_reference(reference=reference, by=by)


@transaction.atomic
def remind_on_wish(*, reference: Reference, by: Any) -> Reference:
    """Write to the referee once more. Raises ``Refused`` while our last mail is less than two days old."""
    reference = locked_reference(reference)
    _check_may_name(reference.application)
    if reference.state not in WAITS_FOR_REFEREE:
        raise Refused("There is nothing to remind this referee of.")
    if reference.written_at and clock.now() < reference.written_at + REMIND_AFTER:
        again = written(reference.written_at + REMIND_AFTER, reference.application.person.timezone or "UTC")
        raise Refused(f"We wrote to {reference.name} less than two days ago. You can remind them from {again}.")
    now = clock.now()
    audit.record("remind", reference, by=by)
    return _written(reference, "reminder", key=f"referee-reminder:{reference.public_id}:{now:%Y%m%d%H%M%S}")


@transaction.atomic
def remind_referee(*, reference: Reference, reminder: str) -> Reference:
    """Write the dated reminder called ``reminder`` (``7d``, ``2d``), once."""
    reference = locked_reference(reference)
    if reference.state not in WAITS_FOR_REFEREE:
        return reference
    return _written(reference, "reminder", key=f"referee-reminder:{reference.public_id}:{reminder}")


def _written(reference: Reference, template: str, *, key: str) -> Reference:
    reference.written_at = clock.now()
    reference.save(update_fields=["written_at"])
    write_to_referee(reference, template, key=key)
    return reference


@transaction.atomic
def replace_reference(*, reference: Reference, by: Any) -> Reference:
    """Take a referee back; one who was asked is told that nothing is needed any more.

    Raises ``Refused`` once the letter is in, or after the deadline.
    """
    reference = locked_reference(reference)
    if reference.state == R.REPLACED:
        return reference
    _check_may_name(reference.application)
    if reference.state == R.SUBMITTED:
        raise Refused(f"The reference by {reference.name} is in: it cannot be replaced.")
    return _drop(reference, by=by)


@transaction.atomic
def drop_references(*, application: Application, by: Any) -> int:
    """End what is open of an application that was withdrawn. Returns how many referees need not answer any more."""
    rows = application.references.filter(state__in=[R.LISTED, R.REQUESTED, R.STARTED]).order_by("pk")
    return len([_drop(locked_reference(row), by=by) for row in rows])


def _drop(reference: Reference, *, by: Any) -> Reference:
    was_asked = reference.state in WAITS_FOR_REFEREE
    reference = transition(reference, "replace", by=by, ended_at=clock.now())
    outbox.stop_waiting(key_prefix=f"referee-request:{reference.public_id}")
    outbox.stop_waiting(key_prefix=f"referee-reminder:{reference.public_id}")
    if was_asked:
        write_to_referee(reference, "removed", key=f"referee-removed:{reference.public_id}")
    return reference


@transaction.atomic
def bounce_reference(*, reference: Reference, by: Any) -> Reference:
    """Record that our mail came back; the applicant is told to check the address."""
    reference = locked_reference(reference)
    if reference.state == R.BOUNCED:
        return reference
    reference = transition(reference, "bounce", by=by, ended_at=clock.now())
    tell_applicant(reference, "bounced")
    return reference


@transaction.atomic
def expire_reference(*, reference: Reference, by: Any = None) -> Reference:
    """End a reference that did not come. Raises ``Refused`` before the deadline and its grace."""
    reference = locked_reference(reference)
    if reference.state in {R.EXPIRED, R.REPLACED, R.SUBMITTED, R.DECLINED}:
        return reference
    if letters_due(reference.application).takes(clock.now()):
        raise Refused("References are still taken.")
    reference = transition(reference, "expire", by=by, ended_at=clock.now())
    if reference.application.released_state not in ENDED:
        tell_applicant(reference, "expired")
    return reference


@transaction.atomic
def revoke_links(*, referee: Referee, by: Any) -> Referee:
    """Make every link that this referee was sent worthless, and send a new one for what is still open."""
    referee = locked(referee)
    referee.nonce = ids.public_id()
    referee.save(update_fields=["nonce"])
    audit.record("revoke_links", referee, by=by)
    rows = Reference.objects.filter(referee=referee, state__in=sorted(WAITS_FOR_REFEREE | {R.SUBMITTED}))
    for row in rows.select_related("application__cycle", "application__person").order_by("pk"):
        row.referee = referee
        write_to_referee(row, "new_link", key=f"referee-link:{row.public_id}:{referee.nonce}")
    return referee


@transaction.atomic
def forget_lonely_referees() -> None:
    """Delete the addresses that no application names any more."""
    Referee.objects.filter(references=None).delete()


def locked_reference(reference: Reference) -> Reference:
    """Lock the application, then the reference: the order everywhere."""
    application = locked(Application(pk=reference.application_id), "cycle", "person")
    reference = locked(reference, "referee")
    reference.application = application
    return reference


def write_to_referee(reference: Reference, template: str, *, key: str) -> None:
    """Write to the referee. A text that holds their link is for nobody but them to read."""
    application = reference.application
    deadline = dates_for(application).deadline("references_close")
    outbox.enqueue(
        key=key,
        to=reference.referee.email,
        template=f"applications/mail/referee_{template}.txt",
        is_secret=template != "removed",
        reference=reference,
        application=application,
        applicant=str(application.person),
        deadline=deadline,
        day=Deadline(deadline.closes_at, deadline.zone).official(),
        link=f"{settings.PORTAL_BASE_URL}/refer/open/{link_token(reference.referee)}/",
        minutes=MINUTES,
        support=settings.SUPPORT_EMAIL,
    )


def tell_applicant(reference: Reference, template: str) -> None:
    """Tell the applicant what became of a reference: the state, never the text."""
    application = reference.application
    deadline = letters_due(application)
    outbox.enqueue(
        key=f"reference-{template}:{reference.public_id}:{reference.n_requests}",
        to=application.person.email,
        person=application.person,
        template=f"applications/mail/reference_{template}.txt",
        reference=reference,
        application=application,
        deadline=deadline,
        is_open=deadline.takes(clock.now()) and application.released_state in NAMES_REFEREES,
    )

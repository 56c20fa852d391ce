"""Deletion of a person: asked for, waited for, carried out by a job that can be killed anywhere and run again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.domain.sessions import end_sessions
from accounts.models import RoleGrant, User
from applications.domain.application import withdraw_application
from applications.domain.concerns import end_case
from applications.domain.references import forget_lonely_referees
from applications.models import Application, IntegrityCase, Referee
from applications.states import LEAVABLE, LIVE_CASE, ApplicationState
from core import audit, clock, jobs, outbox
from core.models import Job, OutboxMail
from core.refusals import Refused
from core.states import MailState
from core.transitions import locked, transition
from mats_portal.desk.models import DeletionRequest, DeletionState, ExportFile, RetentionHold
from mats_portal.desk.privacy.holding import Holding, Treatment, value_for
from mats_portal.desk.privacy.registry import HOLDINGS
from streams.models import Mentor

log = structlog.get_logger(__name__)
JOB_KIND = "desk.delete_person"
#: How long a request can be taken back.
COOLING = timedelta(days=14)
#: Rows treated in one transaction.
CHUNK = 200
FAREWELL = "farewell:"
OPEN = (DeletionState.WAITING, DeletionState.RUNNING)


@transaction.atomic
def request_deletion(*, person: User, by: Any, at_once: bool = False) -> DeletionRequest:
    """Ask for the deletion of ``person``; it is carried out after the cooling period. Asking twice is asking once.

    ``at_once``: it was carried out before, and a restored database brought the person back; nobody is written to.
    Raises ``Refused`` for whoever holds a role, or has an open or accepted offer.
    """
    person = locked(person)
    present = DeletionRequest.objects.filter(person=person, state__in=OPEN).first()
    if present:
        return _hastened(present) if at_once else present
    if reason := reason_to_wait(person):
        raise Refused(reason)
    due_at = clock.now() if at_once else clock.now() + COOLING
    request = DeletionRequest.objects.create(person=person, due_at=due_at)
    audit.record("request_deletion", request, by=by, after=request.state)
    if at_once:
        return request
    outbox.enqueue(
        key=f"deletion-asked:{request.public_id}",
        to=person.email,
        person=person,
        template="desk/mail/deletion_asked.txt",
        due_at=request.due_at,
        path=reverse("desk:data"),
    )
    return request


def _hastened(request: DeletionRequest) -> DeletionRequest:
    request.due_at = min(request.due_at, clock.now())
    request.save(update_fields=["due_at"])
    return request


@transaction.atomic
def cancel_deletion(*, request: DeletionRequest, by: Any) -> DeletionRequest:
    """Take the request back. Raises ``Refused`` once it is being carried out."""
    request = locked(request, "person")
    if request.state == DeletionState.CANCELLED:
        return request
    request = transition(request, "cancel", by=by, ended_at=clock.now())
    outbox.enqueue(
        key=f"deletion-cancelled:{request.public_id}",
        to=request.person.email,
        person=request.person,
        template="desk/mail/deletion_cancelled.txt",
        path=reverse("desk:data"),
    )
    return request


def reason_to_wait(person: User) -> str:
    """Say what stands against a deletion now, or nothing."""
    grants = RoleGrant.objects.filter(user=person, revoked_at=None)
    if grants.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now())).exists() or person.is_superuser:
        return "You work for the programme with this account. Ask an admin to end your role first."
    if Mentor.objects.filter(user=person).exists():
        return "You are named as a mentor on a public page. Ask staff to take you off it first."
    own = Application.objects.filter(person=person)
    if own.filter(released_state=ApplicationState.ACCEPTED).exists():
        return "You have accepted a place. Write to us: leaving the programme comes before the deletion."
    if own.filter(released_state=ApplicationState.OFFERED).exists():
        return "You have an offer. Answer it first, so that the seat is free for somebody else."
    return ""


def start_due() -> int:
    """Start a job for every request whose waiting time is over. Returns how many; safe to run twice."""
    started = 0
    due = DeletionRequest.objects.filter(state__in=OPEN, due_at__lte=clock.now())
    # A hold stops what has not begun; what has begun is half gone and is finished.
    held = RetentionHold.objects.filter(released_at=None).values("person")
    for pk in due.exclude(state=DeletionState.WAITING, person__in=held).values_list("pk", flat=True):
        started += _start(pk)
    return started


@transaction.atomic
def _start(pk: int) -> bool:
    request = locked(DeletionRequest(pk=pk))
    if request.state not in OPEN or (request.job_id and not _may_run_again(Job.objects.get(pk=request.job_id))):
        return False
    request.job = jobs.start(JOB_KIND, by=None, request=request.pk)
    request.save(update_fields=["job"])
    return True


def _may_run_again(job: Job) -> bool:
    """A job that ended without success is tried again after a day."""
    return job.is_over and job.ended_at is not None and job.ended_at < clock.now() - timedelta(days=1)


def carry_out(request: DeletionRequest, progress: jobs.Progress) -> DeletionRequest:
    """Delete what the registry says. Each step finds what is left to do, so that it may be killed and run again."""
    request = begin(request=request)
    if request.state == DeletionState.DONE:
        return request
    person = request.person
    steps: list[tuple[str, Callable[[], None]]] = [
        ("Leaving the cycle", lambda: leave_cycles(person=person)),
        ("Closing the account", lambda: close_account(person=person)),
        ("Files made by staff", lambda: forget_exports_about(person=person)),
    ]
    steps += [(f"Treating {one.model_class._meta.verbose_name_plural}", _treat(one, person)) for one in HOLDINGS]
    steps.append(("Referees whom nobody names any more", lambda: forget_referees(person=person)))
    steps.append(("Addresses of referees whom nobody else named", forget_lonely_referees))
    for number, (words, step) in enumerate(steps):
        progress.step(words, number, len(steps))
        step()
    return finish(request=request)


@transaction.atomic
def begin(*, request: DeletionRequest) -> DeletionRequest:
    """Count what is there, once, and mark the request as running. Raises ``Refused`` if it must wait after all."""
    request = locked(request, "person")
    if request.state == DeletionState.DONE:
        return request
    if request.state == DeletionState.WAITING:
        if reason := reason_to_wait(request.person):
            raise Refused(reason)
        if RetentionHold.objects.filter(person=request.person, released_at=None).exists():
            raise Refused("Something has to be kept for the time being: staff have placed a hold.")
        counted = {holding.model: holding.rows_of(request.person_id).count() for holding in HOLDINGS}
        request = transition(request, "begin", by=None, counts={name: n for name, n in counted.items() if n})
    return request


@transaction.atomic
def finish(*, request: DeletionRequest) -> DeletionRequest:
    """Close the request. Its row, and a line in the logs that outlives the database, say that it was carried out."""
    request = transition(locked(request, "person"), "finish", by=None, ended_at=clock.now())
    log.info("person_deleted", person=request.person.public_id)
    return request


def leave_cycles(*, person: User) -> None:
    """Withdraw what still goes on: nobody is left to read, rank or match."""
    going = Application.objects.filter(person=person, internal_state__in=LEAVABLE)
    for application in going.order_by("pk"):
        withdraw_application(application=application, by=None)
    waiting = IntegrityCase.objects.filter(assignment__application__person=person, state__in=sorted(LIVE_CASE))
    for case in waiting.select_related("assignment__application").order_by("pk"):
        end_case(case=case)


@transaction.atomic
def close_account(*, person: User) -> None:
    """Sign the person out everywhere and close the door: nothing new arrives while rows are treated."""
    person = locked(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    end_sessions(user=person)
    addresses = {address.casefold() for address in _addresses(person)}
    # Sign-ins that were begun and not finished carry the address, not the account.
    for session in Session.objects.order_by("pk").iterator(chunk_size=CHUNK):
        kept = session.get_decoded()
        if str(kept.get("_auth_user_id", "")) == str(person.pk) or any(
            address in str(kept).casefold() for address in addresses
        ):
            session.delete()


def forget_exports_about(*, person: User) -> None:
    """Delete the files that staff had made of the person's cycles: they may hold a row about them."""
    cycles = Application.objects.filter(person=person).values("cycle")
    for export in ExportFile.objects.filter(cycle__in=cycles, forgotten_at=None).order_by("pk"):
        with transaction.atomic():
            default_storage.delete(export.storage_name)
            ExportFile.objects.filter(pk=export.pk).update(forgotten_at=clock.now(), filters={})
            audit.record("forget_export", export, by=None)


@transaction.atomic
def forget_referees(*, person: User) -> None:
    """Delete the addresses of referees of the person's cycles whom no application names."""
    cycles = Application.objects.filter(person=person).values("cycle")
    Referee.objects.filter(cycle__in=cycles, references=None).delete()


def _treat(holding: Holding, person: User) -> Callable[[], None]:
    if holding.model == "core.OutboxMail":
        return lambda: delete_mails(person=person)
    if holding.model == "accounts.User":
        return lambda: empty_account(holding=holding, person=person)
    if holding.treatment is Treatment.DELETE:
        return lambda: delete_rows(holding=holding, rows=holding.rows_of(person.pk))
    if holding.treatment is Treatment.EMPTY:
        return lambda: empty_rows(holding=holding, rows=holding.rows_of(person.pk))
    return lambda: None


def delete_rows(*, holding: Holding, rows: QuerySet) -> None:
    """Delete one model's rows, their files first, in small transactions."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            some = holding.model_class._base_manager.filter(pk__in=keys)
            if holding.files:
                for name in filter(None, some.values_list(holding.files, flat=True)):
                    default_storage.delete(name)
            some.delete()


def empty_rows(*, holding: Holding, rows: QuerySet) -> None:
    """Take the texts out of one model's rows, in small transactions; a row that is empty stays as it is."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True).distinct())
    for first in range(0, len(keys), CHUNK):
        with transaction.atomic():
            _empty(holding, keys[first : first + CHUNK])


def _empty(holding: Holding, keys: list[int]) -> None:
    manager = holding.model_class._base_manager
    for row in manager.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",), no_key=True):
        if holding.files and getattr(row, holding.files):
            default_storage.delete(getattr(row, holding.files))
        manager.filter(pk=row.pk).update(**{name: value_for(row, new) for name, new in holding.empties.items()})


def delete_mails(*, person: User) -> None:
    """Delete the mails to the person, to an address of theirs, about a row of theirs, or with their address in it."""
    about = Q(person=person)
    for address in _addresses(person):
        about |= Q(to__iexact=address) | Q(body__icontains=address) | Q(subject__icontains=address)
    for name in sorted(_public_ids(person)):
        about |= Q(key__contains=name)
    OutboxMail.objects.filter(about).exclude(key__startswith=FAREWELL).delete()


@transaction.atomic
def empty_account(*, holding: Holding, person: User) -> None:
    """Say a last word to the address, then take everything out of the account that names somebody."""
    person = locked(person)
    if not person.email.endswith("@deleted.invalid"):
        outbox.enqueue(key=f"{FAREWELL}{person.public_id}", to=person.email, template="desk/mail/deletion_done.txt")
        _empty(holding, [person.pk])
        audit.record("delete_person", person, by=None)


@transaction.atomic
def forget_farewells() -> int:
    """Take the address out of the last mails that have left, or will not. Returns how many; safe to run twice."""
    over = [MailState.SENT, MailState.FAILED, MailState.STOPPED, MailState.BOUNCED]
    mails = OutboxMail.objects.filter(key__startswith=FAREWELL, state__in=over).exclude(body="")
    return mails.update(to="deleted@deleted.invalid", body="", error="")


def _addresses(person: User) -> set[str]:
    return {person.email, *EmailAddress.objects.filter(user=person).values_list("email", flat=True)}


def _public_ids(person: User) -> set[str]:
    """Return the names under which the person's rows appear in the keys of mails."""
    found = {person.public_id}
    for holding in HOLDINGS:
        named = "public_id" in {column.name for column in holding.model_class._meta.get_fields()}
        # A staff member's work is not about them; a mail names its own row nowhere.
        if named and not holding.withheld and holding.model != "core.OutboxMail":
            found.update(holding.rows_of(person.pk).values_list("public_id", flat=True))
    return found

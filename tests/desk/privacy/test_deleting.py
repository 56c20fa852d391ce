"""A deleted person's words are found nowhere: planted in every column, looked for in everything that is stored."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test import Client

from accounts.models import KnownDevice, RoleGrant, User
from applications.models import (
    Answer,
    AnswerVersion,
    Application,
    Document,
    Letter,
    LetterAnswer,
    Referee,
    Reference,
    StreamApplication,
)
from applications.states import ApplicationState
from core import clock, jobs, outbox
from core.access import note_opening
from core.models import AuditEvent, Job, OutboxMail
from core.refusals import Refused
from core.states import JobState
from matching.domain.offers import decline_offer
from matching.models import Offer
from mats_portal.desk.management.commands.checkinvariants import statements
from mats_portal.desk.models import DeletionRequest, DeletionState, ExportFile, PersonCopy
from mats_portal.desk.privacy import copying, deleting
from mats_portal.desk.privacy.holding import Holding, Treatment
from mats_portal.desk.privacy.registry import HOLDINGS, STAFF_WORK
from mats_portal.desk.tasks import keep_privacy
from questions.models import Question
from reviews.models import Review, ReviewAssignment
from streams.models import Stream
from tests.applications.factories import submitted
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS, World

CANARY = "Kanarienvogel"
MARK = "zzcanary"
LATER = MOMENTS["offers"] + deleting.COOLING + timedelta(minutes=1)


@pytest.fixture
def world(db, settings, tmp_path: Path) -> Iterator[World]:
    settings.MEDIA_ROOT = tmp_path / "media"
    world, sample = rich_sample()
    world.people["ada"] = sample.people["offered"]
    # The sample's own example would stand in the way of asking.
    PersonCopy.objects.all().delete()
    with clock.at(MOMENTS["offers"]):
        yield world


def planted(holding: Holding, person: User) -> int:
    """Write the canary into every text column that is not declared to hold nothing personal. Returns how many rows."""
    if holding.why == STAFF_WORK or holding.model in {"streams.Mentor", "streams.StreamMentor", "core.AuditEvent"}:
        return 0
    changes: dict[str, object] = {}
    for column in holding.model_class._meta.concrete_fields:
        if column.name in holding.plain | {"public_id", "sha256", "storage_name"} or column.choices or column.unique:
            continue
        if isinstance(column, models.JSONField):
            changes[column.name] = [{"title": CANARY, "items": []}] if column.name == "content" else {"x": CANARY}
        elif isinstance(column, ArrayField):
            changes[column.name] = [CANARY]
        elif isinstance(column, models.EmailField):
            continue
        elif isinstance(column, models.CharField | models.TextField):
            changes[column.name] = CANARY[: getattr(column, "max_length", None)]
    if "taken_from" in changes:
        changes["taken_version"] = 1  # one is not there without the other
    rows = holding.rows_of(person.pk)
    if changes:
        holding.model_class._base_manager.filter(pk__in=list(rows.values_list("pk", flat=True))).update(**changes)
    return rows.count()


def plant(world: World, person: User) -> set[str]:
    """Make rows of every kind about the person, and the canary in all of them. Returns the kinds that have rows."""
    User.objects.filter(pk=person.pk).update(email=f"{MARK}.{person.pk}@example.org", is_demo=False)
    person.refresh_from_db()
    EmailAddress.objects.filter(user=person).update(email=f"{MARK}.{person.pk}.x@example.org")
    note_opening(subject_id=person.pk, viewer=world.people["staff a"], role="staff")
    client = Client()
    client.force_login(person)
    UserSession.objects.get_or_create(
        user=person, session_key=client.session.session_key, defaults={"ip": "192.0.2.1", "user_agent": CANARY}
    )
    begun = SessionStore()
    begun["account_login"] = {"email": person.email}
    begun.save()
    for assignment in ReviewAssignment.objects.filter(track_application__application__person=person):
        Review.objects.get_or_create(assignment=assignment)
    for answer in Answer.objects.filter(application__person=person)[:1]:
        AnswerVersion.objects.create(answer=answer, version=1, value="earlier")
    for application in Application.objects.filter(person=person):
        referee = Referee.objects.create(cycle=application.cycle, email=f"{MARK}.{person.pk}@referees.example")
        reference = Reference.objects.create(
            application=application, referee=referee, name=CANARY, access_waived=True, requested_at=clock.now()
        )
        LetterAnswer.objects.create(reference=reference, code="x", value=CANARY)
        Letter.objects.create(reference=reference, content=[{"code": "x"}], sha256="0" * 64)
        outbox.enqueue(
            key=f"reference-asked:{reference.public_id}",
            to=referee.email,
            template="desk/mail/copy_ready.txt",
            path=f"/{CANARY}/",
            until=clock.now(),
        )
        document = Document.objects.create(
            application=application,
            question=Question.objects.first(),
            scope="general",
            name="x",
            type="pdf",
            size=1,
            sha256="0" * 64,
        )
        default_storage.save(document.storage_name, ContentFile(CANARY.encode()))
    KnownDevice.objects.create(user=person, name="x", first_seen_at=clock.now(), last_seen_at=clock.now())
    copy = copying.request_copy(person=person, by=person)
    jobs.run(copy.job_id)
    export = ExportFile.objects.first()
    if not default_storage.exists(export.storage_name):
        default_storage.save(export.storage_name, ContentFile(f"{CANARY};{person.email}".encode()))
    outbox.enqueue(
        key=f"about-them:{person.public_id}",
        to="referee@example.org",
        template="desk/mail/copy_ready.txt",
        path=f"/{CANARY}/",
        until=clock.now(),
    )
    return {holding.model for holding in HOLDINGS if planted(holding, person)}


def found() -> dict[str, int]:
    """Look for the canary and the address in every row of every table, every session and every stored file."""
    hits = {}
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {connection.ops.quote_name(table)} AS t WHERE t::text ~* %s",
                [f"{CANARY}|{MARK}"],
            )
            if n := cursor.fetchone()[0]:
                hits[table] = n
    for session in Session.objects.all():
        if CANARY in str(session.get_decoded()) or MARK in str(session.get_decoded()):
            hits["session"] = hits.get("session", 0) + 1
    for path in Path(default_storage.location).rglob("*"):
        if path.is_file() and (CANARY.encode() in path.read_bytes() or MARK.encode() in path.read_bytes()):
            hits["media"] = hits.get("media", 0) + 1
    return hits


def broken() -> set[str]:
    """Return the statements about stored data that do not hold, with their rows."""
    return {f"{name} {row.pk}" for name, check in statements().items() for row in check()}


def delete(person: User) -> DeletionRequest:
    """Ask, wait, carry out, and let the last mail leave."""
    request = deleting.request_deletion(person=person, by=person)
    with clock.at(LATER):
        keep_privacy()
        for job in Job.objects.filter(kind=deleting.JOB_KIND, state=JobState.QUEUED):
            jobs.run(job.pk)
        while outbox.deliver_next():
            pass
        keep_privacy()
    request.refresh_from_db()
    return request


@pytest.mark.threat("T38")
def test_canaries_are_found_nowhere_after_the_deletion(world):
    """Database, sessions, stored files and logs; two people, who between them have rows of most kinds."""
    log, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(log)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().addHandler(handler)
    try:
        with clock.at(MOMENTS["offers"]):
            offer = Offer.objects.get(application__person=world.people["ada"], sent_at__isnull=False)
            decline_offer(offer=offer, by=world.people["ada"], reason=CANARY)
        kinds = set()
        for who in ("applicant", "ada"):
            kinds |= plant(world, world.people[who])
        before = found()
        requests = [delete(world.people[who]) for who in ("applicant", "ada")]
    finally:
        logging.getLogger().removeHandler(handler)

    assert len(kinds) > 22, kinds
    assert len(before) > 15, before
    assert {"session", "media"} <= before.keys()
    assert [request.state for request in requests] == [DeletionState.DONE] * 2
    assert found() == {}
    assert CANARY not in log.getvalue()
    assert MARK not in log.getvalue()
    assert sum(requests[0].counts.values()) > 20


def test_one_step_left_out_is_found(world, monkeypatch):
    """The negative control: without the step that empties answers, the search finds them."""
    plant(world, world.people["applicant"])
    spared = [one for one in HOLDINGS if one.model != "applications.Answer"]
    monkeypatch.setattr(deleting, "HOLDINGS", spared)

    delete(world.people["applicant"])

    assert found().keys() == {"applications_answer"}


def test_what_stays_are_numbers_that_still_add_up(world):
    applications, streams = Application.objects.count(), StreamApplication.objects.count()
    events, before = AuditEvent.objects.count(), broken()
    application = Application.objects.get(person=world.people["applicant"])

    request = delete(world.people["applicant"])

    person = User.objects.get(pk=world.people["applicant"].pk)
    assert (person.display_name, person.is_active) == ("Deleted person", False)
    assert (Application.objects.count(), StreamApplication.objects.count()) == (applications, streams)
    assert AuditEvent.objects.count() > events
    was, application = application.reference, Application.objects.get(pk=application.pk)
    assert application.internal_state == application.released_state == ApplicationState.WITHDRAWN
    assert application.reference != was
    assert request.counts["applications.Answer"] > 0
    assert broken() <= before, "what was whole is whole, and what went with the person is no longer broken"


def test_another_persons_rows_are_as_they_were(world):
    other = submitted(world, "other applicant")
    answers = list(other.answers.order_by("pk").values_list("pk", "value"))
    mails = OutboxMail.objects.filter(person=other.person).count()
    assert answers
    assert mails

    delete(world.people["applicant"])

    assert list(other.answers.order_by("pk").values_list("pk", "value")) == answers
    assert OutboxMail.objects.filter(person=other.person).count() == mails


def test_run_again_it_changes_nothing(world):
    request = delete(world.people["applicant"])
    stored = {one.model: list(one.rows_of(request.person_id).values()) for one in HOLDINGS}

    job = jobs.start(deleting.JOB_KIND, by=None, request=request.pk)
    jobs.run(job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    again = {one.model: list(one.rows_of(request.person_id).values()) for one in HOLDINGS}
    assert again == stored


def test_it_waits_and_can_be_taken_back(world):
    person = world.people["applicant"]
    request = deleting.request_deletion(person=person, by=person)
    assert deleting.request_deletion(person=person, by=person) == request
    assert request.due_at - request.requested_at == deleting.COOLING
    with clock.at(request.due_at - timedelta(seconds=1)):
        assert deleting.start_due() == 0
        assert deleting.cancel_deletion(request=request, by=person).state == DeletionState.CANCELLED
    with clock.at(LATER):
        assert deleting.start_due() == 0
    assert User.objects.get(pk=person.pk).is_active


def test_roles_and_offers_come_first(world):
    for who, words in (("staff a", "work for the programme"), ("ada", "have an offer")):
        with pytest.raises(Refused, match=words):
            deleting.request_deletion(person=world.people[who], by=world.people[who])


def test_a_role_given_meanwhile_stops_the_job(world):
    person = world.people["applicant"]
    request = deleting.request_deletion(person=person, by=person)
    RoleGrant.objects.create(user=person, role="staff", scope_kind="all")

    with clock.at(LATER):
        assert deleting.start_due() == 1
        assert deleting.start_due() == 0, "one job at a time"
        request.refresh_from_db()
        jobs.run(request.job_id)

    request.refresh_from_db()
    assert request.state == DeletionState.WAITING
    assert Job.objects.get(pk=request.job_id).state == JobState.FAILED
    assert User.objects.get(pk=person.pk).email == person.email


def test_the_search_index_of_streams_never_held_a_person(world):
    """Full-text search is over streams; no applicant's word gets in."""
    plant(world, world.people["applicant"])
    assert not Stream.objects.filter(search_text__icontains=CANARY).exists()


def test_treatments_are_of_the_three_kinds():
    assert {one.treatment for one in HOLDINGS} == set(Treatment)

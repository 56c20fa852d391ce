"""The pages about one's own data: what they say is what the readers' pages do; nobody takes another's."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from applications.models import AnswerSnapshot, Application, StreamApplication
from applications.states import AnswerScope
from core import clock, jobs
from core.models import Opening
from matching.models import Offer
from mats_portal.desk.models import DeletionRequest, DeletionState, PersonCopy
from mats_portal.desk.privacy import copying
from mats_portal.desk.privacy.queries import COPY_LIFE, data_page, readers_of
from questions.states import DataClass
from reviews.domain.conflicts import record_conflict
from reviews.models import Review
from tests.reviews import factories as reviewing
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS, World


@pytest.fixture
def world(db, settings, tmp_path: Path) -> Iterator[World]:
    settings.MEDIA_ROOT = tmp_path / "media"
    world, sample = rich_sample()
    world.people.update({name: user for name, user in sample.people.items() if user})
    # The sample's own examples would stand in the way of asking.
    PersonCopy.objects.all().delete()
    DeletionRequest.objects.all().delete()
    with clock.at(MOMENTS["offers"]):
        yield world


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": clock.wall().timestamp()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def mark_classes(application: Application) -> None:
    """Hand in one item of each class of data in the general form, each with its own word."""
    snapshot = AnswerSnapshot.objects.filter(application=application, scope=AnswerScope.GENERAL).latest("pk")
    snapshot.content = [
        {
            "title": "All classes",
            "scope": "general",
            "scope_key": "",
            "items": [
                {
                    "code": name,
                    "question": name,
                    "kind": "short_text",
                    "data_class": name,
                    "value": f"Word-{name}-end",
                    "display": f"Word-{name}-end",
                }
                for name in DataClass.values
            ],
        }
    ]
    snapshot.save()


def shown(client: Client, url: str) -> set[str]:
    """Return the classes of data whose words a page shows."""
    page = client.get(url).content.decode()
    return {name for name in DataClass.values if f"Word-{name}-end" in page}


def test_the_table_says_what_the_pages_of_readers_do(world, monkeypatch):
    """A reviewer's, a mentor's and a staff member's page of the same answers show what the table says they can."""
    monkeypatch.setattr(
        "mats_portal.desk.privacy.queries._asked", lambda _: [("general", DataClass(n)) for n in DataClass]
    )
    application = Application.objects.get(person=world.people["applicant"])
    mark_classes(application)
    assignment = reviewing.of(application).review_assignments.first()
    table = readers_of(application)

    with clock.at(MOMENTS["review"]):
        read = shown(signed_in(assignment.reviewer), f"/review/{assignment.public_id}/")
    assert read == {row.data_class for row in table if row.reviewers_can}
    assert read, "something is read"

    offer = Offer.objects.select_related("stream").get(stream_application__public_id=_ada(world).public_id)
    theirs = offer.application
    mark_classes(theirs)
    mentor = world.people["alpha mentor"]
    url = f"/mentor/{offer.stream.public_id}/people/{offer.stream_application.public_id}/"
    assert shown(signed_in(mentor), url) == {row.data_class for row in readers_of(theirs) if row.mentors_can}

    staff = shown(signed_in(world.people["staff a"]), f"/console/people/{application.public_id}/")
    assert staff == {row.data_class for row in table if row.staff.startswith("Staff")}
    admin = shown(signed_in(world.people["admin"]), f"/console/people/{application.public_id}/")
    assert admin == staff | {DataClass.SPECIAL}, "answers for statistics are shown to nobody by name"


def _ada(world: World) -> StreamApplication:
    return Offer.objects.get(application__person=world.people["offered"]).stream_application


def test_who_opened_it_is_told_as_roles_and_without_names(world):
    application = Application.objects.get(person=world.people["applicant"])
    assignment = reviewing.of(application).review_assignments.first()
    staff = world.people["staff a"]
    for _ in range(2):
        signed_in(staff).get(f"/console/people/{application.public_id}/")
    with clock.at(MOMENTS["review"]):
        signed_in(assignment.reviewer).get(f"/review/{assignment.public_id}/")

    page = signed_in(world.people["applicant"]).get("/my/data/")

    assert Opening.objects.filter(subject=world.people["applicant"]).count() == 2
    rows = data_page(world.people["applicant"]).openings
    assert {(row.role, row.n_people, row.n_days) for row in rows} == {("Staff", 1, 1), ("A reviewer", 1, 1)}
    for name in (staff.display_name, assignment.reviewer.display_name):
        assert name not in page.content.decode()


def test_looking_at_oneself_or_at_nothing_leaves_no_trace(world):
    person = world.people["applicant"]
    signed_in(person).get("/my/data/")
    signed_in(world.people["other men"]).get(f"/mentor/x/people/{_ada(world).public_id}/")
    assert not Opening.objects.exists()


def ready_copy(person: User) -> PersonCopy:
    copy = copying.request_copy(person=person, by=person)
    jobs.run(copy.job_id)
    copy.refresh_from_db()
    return copy


def test_the_copy_holds_ones_own_and_nothing_withheld(world):
    person = world.people["applicant"]
    application = Application.objects.get(person=person)
    for assignment in reviewing.of(application).review_assignments.all():
        Review.objects.update_or_create(
            assignment=assignment, defaults={"note_internal": "Private-note", "feedback_public": "For-later"}
        )
    application.refresh_from_db()
    copy = ready_copy(person)

    response = signed_in(person).post(f"/my/data/copy/{copy.public_id}/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    text = archive.read("data.json").decode()
    data = json.loads(text)

    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert data["applications.Application"][0]["reference"] == application.reference
    assert len(data["applications.Answer"]) == application.answers.count() > 3
    assert data["core.OutboxMail"]
    for secret in ("Private-note", "For-later", "internal_state", '"password"', "argon2"):
        assert secret not in text
    readme = archive.read("README.txt").decode()
    assert "Letters of reference" in readme
    assert "Private notes stay with the readers" in readme


def test_what_is_decided_and_not_released_is_not_in_the_copy(world):
    """The copy of two worlds that differ in an unreleased decision is the same."""
    person = world.people["applicant"]
    row = reviewing.of(Application.objects.get(person=person))
    holdings = [one for one in copying.HOLDINGS if one.copied]
    before = [copying.rows_told(one, person.pk) for one in holdings]
    type(row).objects.filter(pk=row.pk).update(internal_state="advanced")
    assert [copying.rows_told(one, person.pk) for one in holdings] == before


def test_a_copy_is_its_persons_alone_for_a_week(world):
    person = world.people["applicant"]
    copy = ready_copy(person)
    url = f"/my/data/copy/{copy.public_id}/"

    for other in ("stranger", "staff a", "admin", "superuser"):
        assert signed_in(world.people[other]).post(url).status_code == 404
    assert Client().post(url).status_code == 302
    assert signed_in(person).get(url).status_code == 405
    with clock.at(copy.expires_at - timedelta(seconds=1)):
        assert signed_in(person).post(url).status_code == 200
    with clock.at(MOMENTS["offers"] + COPY_LIFE):
        assert signed_in(person).post(url).status_code == 404
        assert copying.forget_copies() == 1
        assert copying.forget_copies() == 0
    assert not default_storage.exists(copy.storage_name)


def test_asking_twice_within_the_hour_is_one_copy(world):
    person = world.people["applicant"]
    assert copying.request_copy(person=person, by=person) == copying.request_copy(person=person, by=person)


def test_deletion_needs_the_address_and_a_fresh_sign_in(world):
    person = world.people["applicant"]
    client = signed_in(person)
    assert client.post("/my/data/delete/", {"email": "somebody@example.org"}).status_code == 422
    assert client.post("/my/data/delete/", {}).status_code == 422
    stale = Client()
    stale.force_login(person)
    assert stale.post("/my/data/delete/", {"email": person.email}).status_code == 409
    assert not DeletionRequest.objects.exists()

    response = client.post("/my/data/delete/", {"email": person.email.upper()}, follow=True)

    assert "Your account is deleted on" in response.content.decode()
    request = DeletionRequest.objects.get(person=person)
    assert signed_in(world.people["stranger"]).post(f"/my/data/delete/{request.public_id}/cancel/").status_code == 404
    client.post(f"/my/data/delete/{request.public_id}/cancel/")
    request.refresh_from_db()
    assert request.state == DeletionState.CANCELLED


def test_staff_are_told_why_not(world):
    page = signed_in(world.people["staff a"]).get("/my/data/delete/")
    assert "Ask an admin to end your role first" in page.content.decode()


def test_the_page_costs_the_same_for_much_and_little(world):
    few, many = world.people["applicant"], world.people["offered"]
    for name in ("staff a", "staff b", "admin"):
        Opening.objects.create(subject=many, viewer=world.people[name], role="staff", on=clock.today())

    def cost(user: User) -> int:
        with CaptureQueriesContext(connection) as queries:
            data_page(user)
        return len(queries)

    assert cost(few) == cost(many) <= 12


def test_the_page_of_somebody_without_an_application(db):
    user = User.objects.create_user("new@example.org", display_name="New Person")
    page = signed_in(user).get("/my/data/")
    assert page.status_code == 200
    assert "You have no application" in page.content.decode()


def test_who_has_read_stays_counted_after_the_text_left_their_table(world: World) -> None:
    """A count that falls the moment a reader is found to be close would tell it, and who did read did read."""
    application = Application.objects.get(person=world.people["applicant"])
    first, second = reviewing.readings_of(reviewing.of(application))

    def said() -> set[str]:
        return {row.reviewers for row in readers_of(application) if row.reviewers_can}

    assert said() == {"2 so far, without your name"}
    assert signed_in(first.reviewer).get(f"/review/{first.public_id}/").status_code == 200
    for reading in (first, second):
        record_conflict(reviewer=reading.reviewer, person=application.person, kind="personal", by=reading.reviewer)
        assert said() == {"1 so far, without your name" if reading == second else "2 so far, without your name"}

"""Who is too close to whom: what is certain is recorded, what is not waits for a person, and both have a source."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.models import Answer
from core import clock, jobs
from core.models import Job
from core.states import JobState
from questions.models import Question
from questions.states import DataClass
from reviews.domain import conflicts as domain
from reviews.domain import invariants
from reviews.models import CoAuthor, ConflictHint, ConflictOfInterest
from reviews.queries.closeness import Found, domain_of, institution_key, same_organisation
from reviews.states import AssignmentState, HintState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, person


def search(world: World) -> Job:
    with clock.at(world.moments["review"]):
        job = jobs.start("reviews.find_conflicts", by=world.people["staff a"], cycle_id=world.cycle.pk)
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return job


def client_of(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def move_to(world: World, who: str, email: str) -> None:
    world.people[who].email = email
    world.people[who].save()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@lab.example.edu", "ben@lab.example.edu", True),
        ("ada@cs.uni.edu", "ben@uni.edu", True),
        ("ada@uni.edu", "ben@notuni.edu", False),
        ("ada@gmail.com", "ben@gmail.com", False),
        ("ada@x.ac.uk", "ben@ac.uk", False),
        ("ada@x.com", "ben@com", False),
        ("ada", "ben", False),
    ],
)
def test_addresses_tell_one_organisation(one: str, other: str, same: bool) -> None:
    assert same_organisation(domain_of(one), domain_of(other)) is same
    assert same_organisation(domain_of(other), domain_of(one)) is same


def test_two_spellings_of_an_institution_are_one_and_two_cities_are_not() -> None:
    assert institution_key("Universität Zürich") == institution_key("The University of ZURICH")
    assert institution_key("University of Leeds") != institution_key("University of York")
    assert institution_key("The University") == frozenset()


def test_co_authors_address_is_recorded_with_its_source_and_ends_the_reading(world: World) -> None:
    application = applying.under_review(world)
    factories.assign(world)
    reader = factories.readings_of(factories.of(application))[0].reviewer
    name = next(key for key, user in world.people.items() if user == reader)
    email = world.people["applicant"].email
    client = client_of(world, "staff a")
    answer = client.post(
        "/console/conflicts/co-authors/",
        {"reviewer": reader.email.upper(), "file": SimpleUploadedFile("c.csv", f"name,email\nA,{email}\n".encode())},
    )
    assert answer.status_code == 302
    assert CoAuthor.objects.get().reviewer == reader

    assert search(world).result["recorded"] == 1
    assert search(world).result["recorded"] == 0

    conflict = ConflictOfInterest.objects.get()
    assert (conflict.reviewer, conflict.source, conflict.kind) == (reader, "co_author", "collaboration")
    states = {one.reviewer: one.state for one in factories.readings_of(factories.of(application))}
    assert states[reader] == AssignmentState.CONFLICTED
    with clock.at(world.moments["review"]):
        assert application.reference not in client_of(world, name).get("/review/").content.decode()
    page = client.get("/console/conflicts/?q=applicant").content.decode()
    assert "A list of co-authors" in page
    assert not any(statement().exists() for statement in invariants.ALL)


def test_weak_evidence_changes_nothing_before_a_person_has_said_so(world: World) -> None:
    application = applying.under_review(world)
    factories.assign(world)
    rows = factories.readings_of(factories.of(application))
    reader = next(key for key, user in world.people.items() if user == rows[0].reviewer)
    move_to(world, reader, "ada@cs.lab-one.edu")
    move_to(world, "applicant", "ben@lab-one.edu")

    assert search(world).result == {"recorded": 0, "hinted": 1, "url": "/console/conflicts/"}
    assert search(world).result["hinted"] == 0
    assert ConflictOfInterest.objects.count() == 0
    hint = ConflictHint.objects.get()
    client, address = client_of(world, "staff a"), f"/console/conflicts/{hint.public_id}/"
    assert "both write from lab-one.edu" in client.get("/console/conflicts/").content.decode()
    assert client_of(world, "empirical lead").post(address, {"act": "confirm"}).status_code == 404

    assert client.post(address, {"act": "confirm"}).status_code == 302
    assert client.post(address, {"act": "confirm"}).status_code == 302

    conflict = ConflictOfInterest.objects.get()
    assert (conflict.source, conflict.kind) == ("address", "institution")
    rows[0].refresh_from_db()
    assert rows[0].state == AssignmentState.CONFLICTED


def test_what_was_dismissed_is_not_asked_again(world: World) -> None:
    applying.under_review(world)
    move_to(world, "reviewer a", "ada@lab-one.edu")
    move_to(world, "applicant", "ben@lab-one.edu")
    search(world)
    hint = ConflictHint.objects.get()
    client = client_of(world, "staff a")

    assert client.post(f"/console/conflicts/{hint.public_id}/", {"act": "dismiss"}).status_code == 302
    assert client.post(f"/console/conflicts/{hint.public_id}/", {"act": "dismiss"}).status_code == 409

    assert search(world).result["hinted"] == 0
    assert "both write" not in client.get("/console/conflicts/").content.decode()
    assert ConflictHint.objects.get().state == HintState.DISMISSED


def test_equal_names_and_equal_institutions_are_hints(world: World) -> None:
    application = applying.under_review(world)
    mentor = world.streams["alpha"].mentors.exclude(user=None).first()
    mentor.user, mentor.affiliation = world.people["reviewer b"], "The University of Leeds"
    mentor.save()
    asked = Question.objects.first()
    Question.objects.filter(pk=asked.pk).update(data_class=DataClass.INSTITUTION)
    Answer.objects.update_or_create(
        application=application, question=asked, scope="general", scope_key="", defaults={"value": "Leeds university"}
    )
    domain.replace_co_authors(
        reviewer=world.people["reviewer c"],
        people=[(world.people["applicant"].display_name.upper(), "")],
        by=world.people["staff a"],
    )

    search(world)

    hints = ConflictHint.objects.order_by("source").values_list("reviewer__display_name", "source")
    assert list(hints) == [("Reviewer C", "co_author"), ("Reviewer B", "institution")]


def test_earlier_mentor_is_certain(world: World) -> None:
    found = [Found(world.people["reviewer a"].pk, world.people["applicant"].pk, "mentor", "in an earlier cycle", True)]

    assert domain.note_closeness(found=found, by=None) == (1, 0)
    assert domain.note_closeness(found=found, by=None) == (0, 0)

    assert ConflictOfInterest.objects.get().kind == "supervision"


def test_staff_decide_nothing_about_themselves(world: World) -> None:
    hint = ConflictHint.objects.create(
        reviewer=world.people["reviewer a"], person=world.people["staff a"], source="address", evidence="an example"
    )
    ConflictOfInterest.objects.create(
        reviewer=world.people["reviewer b"], person=world.people["staff a"], kind="personal"
    )
    client = client_of(world, "staff a")

    assert client.post(f"/console/conflicts/{hint.public_id}/", {"act": "dismiss"}).status_code == 404
    page = client.get("/console/conflicts/").content.decode()
    assert "Reviewer A" not in page
    assert "Reviewer B" not in page
    control = client_of(world, "staff b").get("/console/conflicts/").content.decode()
    assert "Reviewer A" in control
    assert "Reviewer B" in control


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Give an address"),
        ({"reviewer": "nobody@lab.example"}, "Nobody has an account"),
        ({"content": b"\xff\xfe"}, "not a CSV table"),
        ({"content": b"who\nx\n"}, "columns name and email"),
        ({"content": b"name,email\n,no address\n"}, "Line 2"),
        ({"content": b"name,email\n,\n"}, "names nobody"),
        ({"content": b"name,email\n\x00,\n"}, "not a"),
    ],
)
def test_ugly_list_is_answered_with_words(world: World, fields: dict[str, Any], says: str) -> None:
    typed: dict[str, Any] = {"file": SimpleUploadedFile("c.csv", fields.get("content", b"name,email\nA,\n"))}
    if fields:
        typed["reviewer"] = fields.get("reviewer", world.people["reviewer a"].email)

    answer = client_of(world, "staff a").post("/console/conflicts/co-authors/", typed)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert CoAuthor.objects.count() == 0


def test_page_costs_the_same_for_one_and_for_many(world: World) -> None:
    def cost() -> int:
        client = client_of(world, "staff a")
        client.get("/console/conflicts/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/console/conflicts/")
        return len(queries)

    def add(name: str) -> None:
        fields = {"reviewer": person(f"r {name}"), "person": person(f"p {name}")}
        ConflictHint.objects.create(**fields, source="address", evidence="an example")
        ConflictOfInterest.objects.create(**fields, kind="personal")

    add("one")
    one = cost()
    for number in range(4):
        add(str(number))

    assert cost() == one <= 14

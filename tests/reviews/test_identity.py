"""A text that gives its writer away: flagged by a reader, cut by a lead, gone from every blind page."""

from datetime import UTC, datetime, timedelta

import pytest

from applications.models import AnswerSnapshot
from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from reviews.domain.conflicts import record_conflict
from reviews.domain.identity import flag_identity, leave_passage, remove_passage
from reviews.engine.pace import Pace, pace
from reviews.models import IdentityFlag, ReviewAssignment
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.test_blindness import TOKENS
from tests.reviews.test_pages import COMPLETE, signed_in
from tests.worlds import World, person

NAME = "Quillon Baxterley"
TEXT = f"I wrote this.\n\nMy name is\n{NAME} and my page says more."


@pytest.fixture
def reading(world: World) -> ReviewAssignment:
    """Return the first of two readings of one application whose answer names its writer."""
    application = applying.under_review(world)
    for snapshot in AnswerSnapshot.objects.filter(application=application, scope="general"):
        for item in (item for section in snapshot.content for item in section["items"] if item["code"] == "why"):
            item.update(value=TEXT, display=TEXT)
        AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=snapshot.content)
    factories.assign(world)
    return factories.readings_of(factories.of(application))[0]


def reader_of(world: World, assignment: ReviewAssignment) -> str:
    return next(who for who, user in world.people.items() if user == assignment.reviewer)


def test_reader_flags_the_words_and_reads_on(world: World, reading: ReviewAssignment) -> None:
    client, url = signed_in(world, reader_of(world, reading)), f"/review/{reading.public_id}/reveals/"
    flag = {"answer": "why", "passage": f"My name is {NAME}", "note": "In the first answer", "knows": "no"}
    with clock.at(world.moments["review"]):
        assert "Do you know this person?" in client.get(url).content.decode()
        empty = client.post(url, {})
        wrong = client.post(url, {**flag, "passage": "Nowhere to be found"})
        done = [client.post(url, flag), client.post(url, flag)]

    assert empty.status_code == 422
    assert wrong.status_code == 409
    assert "Nowhere to be found" in wrong.content.decode(), "what was typed stays"
    assert [answer["Location"] for answer in done] == [f"/review/{reading.public_id}/"] * 2
    assert [row.passage for row in IdentityFlag.objects.all()] == [f"My name is {NAME}"]
    assert NAME not in str(AuditEvent.objects.filter(verb="flag_identity").values_list("details", "after"))


def test_reader_who_knows_the_person_goes_on_to_the_conflict(world: World, reading: ReviewAssignment) -> None:
    client = signed_in(world, reader_of(world, reading))
    with clock.at(world.moments["review"]):
        answer = client.post(
            f"/review/{reading.public_id}/reveals/", {"answer": "why", "passage": NAME, "knows": "yes"}
        )

    assert answer["Location"] == f"/review/{reading.public_id}/conflict/"
    assert IdentityFlag.objects.count() == 1


def test_lead_removes_the_words_for_every_blind_reader(world: World, reading: ReviewAssignment) -> None:
    other = factories.readings_of(reading.track_application)[1]
    readers = [(signed_in(world, reader_of(world, one)), f"/review/{one.public_id}/") for one in (reading, other)]
    lead = signed_in(world, "empirical lead")
    with clock.at(world.moments["review"]):
        assert all(NAME in client.get(url).content.decode() for client, url in readers), "liveness"
        flag = flag_identity(assignment=reading, question_code="why", passage=f"is {NAME}", by=reading.reviewer)
        assert "Texts that reveal who it is</a>: 1 to look at" in lead.get("/lead/").content.decode()
        assert NAME in lead.get("/lead/identity/").content.decode()
        refused = lead.post(f"/lead/identity/{flag.public_id}/", {"act": "remove", "passage": "not there"})
        lead.post(f"/lead/identity/{flag.public_id}/", {"act": "remove", "passage": f"My name is {NAME}"})
        pages = [client.get(url).content.decode() for client, url in readers]
        reveals = readers[0][0].get(f"/review/{reading.public_id}/reveals/").content.decode()

    assert refused.status_code == 409
    assert "These words do not stand in that answer" in refused.content.decode()
    assert all("[removed] and my page says more." in page and NAME not in page for page in pages)
    assert NAME not in reveals
    event = AuditEvent.objects.get(verb="remove")
    assert (event.actor, event.before, event.after) == (world.people["empirical lead"], "flagged", "removed")
    assert NAME not in str(event.details)
    assert AnswerSnapshot.objects.filter(content__contains=[{"items": [{"value": TEXT}]}]).exists(), (
        "what was sent stays"
    )


def test_flag_is_decided_once_and_only_by_those_who_lead(world: World, reading: ReviewAssignment) -> None:
    with clock.at(world.moments["review"]):
        flag = flag_identity(assignment=reading, question_code="why", passage=NAME, by=reading.reviewer)
        url = f"/lead/identity/{flag.public_id}/"
        for who in ("theory lead", "applicant", reader_of(world, reading)):
            assert signed_in(world, who).post(url, {"act": "leave"}).status_code == 404
        with pytest.raises(Refused, match="no longer yours"):
            flag_identity(assignment=reading, question_code="why", passage=NAME, by=world.people["staff a"])
        leave_passage(flag=flag, by=world.people["staff a"])
        with pytest.raises(Refused):
            remove_passage(flag=flag, passage=NAME, by=world.people["staff a"])


def test_flags_are_hidden_from_a_lead_in_conflict(world: World, reading: ReviewAssignment) -> None:
    lead = world.people["empirical lead"]
    with clock.at(world.moments["review"]):
        before = TOKENS.sub(b"", signed_in(world, "empirical lead").get("/lead/identity/").content)
        flag = flag_identity(assignment=reading, question_code="why", passage=NAME, by=reading.reviewer)
        assert TOKENS.sub(b"", signed_in(world, "empirical lead").get("/lead/identity/").content) != before

        writer = reading.track_application.application.person
        record_conflict(reviewer=lead, person=writer, kind="personal", by=lead)

        assert TOKENS.sub(b"", signed_in(world, "empirical lead").get("/lead/identity/").content) == before
        assert signed_in(world, "empirical lead").post(f"/lead/identity/{flag.public_id}/").status_code == 404


def test_skipped_text_comes_back_last_and_keeps_its_draft(world: World) -> None:
    world.people["reviewer c"].grants.update(revoked_at=world.moments["open"])
    for name in ("one", "two", "three"):
        world.people[name] = person(name)
        applying.under_review(world, name, ("empirical",), ("alpha",))
    factories.assign(world)
    ReviewAssignment.objects.exclude(reviewer=world.people["reviewer a"], evaluation=None).delete()
    client = signed_in(world, "reviewer a")
    with clock.at(world.moments["review"]):
        n = ReviewAssignment.objects.count()
        order = [client.post("/review/next/")["Location"]]
        client.post(order[0], {**COMPLETE, "act": "draft", "version": "0"})
        for step in range(n):
            with clock.at(world.moments["review"] + timedelta(minutes=step)):
                order.append(client.post("/review/next/", {"skip": order[-1].split("/")[2]})["Location"])
        page = client.get("/review/").content.decode()

    assert n >= 2, "liveness"
    assert order[0] == order[n], "after all others it is there again"
    assert len(set(order[:n])) == n
    assert "Skipped</h2>" in page
    assert AuditEvent.objects.filter(verb="skip").count() == n


def test_pace_leaves_breaks_out_and_says_so() -> None:
    start = datetime(2026, 6, 27, 9, tzinfo=UTC)
    instants = [start + timedelta(minutes=minutes) for minutes in (0, 8, 18, 200, 212, 600)]

    assert pace(instants) == Pace(minutes=10, n=3, left_out=2)
    assert pace(instants[:3]) is None
    assert pace([]) is None


def test_queue_tells_a_reader_their_own_pace_and_nobody_else(world: World) -> None:
    world.people["reviewer c"].grants.update(revoked_at=world.moments["open"])
    factories.read_cohort(world, {f"person {n}": (4, 3) for n in range(5)})
    reader = ReviewAssignment.objects.filter(state="submitted").first().reviewer
    mine = list(ReviewAssignment.objects.filter(reviewer=reader, state="submitted"))
    who = next(name for name, user in world.people.items() if user == reader)
    with clock.at(world.moments["review"]):
        lead_before = TOKENS.sub(b"", signed_in(world, "empirical lead").get("/lead/").content)
        for number, row in enumerate(mine):
            ReviewAssignment.objects.filter(pk=row.pk).update(
                submitted_at=world.moments["review"] - timedelta(minutes=7 * number)
            )
        page = signed_in(world, who).get("/review/").content.decode()
        assert TOKENS.sub(b"", signed_in(world, "empirical lead").get("/lead/").content) == lead_before

    assert len(mine) >= 4, "liveness"
    assert "A text took you about 7 minutes this week" in page

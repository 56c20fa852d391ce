"""An accepted correction of an answer: beside what was handed in, for whoever gets that answer, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from applications.models import AnswerCorrection, AnswerSnapshot, Application, StreamApplication
from applications.queries.corrections import answers_handed_in
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from mats_portal.desk.models import CorrectionRequest
from mats_portal.desk.privacy.requesting import answer_correction, ask_correction
from reviews.domain.identity import flag_identity, remove_passage
from reviews.domain.reviews import submit_review
from reviews.models import ReviewAssignment
from tests.applications import factories
from tests.reviews import factories as reviewing
from tests.reviews.test_blindness import TOKENS
from tests.worlds import World, small_world

RIGHT = "I ran the test for three weeks.\n\nNot for three days."


@pytest.fixture
def world(db: None) -> World:
    world = small_world()
    reviewing.add_rubrics(world)
    return world


@pytest.fixture
def application(world: World) -> Application:
    """Return an application that two people read, neither of whom has begun."""
    made = factories.under_review(world)
    reviewing.assign(world)
    return made


def key_of(application: Application, code: str, scope: str = "general") -> str:
    snapshot = application.snapshots.filter(scope=scope).latest("submitted_at", "pk")
    return f"{snapshot.public_id}.{code}"


def corrected(world: World, application: Application, code: str = "why", text: str = RIGHT, **fields: Any) -> None:
    """Have a correction asked for and accepted, an hour after whatever came before."""
    moment = fields.pop("at", world.moments["review"] + timedelta(hours=1))
    with clock.at(moment):
        row = ask_correction(
            person=application.person, by=application.person, kind="answers", what="A number", proposed=text,
            reason="I wrote days for weeks", answer=key_of(application, code, **fields),
        )  # fmt: skip
        answer_correction(correction=row, accept=True, reply="It stands beside it.", by=world.people["staff a"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(world: World, user: User, url: str, moment: str = "review", hours: int = 2) -> str:
    with clock.at(world.moments[moment] + timedelta(hours=hours)):
        answer = signed_in(user).get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return TOKENS.sub(b"", answer.content).decode()


def readings(application: Application) -> list[ReviewAssignment]:
    return reviewing.readings_of(reviewing.of(application))


def told(application: Application) -> list[str]:
    return sorted(OutboxMail.objects.filter(key__startswith="answer-corrected:").values_list("to", flat=True))


def test_person_names_the_answer_staff_accept_and_its_readers_get_both_texts(
    world: World, application: Application
) -> None:
    person, staff = signed_in(application.person), signed_in(world.people["staff a"])
    reading = readings(application)[0]
    url = f"/review/{reading.public_id}/"
    typed = {"kind": "answers", "what": "Days and weeks", "proposed": RIGHT, "reason": "A slip"}
    with clock.at(world.moments["review"]):
        page = person.get("/my/data/correct/?about=answers").content.decode()
        assert "Which answer" in page
        assert key_of(application, "why") in page
        wrong = person.post("/my/data/correct/", {**typed, "answer": "nowhere.why"})
        assert (wrong.status_code, "Days and weeks" in wrong.content.decode()) == (422, True)
        assert person.post("/my/data/correct/", {**typed, "answer": key_of(application, "why")}).status_code == 302
        row = CorrectionRequest.objects.get()
        assert "I built a small test" in staff.get(f"/console/corrections/{row.public_id}/").content.decode()
        assert "three weeks" not in text(world, reading.reviewer, url), "nothing before somebody looked"
        answer = {"act": "accept", "reply": "Yes.", "answer": key_of(application, "why")}
        assert staff.post(f"/console/corrections/{row.public_id}/", answer).status_code == 302
        late = staff.post(f"/console/corrections/{row.public_id}/", answer)
        assert late.status_code == 409
    page = text(world, reading.reviewer, url)
    assert page.index("I built a small test") < page.index("Corrected on") < page.index("Not for three days.")
    assert page.count("Corrected on") == 1
    assert "Not for three days." in text(world, world.people["staff a"], f"/console/people/{application.public_id}/")
    assert AnswerCorrection.objects.count() == 1
    event = AuditEvent.objects.get(verb="correct_answer")
    assert (event.actor, "weeks" in str(event.details)) == (world.people["staff a"], False)


def test_staff_may_find_another_answer_meant_or_none(world: World, application: Application) -> None:
    reading = readings(application)[0]
    with clock.at(world.moments["review"]):
        row = ask_correction(
            person=application.person, by=application.person, kind="answers", what="A number", proposed=RIGHT,
            reason="A slip", answer=key_of(application, "why"),
        )  # fmt: skip
        answer_correction(correction=row, accept=True, reply="Noted.", answer="", by=world.people["staff a"])
    assert not AnswerCorrection.objects.exists()
    assert "three weeks" not in text(world, reading.reviewer, f"/review/{reading.public_id}/")
    with clock.at(world.moments["review"]):
        row = ask_correction(
            person=application.person,
            by=application.person,
            kind="answers",
            what="Again",
            proposed=RIGHT,
            reason="Slip",
        )
        method = key_of(application, "method", "track")
        answer_correction(correction=row, accept=True, reply="Noted.", answer=method, by=world.people["staff a"])
    assert AnswerCorrection.objects.get().question_code == "method"


@pytest.mark.requirement(38)
def test_correction_of_a_hidden_answer_changes_nothing_for_readers_and_nobody_is_told(
    world: World, application: Application
) -> None:
    first, second = readings(application)
    reviewing.review(world, first)
    pages = {first: f"/review/{first.public_id}/", second: f"/review/{second.public_id}/"}
    before = {row: text(world, row.reviewer, url) for row, url in pages.items()}

    corrected(world, application, "full-name", "Quillon Ravensworth")

    assert {row: text(world, row.reviewer, url) for row, url in pages.items()} == before
    assert told(application) == []
    seen = text(world, world.people["staff a"], f"/console/people/{application.public_id}/")
    assert "Quillon Ravensworth" in seen, "control: it is there for whoever may read the answer"
    corrected(world, application)
    assert {row: text(world, row.reviewer, url) for row, url in pages.items()} != before, "control: an open one shows"


@pytest.mark.requirement(38)
def test_name_address_and_flagged_words_are_taken_out_of_a_correction_too(
    world: World, application: Application
) -> None:
    person = application.person
    User.objects.filter(pk=person.pk).update(display_name="Noor Halvorsen")
    application.person.refresh_from_db()
    signed = f"I led it at Tidewater Works. Signed: Noor Halvorsen, Ms Halvorsen, {person.email}. Halvorsenite stays."
    corrected(world, application, text=signed)
    reading, other = readings(application)
    url = f"/review/{reading.public_id}/"

    page = text(world, reading.reviewer, url)

    assert "Signed: [removed], Ms [removed], [removed]. Halvorsenite stays." in page
    assert "Noor" not in page
    assert "Tidewater Works" in page
    with clock.at(world.moments["review"] + timedelta(hours=3)):
        flag = flag_identity(assignment=reading, question_code="why", passage="Tidewater Works", by=reading.reviewer)
        with pytest.raises(Refused, match="do not stand"):
            flag_identity(assignment=reading, question_code="why", passage="Noor Halvorsen", by=reading.reviewer)
        remove_passage(flag=flag, passage="Tidewater Works", by=world.people["empirical lead"])
    for row in (reading, other):
        assert "Tidewater" not in text(world, row.reviewer, f"/review/{row.public_id}/", hours=4)
    assert "Tidewater" in text(world, world.people["staff a"], f"/console/people/{application.public_id}/")


def test_review_handed_in_before_is_marked_and_its_reader_told_once(world: World, application: Application) -> None:
    first, second = readings(application)
    reviewing.review(world, first)
    url = f"/review/{first.public_id}/"
    assert "Written before the correction" not in text(world, first.reviewer, url)

    corrected(world, application)

    assert told(application) == [first.reviewer.email], "who has not begun reads both anyway"
    mail = OutboxMail.objects.get(key__startswith="answer-corrected:")
    assert f"#{first.label}" in mail.subject
    assert application.reference not in mail.body
    assert str(application.person) not in mail.body
    assert "Written before the correction" in text(world, first.reviewer, url)
    assert "Written before the correction" not in text(world, second.reviewer, f"/review/{second.public_id}/")
    corrected(world, application)  # asked for anew in the same words
    assert AnswerCorrection.objects.count() == 1
    assert len(told(application)) == 1
    with clock.at(world.moments["review"] + timedelta(hours=3)):
        again = reviewing.reading(second, 4)
        submit_review(assignment=second, reading=again, version=0, by=second.reviewer)
    assert "Written before the correction" not in text(world, second.reviewer, f"/review/{second.public_id}/", hours=4)
    assert "Written before that: You." in text(world, first.reviewer, f"{url}compare/", hours=4)
    assert "Written before that: Reader B." in text(
        world, second.reviewer, f"/review/{second.public_id}/compare/", hours=4
    )
    with clock.at(world.moments["review"] + timedelta(hours=5)):
        again = reviewing.reading(first, 5)
        submit_review(assignment=first, reading=again, version=1, by=first.reviewer)
    assert "Written before" not in text(world, first.reviewer, url, hours=6)


def test_after_the_close_of_the_review_nobody_is_written_to(world: World, application: Application) -> None:
    first, _ = readings(application)
    reviewing.review(world, first)
    corrected(world, application, at=world.date("review_closes") + timedelta(hours=1))
    assert told(application) == []
    assert "Not for three days." in text(world, first.reviewer, f"/review/{first.public_id}/", "advanced")


def test_graders_of_a_task_are_told_of_its_answers_alone(world: World, application: Application) -> None:
    gradings = list(ReviewAssignment.objects.filter(evaluation__isnull=False).order_by("pk"))
    reviewing.review(world, gradings[0])
    reviewing.review(world, readings(application)[0])
    corrected(world, application, "approach", "I began with the second file.", scope="evaluation")
    assert told(application) == [gradings[0].reviewer.email]
    mail = OutboxMail.objects.get(key__startswith="answer-corrected:")
    assert f"/review/{gradings[0].public_id}/" in mail.body
    assert "the second file" in text(world, gradings[1].reviewer, f"/review/{gradings[1].public_id}/")
    assert "the second file" not in text(
        world, readings(application)[0].reviewer, f"/review/{readings(application)[0].public_id}/"
    )


def test_mentors_read_it_beside_the_answer(world: World, application: Application) -> None:
    corrected(world, application)
    corrected(world, application, "places", "London only")
    row = StreamApplication.objects.get(application=application)
    StreamApplication.objects.update(internal_state="in_stream_review", released_state="in_stream_review")
    page = text(
        world, world.people["alpha mentor"], f"/mentor/{row.stream.public_id}/people/{row.public_id}/", "advanced"
    )
    assert "I built a small test" in page
    assert page.index("Corrected on") < page.index("Not for three days.")
    assert "London only" not in page, "an answer that mentors do not get"
    staff = text(world, world.people["staff a"], f"/console/people/{application.public_id}/", "advanced")
    assert "London only" in staff, "control"


def test_what_was_handed_in_anew_is_not_corrected_by_what_came_before(world: World, application: Application) -> None:
    stale = key_of(application, "why")
    corrected(world, application)
    old = AnswerSnapshot.objects.get(application=application, scope="general")
    with clock.at(world.moments["review"]):
        row = ask_correction(
            person=application.person, by=application.person, kind="answers", what="One more", proposed="Four",
            reason="A slip", answer=stale,
        )  # fmt: skip
        AnswerSnapshot.objects.create(
            application=application, scope="general", content=old.content, sha256=old.sha256,
            submitted_at=clock.now() + timedelta(minutes=1),
        )  # fmt: skip
    reading = readings(application)[0]
    assert "Corrected on" not in text(world, reading.reviewer, f"/review/{reading.public_id}/")
    with clock.at(world.moments["review"] + timedelta(hours=2)):
        with pytest.raises(Refused, match="handed in anew"):
            answer_correction(correction=row, accept=True, reply="Yes", by=world.people["staff a"])
        row.refresh_from_db()
        assert row.state == "open"
        # The page offers what holds now, so that staff can choose anew.
        page = signed_in(world.people["staff a"]).get(f"/console/corrections/{row.public_id}/").content.decode()
        assert key_of(application, "why") in page


def test_nobody_corrects_answers_of_others_or_those_for_statistics(world: World, application: Application) -> None:
    other = factories.under_review(world, "other applicant")
    snapshot = AnswerSnapshot.objects.get(application=application, scope="general")
    item = next(i for section in snapshot.content for i in section["items"] if i["code"] == "pronouns")
    item["data_class"] = "demographic"
    AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=snapshot.content)
    assert key_of(application, "pronouns") not in {one.key for one in answers_handed_in(application)}
    for key in (key_of(other, "why"), key_of(application, "pronouns")):
        with clock.at(world.moments["review"]):
            row = ask_correction(
                person=application.person, by=application.person, kind="answers", what=key, proposed="x",
                reason="y", answer=key,
            )  # fmt: skip
            assert row.answer == ""
            with pytest.raises(Refused, match="Choose another"):
                answer_correction(correction=row, accept=True, reply="Yes", answer=key, by=world.people["staff a"])


def test_page_costs_the_same_for_one_correction_and_for_three(world: World, application: Application) -> None:
    reading = readings(application)[0]
    client, costs = signed_in(reading.reviewer), []
    for code, scope in (("why", "general"), ("proof", "general"), ("method", "track")):
        corrected(world, application, code, f"New words for {code}", scope=scope)
        with clock.at(world.moments["review"] + timedelta(hours=2)):
            client.get(f"/review/{reading.public_id}/")
            with CaptureQueriesContext(connection) as queries:
                page = client.get(f"/review/{reading.public_id}/").content.decode()
        costs.append(len(queries))
    assert page.count("Corrected on") == 3
    assert len(set(costs)) == 1

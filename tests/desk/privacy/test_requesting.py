"""Corrections that staff are asked for: on record, answered with a reply, and seen where they count."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from applications.models import Document, EvaluationDefinition, StreamApplication
from applications.states import AiPolicy, EvaluationState
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from matching.queries.people import person_page
from mats_portal.desk.models import CorrectionRequest
from mats_portal.desk.privacy.requesting import answer_correction, ask_correction
from questions.states import DataClass, QuestionKind
from tests.applications import factories
from tests.desk.test_task_pages import count_queries, signed_in
from tests.worlds import World, question, small_world

ASKED = {
    "kind": "answers",
    "what": "My degree",
    "proposed": "MSc, not BSc",
    "reason": "I ticked the wrong line; the certificate is in my file.",
}


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def asked(world: World, who: str = "applicant", **fields: Any) -> CorrectionRequest:
    return ask_correction(person=world.people[who], by=world.people[who], **{**ASKED, **fields})


def test_asked_answered_told_and_shown_in_the_history(world: World) -> None:
    application = factories.under_review(world)
    person, staff = signed_in(application.person), signed_in(world.people["staff a"])
    with clock.at(world.moments["review"]):
        assert "/my/data/correct/?about=answers" in text(person, "/my/data/")
        half = person.post("/my/data/correct/", {**ASKED, "reason": " "})
        assert (half.status_code, "MSc, not BSc" in half.content.decode()) == (422, True)
        for _ in range(2):
            assert person.post("/my/data/correct/", ASKED).status_code == 302
        row = CorrectionRequest.objects.get()
        assert "With staff" in text(person, "/my/data/correct/")
        assert "You asked for a correction" in text(person, "/my/history/")
        assert "My degree" in text(staff, "/console/corrections/")
        url = f"/console/corrections/{row.public_id}/"
        assert staff.post(url, {"act": "accept", "reply": ""}).status_code == 422
        assert staff.post(url, {"act": "accept", "reply": "Noted beside your answers."}).status_code == 302
        late = staff.post(url, {"act": "decline", "reply": "No"})
        assert (late.status_code, ">No</textarea>" in late.content.decode().replace("\n", "")) == (409, True)
        assert "Noted beside your answers." in text(person, "/my/data/correct/")
        assert "Corrected by the applicant" in text(staff, f"/console/people/{application.public_id}/")
        assert signed_in(world.people["other applicant"]).get("/my/data/correct/").status_code == 200
    mail = OutboxMail.objects.get(key__startswith="correction-answered:")
    assert "put right" in mail.subject
    assert AuditEvent.objects.filter(object_key=row.public_id).values_list("verb", flat=True).count() == 2


def test_nobody_answers_their_own_and_ten_are_enough(world: World) -> None:
    row = asked(world, "staff a")
    with pytest.raises(Refused, match="Somebody else"):
        answer_correction(correction=row, accept=True, reply="Yes", by=world.people["staff a"])
    assert signed_in(world.people["staff a"]).get(f"/console/corrections/{row.public_id}/").status_code == 404
    for number in range(9):
        asked(world, "staff a", what=f"Thing {number}")
    with pytest.raises(Refused, match="wait already"):
        asked(world, "staff a", what="Thing 10")
    with pytest.raises(IntegrityError, match="with_a_reply"), transaction.atomic():
        CorrectionRequest.objects.filter(pk=row.pk).update(state="accepted")
    url = f"/my/data/correct/{row.public_id}/withdraw/"
    assert signed_in(world.people["staff b"]).post(url).status_code == 404
    own = signed_in(world.people["staff a"])
    assert [own.post(url).status_code for _ in range(2)] == [302, 302]
    assert asked(world, "staff a", what="Thing 10")


def test_an_accepted_text_of_a_file_is_read_by_mentors_as_corrected_by_the_applicant(world: World) -> None:
    application = factories.under_review(world)
    document = Document.objects.create(
        application=application, question=question("paper", QuestionKind.FILE, data_class=DataClass.DOCUMENT),
        scope="general", name="cv.txt", type="text", size=1, sha256="0" * 64, text="Rnining a lab",
    )  # fmt: skip
    person, url = signed_in(application.person), f"/my/data/correct/?file={document.public_id}"
    stranger = signed_in(world.people["other applicant"])
    with clock.at(world.moments["review"]):
        assert url in text(person, f"/my/files/{document.public_id}/text/")
        assert "Rnining a lab" in text(person, url)
        assert stranger.get(url).status_code == 404
        assert person.post(url, {"proposed": "Running a lab", "reason": "Misread"}).status_code == 302
        row = CorrectionRequest.objects.get()
        document.refresh_from_db()
        assert document.corrected_text is None, "nothing before somebody looked"
        answer_correction(correction=row, accept=True, reply="It stands so in the file.", by=world.people["staff a"])
    document.refresh_from_db()
    assert document.corrected_text == "Running a lab"
    snapshot = application.snapshots.get(scope="general")
    item = {"code": "paper", "question": "Paper", "kind": "file", "data_class": "document",
            "value": {"id": document.public_id, "sha256": "0" * 64, "bytes": 1, "type": "text", "name": "cv.txt"},
            "display": "cv.txt"}  # fmt: skip
    snapshot.content.append({"title": "Papers", "scope": "general", "scope_key": "", "items": [item]})
    snapshot.save()
    stream = StreamApplication.objects.get(application=application)
    StreamApplication.objects.update(internal_state="in_stream_review", released_state="in_stream_review")
    mentor = signed_in(world.people["alpha mentor"])
    page = f"/mentor/{stream.stream.public_id}/people/{stream.public_id}/"
    with clock.at(world.moments["advanced"]):
        link = f"{page}files/{document.public_id}/text/"
        assert link in text(mentor, page)
        seen = text(mentor, link)
        assert "Corrected by the applicant" in seen
        assert "Running a lab" in seen
        assert signed_in(world.people["gamma mentor"]).get(link).status_code == 404


def test_mentors_read_that_a_task_was_excused_or_has_more_time_and_never_why(world: World) -> None:
    shared = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="shared", title="Shared test", brief="Read.", form=world.evaluation.form,
        effort_minutes=30, ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    shared.streams.set([world.streams["alpha"]])
    application = factories.in_stage2(world)
    row = factories.stream_submitted(world, application, "alpha")
    task, mentor = application.evaluation_assignments.get(definition=shared), world.people["alpha mentor"]
    with clock.at(world.moments["stage2"]):
        assert person_page(row, mentor).exceptions == []
        task.extended_until = clock.now() + timedelta(days=2)
        task.save()
        assert person_page(row, mentor).exceptions == [
            ("Shared test", "Has more time for this task: it is not missing.")
        ]
        task.state, task.extended_until = EvaluationState.EXCUSED, None
        task.save()
        ((title, words),) = person_page(row, mentor).exceptions
    assert (title, words.startswith("Excused from this task")) == ("Shared test", True)


def test_queue_costs_the_same_for_one_and_for_many(world: World) -> None:
    staff = signed_in(world.people["staff a"])
    asked(world)
    one = count_queries(staff, "/console/corrections/")
    for who in ("other applicant", "third applicant", "staff b"):
        factories.submitted(world, who) if who != "staff b" else None
        asked(world, who)
    assert count_queries(staff, "/console/corrections/") == one

"""The pages of a question about a submission: who reaches them, what they say, what is kept, what they cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from applications.domain.concerns import Seen, raise_concern
from applications.models import CaseStatement, EvaluationAssignment, IntegrityCase
from core import clock
from reviews.domain.conflicts import record_conflict
from reviews.models import ReviewAssignment
from tests.applications import factories
from tests.desk.test_task_pages import count_queries, signed_in
from tests.reviews import factories as reviewing
from tests.worlds import World, small_world

TYPED = {
    "concern": "Results that this code cannot give.",
    "kind_1": "inside",
    "text_1": "The table in part two.",
    "note": "Ask the lead",
}


@pytest.fixture
def world(db: None) -> World:
    return small_world()


@pytest.fixture
def grading(world: World) -> ReviewAssignment:
    """Return one of two gradings of the applicant's task."""
    reviewing.add_rubrics(world)
    factories.under_review(world)
    reviewing.assign(world)
    return ReviewAssignment.objects.filter(evaluation__isnull=False).order_by("pk")[0]


def ask(world: World, task: EvaluationAssignment, by: str = "empirical lead") -> IntegrityCase:
    with clock.at(world.moments["review"]):
        return raise_concern(
            assignment=task, concern="Seen there.", evidence=[Seen("record", "Two versions")], by=world.people[by]
        )


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def test_grader_raises_it_on_the_page_of_the_text_and_a_detector_alone_is_refused(
    world: World, grading: ReviewAssignment
) -> None:
    reader, url = signed_in(grading.reviewer), f"/review/{grading.public_id}/"
    with clock.at(world.moments["review"]):
        assert f"{url}concern/" in text(reader, url)
        empty = reader.post(f"{url}concern/", {})
        alone = reader.post(f"{url}concern/", {**TYPED, "kind_1": "detector", "text_1": "97 %"})
        half = reader.post(f"{url}concern/", {**TYPED, "text_2": "Another place"})
        assert [one.status_code for one in (empty, alone, half)] == [422, 409, 422]
        page = alone.content.decode()
        assert "The score of a detector alone is no evidence" in page
        for kept in (TYPED["concern"], "97 %", TYPED["note"]):
            assert kept in page
        assert not IntegrityCase.objects.exists()
        assert reader.post(f"{url}concern/", TYPED).status_code == 302
        assert reader.get(url).status_code == 404
        queue = text(reader, "/review/")
    assert TYPED["concern"] not in queue
    assert "Raise a concern" not in queue
    of_track = ReviewAssignment.objects.filter(track_application__isnull=False)[0]
    with clock.at(world.moments["review"]):
        assert signed_in(of_track.reviewer).get(f"/review/{of_track.public_id}/concern/").status_code == 404


def test_author_reads_answers_and_loses_nothing_on_an_error(
    world: World, grading: ReviewAssignment, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    task = grading.evaluation
    author, url = signed_in(world.people["applicant"]), f"/my/tasks/{task.public_id}/concern/"
    with clock.at(world.moments["review"]):
        assert author.get(url).status_code == 404
    case = ask(world, task)
    with clock.at(world.moments["review"] + timedelta(days=1)):
        page, dashboard, own = text(author, url), text(author, "/my/"), text(author, f"/my/tasks/{task.public_id}/")
        assert "Nothing is decided" in page
        assert "Two versions" in page
        assert "Sat 4 July 2026, 23:59 AoE" in page
        assert world.people["empirical lead"].display_name not in page + dashboard + own
        assert "A question about your submission" in dashboard
        assert url in own
        wrong = author.post(url, {"text": "I wrote it.", "file": ContentFile(b"MZ", name="run.exe"), "act": "answer"})
        assert (wrong.status_code, "I wrote it." in wrong.content.decode()) == (422, True)
        assert author.post(url, {"text": " "}).status_code == 422
        sent = {"text": "I wrote it.", "file": ContentFile(b"Draft.", name="draft.txt"), "act": "answer"}
        assert author.post(url, sent).status_code == 302
        assert "draft.txt" in text(author, url)
        file = f"/my/statements/{CaseStatement.objects.get().public_id}/file/"
        assert b"".join(author.get(file).streaming_content) == b"Draft."
        assert signed_in(world.people["other applicant"]).get(file).status_code == 404
        assert "You answered a question about Coding task" in text(author, "/my/history/")
    with clock.at(case.reply_by + world.grace):
        late = author.post(url, {"text": "One more thing", "act": "answer"})
        assert (late.status_code, "One more thing" in late.content.decode()) == (409, True)
        assert "With two people" in text(author, url)


def test_two_of_staff_settle_it_and_the_author_reads_the_outcome_and_appeals(
    world: World, grading: ReviewAssignment
) -> None:
    task = grading.evaluation
    case = ask(world, task)
    first, second, author = (signed_in(world.people[name]) for name in ("staff a", "staff b", "applicant"))
    url, own = f"/console/tasks/integrity/{case.public_id}/", f"/my/tasks/{task.public_id}/concern/"
    with clock.at(world.moments["review"] + timedelta(days=1)):
        assert "Waits" in text(first, "/console/tasks/integrity/")
        assert "Nothing is found before that" in text(first, url)
        assert first.post(f"{url}confirm/").status_code == 409
        author.post(own, {"text": "My own report.", "act": "answer"})
        assert "Answered" in text(first, "/console/tasks/integrity/")
        assert first.post(url, {"outcome": "set_aside", "zone": "AoE"}).status_code == 422
        assert first.post(url, {"outcome": "retake", "zone": "AoE", "reason": "Again"}).status_code == 422
        assert first.post(url, {"outcome": "set_aside", "zone": "AoE", "reason": "Both agree."}).status_code == 302
        assert "Both agree." not in text(author, own)
        assert "Agree: settle" not in text(first, url)
        assert "Agree: settle" in text(second, url)
        assert second.post(f"{url}confirm/").status_code == 302
        page = text(author, own)
        assert "Your submission does not count" in page
        assert "Both agree." in page
        for name in ("staff a", "staff b"):
            assert world.people[name].display_name not in page
        assert "Read the outcome" in text(author, f"/my/tasks/{task.public_id}/")
        assert author.post(own, {"text": "", "act": "appeal"}).status_code == 422
        assert author.post(own, {"text": "Look again.", "act": "appeal"}).status_code == 302
        assert "Your appeal is being looked at" in text(author, own)
        assert "Appealed" in text(first, "/console/tasks/integrity/")
        assert "You decided about this before" in text(first, url)
        admin = signed_in(world.people["admin"])
        assert admin.post(url, {"outcome": "upheld", "reason": "The same."}).status_code == 302
        assert second.post(f"{url}send-back/").status_code == 409
        assert admin.post(f"{url}send-back/").status_code == 302
    assert IntegrityCase.objects.get().state == "appealed"


def test_nobody_else_learns_of_it(world: World, grading: ReviewAssignment) -> None:
    """Other readers, leads of other tracks, mentors and people in conflict: the pages answer as if there were none."""
    task = grading.evaluation
    world.evaluation.tracks.set([world.tracks["empirical"]])
    other = ReviewAssignment.objects.filter(evaluation=task).exclude(pk=grading.pk).get()
    record_conflict(
        reviewer=world.people["staff b"], person=world.people["applicant"], kind="personal", by=world.people["staff b"]
    )
    case = ask(world, task)
    url = f"/console/tasks/integrity/{case.public_id}/"
    with clock.at(world.moments["review"]):
        reached = {
            who: signed_in(world.people[who]).get(url).status_code
            for who in ("applicant", "reviewer a", "empirical lead", "alpha mentor", "observer", "staff b", "staff a")
        }
        list_of_b = text(signed_in(world.people["staff b"]), "/console/tasks/integrity/")
        reader = signed_in(other.reviewer)
        pages = [text(reader, path) for path in ("/review/", "/review/done/", "/review/conflicts/")]
        assert reader.get(f"/review/{other.public_id}/").status_code == 404
    assert reached == {
        "applicant": 404, "reviewer a": 404, "empirical lead": 404, "alpha mentor": 404, "observer": 404,
        "staff b": 404, "staff a": 200,
    }  # fmt: skip
    assert "No question is open" in list_of_b
    assert not any("concern" in page.lower() or "question about" in page.lower() for page in pages)


def test_lead_raises_it_on_the_page_of_the_task(world: World, grading: ReviewAssignment) -> None:
    lead, url = signed_in(world.people["empirical lead"]), f"/lead/tasks/{grading.evaluation.public_id}/"
    with clock.at(world.moments["review"]):
        assert f"{url}concern/" in text(lead, url)
        assert lead.post(f"{url}concern/", {"concern": "Only this"}).status_code == 422
        assert lead.post(f"{url}concern/", TYPED).status_code == 302
        assert "A question is open" in text(lead, url)
        assert lead.get("/console/tasks/integrity/").status_code == 403


def test_list_costs_the_same_for_one_and_for_many(world: World, grading: ReviewAssignment) -> None:
    ask(world, grading.evaluation)
    staff, url = signed_in(world.people["staff a"]), "/console/tasks/integrity/"
    with clock.at(world.moments["review"]):
        one = count_queries(staff, url)
    for who in ("other applicant", "third applicant"):
        ask(world, factories.under_review(world, who).evaluation_assignments.get())
    with clock.at(world.moments["review"]):
        assert count_queries(staff, url) == one
        assert text(staff, url).count("Waits") == 3

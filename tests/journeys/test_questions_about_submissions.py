"""A question about a submission in a real browser: raised, answered on a phone, decided by two, told."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from applications.models import EvaluationAssignment, IntegrityCase
from applications.states import EvaluationState
from mats_portal.demo.domain import move_clock
from reviews.models import ReviewAssignment
from tests.applications import factories
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.journeys.test_tasks import window
from tests.reviews import factories as reviewing
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAFT = {"name": "draft.txt", "mimeType": "text/plain", "buffer": b"Written on 14 March."}
WRONG = {"name": "draft.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    """Return the small cycle in its review, with files in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    world = small_world()
    reviewing.add_rubrics(world)
    factories.under_review(world)
    reviewing.assign(world)
    move_clock(to=world.moments["review"], by=world.people["applicant"])
    return world


def test_raised_by_a_grader_answered_on_a_phone_settled_by_two_and_told(
    world: World, browser: Browser, live_server: Any
) -> None:
    task = EvaluationAssignment.objects.get()
    grading = ReviewAssignment.objects.filter(evaluation=task).order_by("pk")[0]
    looks: list[tuple[str, list, int]] = []

    def look(name: str, page: Any) -> None:
        looks.append((name, grave_findings(page), sideways_scroll(page)))

    grader = window(browser, live_server, grading.reviewer, width=1280)
    grader.goto(f"{live_server.url}/review/{grading.public_id}/")
    grader.get_by_role("link", name="Raise a concern").click()
    grader.get_by_label("What you saw").fill("Two paragraphs stand elsewhere.")
    grader.get_by_label("Evidence 1: what kind").select_option("detector")
    grader.get_by_label("Evidence 1: where it is seen").fill("84 %")
    grader.get_by_role("button", name="Ask the person").click()
    expect(grader.get_by_role("main")).to_contain_text("The score of a detector alone is no evidence")
    look("raise", grader)
    grader.get_by_label("Evidence 2: what kind").select_option("same_words")
    grader.get_by_label("Evidence 2: where it is seen").fill("In a public report.")
    grader.get_by_role("button", name="Ask the person").click()
    expect(grader.get_by_text("has left your queue")).to_be_visible()

    author = window(browser, live_server, world.people["applicant"], width=375)
    author.goto(f"{live_server.url}/my/")
    author.get_by_role("link", name="A question about your submission: Coding task").first.click()
    expect(author.get_by_role("main")).to_contain_text("Nothing is decided")
    expect(author.get_by_role("main")).to_contain_text("In a public report.")
    look("question", author)
    author.get_by_label("Your answer").fill("That report is mine.")
    author.get_by_label("A file").set_input_files(WRONG)  # type: ignore[arg-type]  # playwright's own shape
    author.get_by_role("button", name="Send answer").click()
    expect(author.get_by_label("Your answer")).to_have_value("That report is mine.")
    look("wrong file", author)
    author.get_by_label("A file").set_input_files(DRAFT)  # type: ignore[arg-type]  # playwright's own shape
    author.get_by_role("button", name="Send answer").click()
    expect(author.get_by_role("link", name="draft.txt")).to_be_visible()

    first = window(browser, live_server, world.people["staff a"], width=1280)
    first.goto(f"{live_server.url}/console/tasks/integrity/")
    look("list", first)
    first.get_by_role("link", name="Applicant").first.click()
    expect(first.get_by_role("main")).to_contain_text("That report is mine.")
    first.get_by_label("The submission does not count").check()
    first.get_by_label("Why").fill("The report is older and by somebody else.")
    first.get_by_role("button", name="Propose").click()
    expect(first.get_by_role("button", name="Take my proposal off")).to_be_visible()
    author.reload()
    expect(author.get_by_role("main")).not_to_contain_text("by somebody else")

    second = window(browser, live_server, world.people["staff b"], width=375)
    second.goto(f"{live_server.url}/console/tasks/integrity/{IntegrityCase.objects.get().public_id}/")
    look("second", second)
    second.get_by_role("button", name="Agree: settle the question").click()
    expect(second.get_by_text("Settled. The person is told by mail.")).to_be_visible()

    author.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    author.get_by_role("link", name="Read the outcome").click()
    expect(author.get_by_role("main")).to_contain_text("Your submission does not count")
    expect(author.get_by_role("main")).to_contain_text("by somebody else")
    look("outcome", author)
    author.get_by_label("Your appeal").fill("The date on that page is wrong.")
    author.get_by_role("button", name="Send appeal").click()
    expect(author.get_by_role("main")).to_contain_text("Your appeal is being looked at")

    task.refresh_from_db()
    assert task.state == EvaluationState.SET_ASIDE
    assert [(name, findings, wide) for name, findings, wide in looks if findings or wide] == []
    for page in (grader, author, first, second):
        page.context.close()

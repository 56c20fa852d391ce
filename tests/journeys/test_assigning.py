"""A track lead gives out a real track: 220 texts proposed by a job, edited, applied by a job, one reassigned."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.models import Job
from mats_portal.demo.domain import move_clock
from reviews.domain.assignments import decline_assignment
from reviews.models import AssignmentProposal, ReviewAssignment
from reviews.states import AssignmentState
from tests.faults.workers import Workers, empty_broker
from tests.journeys.test_decisions import look, press, window
from tests.reviews import factories
from tests.reviews.crowd import unread_crowd
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
N_TEXTS, N_READERS = 220, 9


@pytest.fixture
def world() -> World:
    """220 people under review whom nobody reads yet, and a pool of nine."""
    world = small_world()
    factories.add_rubrics(world)
    factories.add_reviewers(world, N_READERS - 3)
    unread_crowd(world, N_TEXTS)
    move_clock(to=world.moments["review"], by=world.people["staff a"])
    return world


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Workers]:
    """A real worker for the jobs."""
    empty_broker()
    workers = Workers(tmp_path)
    workers.start()
    yield workers
    workers.kill_all()
    empty_broker()


def rows(page: Page) -> int:
    return page.locator("tr[id^=line-]").count()


def given() -> list[int]:
    """Return how much each reader has, the least first."""
    live = ReviewAssignment.objects.filter(state=AssignmentState.ASSIGNED)
    return sorted(Counter(live.values_list("reviewer", flat=True)).values())


def test_lead_assigns_220_texts_edits_applies_and_reassigns(
    world: World, worker: Workers, live_server: Any, browser: Browser
) -> None:
    lead, track = world.people["empirical lead"], world.tracks["empirical"]
    page = window(browser, live_server, lead)
    page.set_default_timeout(90_000)
    main = page.get_by_role("main")
    page.goto(f"{live_server.url}/lead/{track.public_id}/assignments/")
    press(page, "^Propose changes")
    # The page of the job leads on by itself once the job is done.
    page.wait_for_url(re.compile("/lead/proposals/"))
    expect(main).to_contain_text("+ 440 new")
    expect(main).to_contain_text("Page 1 of 5")
    assert rows(page) == 100
    assert ReviewAssignment.objects.count() == 0
    look(page, "long-proposal")

    page.get_by_label("Reference or reader").fill("crowd-000007")
    press(page, "^Search the lines")
    assert rows(page) == 2
    press(page, "^Drop CROWD-000007")
    expect(main).to_contain_text("Dropped")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name=re.compile("^Somebody else")).last.click()
    page.get_by_role("radio").first.check()
    press(page, "^Propose this reader")
    assert rows(page) == 2
    expect(main).to_contain_text("chosen by hand")
    expect(page.get_by_role("link", name="Dropped (1)")).to_be_visible()
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name="All (440)").click()
    if page.get_by_label("Reference or reader").input_value():
        page.get_by_label("Reference or reader").fill("")
        press(page, "^Search the lines")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name="Next").click()
    first = page.locator("tr[id^=line-]").first.get_attribute("id")
    press(page, "^Drop ")
    expect(main).to_contain_text("Page 2 of 5")
    assert page.locator("tr[id^=line-]").first.get_attribute("id") == first

    page.get_by_label("To be read by the end of").fill("2026-07-02")
    press(page, "^Apply 438 changes")
    page.wait_for_url(re.compile("/lead/proposals/"))
    expect(main).to_contain_text("Applied")
    expect(main).to_contain_text("To be read by")
    assert Job.objects.get(kind="reviews.apply").total == 438
    loads = given()
    assert (sum(loads), len(loads)) == (438, N_READERS)
    assert loads[-1] - loads[0] <= 3  # level but for the three lines that the lead changed
    assert AssignmentProposal.objects.get().due_at is not None

    text = ReviewAssignment.objects.order_by("pk").first()
    assert text is not None
    with clock.at(world.moments["review"]):
        decline_assignment(assignment=text, reason="time", note="", by=text.reviewer)
    page.goto(f"{live_server.url}/lead/{track.public_id}/assignments/")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name=re.compile("^Reassign")).click()
    look(page, "reassigning")
    press(page, "^Give it to this reader")
    expect(main).to_contain_text("reads it now")
    text.refresh_from_db()
    assert text.state == AssignmentState.REASSIGNED
    assert sum(given()) == 438

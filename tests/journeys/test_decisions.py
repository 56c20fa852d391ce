"""Staff decide in a browser: propose, change, approve by a second person, schedule, release, and take it back."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from applications.models import TrackApplication
from core.models import OutboxMail
from mats_portal.demo.domain import move_clock
from reviews.models import DecisionBatch
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.reviews import factories
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: Set to a folder, the journey leaves its pictures there.
PICTURES = os.environ.get("JOURNEY_PICTURES", "")


@pytest.fixture
def world() -> World:
    world = small_world()
    factories.add_rubrics(world)
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2), "third applicant": (5, 3)})
    move_clock(to=world.moments["review"], by=world.people["staff a"])
    return world


def window(browser: Browser, live_server: Any, user: User) -> Page:
    """Open a window of somebody who has just signed in."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/console/decisions/")
    return page


def press(page: Page, name: str) -> None:
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name=re.compile(name)).first.click()


def look(page: Page, name: str) -> None:
    """The page holds what it must for everybody: no grave finding, no sideways scroll on a phone."""
    assert grave_findings(page) == []
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 900})
        assert sideways_scroll(page) == 0, (name, width)
        for scheme in ("light", "dark") if PICTURES else ():
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def shown() -> list[str]:
    return sorted(TrackApplication.objects.values_list("released_state", flat=True))


@pytest.mark.requirement(21, 108)
def test_two_people_decide_schedule_release_and_take_back(world: World, live_server: Any, browser: Browser) -> None:
    maker, second = (window(browser, live_server, world.people[who]) for who in ("staff a", "staff b"))

    maker.get_by_role("link", name="Make a batch").click()
    maker.get_by_role("radio", name=re.compile("^Empirical, central review")).check()
    maker.locator("input[name=rule_line]").fill("3.5")
    press(maker, "Propose outcomes")
    expect(maker.get_by_role("main")).to_contain_text("1 disagreement of 1.0 or more without a note")
    batch = maker.url
    row = maker.locator("tr", has_text="Third Applicant")
    row.get_by_text("Change").first.click()
    row.locator("select").select_option("hold")
    row.get_by_label("Reason").fill("H1: a third reading is under way")
    with maker.expect_response(lambda answer: answer.request.method == "POST"):
        row.get_by_role("button", name=re.compile("^Change")).click()
    expect(maker.get_by_role("main")).to_contain_text("Every disagreement has a person's note")
    look(maker, "batch")
    expect(maker.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)

    second.goto(batch)
    press(second, "^Approve 3 decisions")
    assert set(shown()) == {"in_review"}
    maker.goto(batch)
    maker.get_by_text("Release by itself later").click()
    maker.get_by_label("Day").fill("2026-07-07")
    maker.get_by_label("Time (UTC)").fill("16:00")
    press(maker, "Schedule the release")
    expect(maker.get_by_role("main")).to_contain_text("Released by itself on")
    maker.get_by_role("link", name=re.compile("^Release 3 decisions")).click()
    press(maker, "^Release 3 decisions")
    assert shown() == ["advanced", "held", "not_advanced"]
    assert OutboxMail.objects.filter(key__startswith="decision:", state="queued").count() == 3
    look(maker, "released")

    maker.get_by_role("link", name="Take this release back").click()
    press(maker, "^Ask to take back")
    expect(maker.get_by_role("main")).to_contain_text("Say what went wrong")
    look(maker, "undo-asked-wrongly")
    maker.get_by_label("What went wrong?").fill("The line was meant to be 4.5.")
    press(maker, "^Ask to take back 3 decisions")
    expect(maker.get_by_role("main")).to_contain_text("A second person has to approve it")
    counter = maker.url
    assert OutboxMail.objects.filter(key__startswith="decision:", state="stopped").count() == 3
    second.goto(counter)
    look(second, "undo-second")
    press(second, "^Take back 3 decisions")
    look(second, "undone")

    assert set(shown()) == {"in_review"}
    assert DecisionBatch.objects.filter(counters__isnull=False, state="released").count() == 1

"""Staff draft the next version of a rubric with scripts switched off, correct a mistake, and publish it."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from core import clock
from mats_portal.demo.domain import move_clock
from reviews.domain.reviews import save_review_draft
from reviews.models import Rubric
from reviews.queries.rubric_texts import text_of
from tests.applications import factories as applying
from tests.journeys.test_decisions import look, press
from tests.reviews import factories
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world() -> World:
    """Two texts are given out, one of which somebody has begun."""
    world = small_world()
    factories.add_rubrics(world)
    begun, _ = applying.under_review(world), applying.under_review(world, "other applicant")
    factories.assign(world)
    first = factories.readings_of(factories.of(begun))[0]
    with clock.at(world.moments["review"]):
        save_review_draft(assignment=first, reading=factories.reading(first), version=0, by=first.reviewer)
    move_clock(to=world.moments["review"], by=world.people["staff a"])
    return world


def without_scripts(browser: Browser, live_server: Any, world: World) -> Page:
    """Open a window of somebody of the staff in which no script runs."""
    client = Client()
    client.force_login(world.people["staff a"])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    return context.new_page()


def test_staff_draft_correct_and_publish_the_next_version(world: World, live_server: Any, browser: Browser) -> None:
    page = without_scripts(browser, live_server, world)
    page.goto(f"{live_server.url}/console/setup/rubrics/")
    page.get_by_role("link", name=re.compile("^Empirical")).click()
    press(page, "Make a draft")

    for number in range(3):
        page.locator(f"#criterion-{number + 1} summary").click()
        page.locator(f"#criterion-{number + 1}").get_by_role("checkbox", name="Why?").check()
    page.get_by_label("Weight in percent").nth(0).fill("30")
    page.get_by_label("Level 5 means").nth(0).fill("argues for it against a real objection")
    page.get_by_label("Highest level").fill("1")
    press(page, "Save draft")
    expect(page.locator("#error-summary")).to_contain_text("The highest level is from 2 to 9")
    expect(page.get_by_label("Level 5 means").nth(0)).to_have_value("argues for it against a real objection")

    page.get_by_label("Highest level").fill("5")
    press(page, "Save draft")
    expect(page.locator(".changes")).to_contain_text("argues for it against a real objection")
    page.get_by_role("link", name="Publish version 2").click()
    expect(page.get_by_text("The weights add up to 90, not to 100.")).to_be_visible()
    expect(page.get_by_role("button", name="Publish version 2")).to_have_count(0)

    page.get_by_role("link", name="Change the draft").click()
    page.get_by_label("Name").nth(3).fill("Taste in research")
    page.get_by_label("Weight in percent").nth(3).fill("10")
    for level in (1, 3, 5):
        page.get_by_label(f"Level {level} means").nth(3).fill(f"taste of {level}")
    page.locator("#criterion-4 summary").click()
    page.locator("#criterion-4").get_by_role("checkbox", name="Method?").check()
    press(page, "Save draft")
    page.get_by_role("link", name="Publish version 2").click()
    for words in ("1 text", "2 readings that wait", "0 handed in, 1 begun, 1 waiting"):
        expect(page.locator(".consequences")).to_contain_text(words.removeprefix("1 "))
    press(page, "Publish version 2")

    expect(page.get_by_text("Version 2 is in force. 2 readings that were not begun take it.")).to_be_visible()
    in_force = Rubric.objects.get(track=world.tracks["empirical"], state="published")
    assert [row.code for row in text_of(in_force).criteria] == ["motivation", "code", "maths", "taste-in-research"]
    page.goto(f"{live_server.url}/tracks/empirical/")
    expect(page.locator("#criteria")).to_contain_text("Taste in research")


def test_pages_of_a_draft_hold_what_they_must_for_everybody(world: World, live_server: Any, browser: Browser) -> None:
    client = Client()
    client.force_login(world.people["staff a"])
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    rubric = Rubric.objects.get(track=world.tracks["empirical"])
    page.goto(f"{live_server.url}/console/setup/rubrics/{rubric.public_id}/")
    press(page, "Make a draft")
    page.get_by_label("Name").nth(0).fill("A very long name " * 7)
    page.get_by_label("Level 1 means").nth(1).fill("Unbrokenwordofagreatmanycharacters" * 15)
    page.get_by_label("Weight in percent").nth(2).fill("0")
    press(page, "Save draft")
    look(page, "rubric-edit-error")
    page.get_by_label("Weight in percent").nth(2).fill("60")
    press(page, "Save draft")
    look(page, "rubric-draft")
    page.get_by_role("link", name="Publish version 2").click()
    look(page, "rubric-publish-red")
    page.goto(f"{live_server.url}/console/setup/rubrics/")
    look(page, "rubric-list")

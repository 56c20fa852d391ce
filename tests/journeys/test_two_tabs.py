"""One answer in two tabs of a real browser: nothing typed is lost, and the person chooses."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from applications.models import Answer, Application
from mats_portal.demo.domain import move_clock
from questions.models import FormItem
from tests.applications import factories
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.worlds import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft() -> Application:
    """Return an applicant's draft, while the window is open for the server's threads too."""
    world = small_world()
    application = factories.draft(world)
    move_clock(to=world.moments["open"], by=application.person)
    return application


@pytest.fixture
def tabs(context: BrowserContext, live_server: Any, draft: Application) -> tuple[Page, Page]:
    """Open one section of the draft twice."""
    client = Client()
    client.force_login(draft.person)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    first, second = context.new_page(), context.new_page()
    for tab in (first, second):
        tab.goto(f"{live_server.url}/my/application/motivation/")
    return first, second


def typed(tab: Page, text: str) -> None:
    box = tab.locator("textarea").first
    box.fill(text)
    box.blur()


def stored(application: Application, tab: Page) -> str:
    name = tab.locator("textarea").first.get_attribute("name")
    item = FormItem.objects.get(pk=int(name.removeprefix("answer-")))
    return Answer.objects.get(application=application, question=item.question).value


def test_a_second_tab_is_told_and_keeping_both_keeps_both(tabs: tuple[Page, Page], draft: Application) -> None:
    first, second = tabs

    typed(first, "Written in the first tab.")
    expect(first.locator("[data-save-line]")).to_contain_text("Saved")
    typed(second, "Written in the second tab.")
    panel = second.locator(".conflict").first
    expect(panel).to_contain_text("Written in the first tab.")
    expect(panel).to_contain_text("Written in the second tab.")
    faults = grave_findings(second)
    panel.get_by_role("button", name="Keep both in one box").click()
    second.wait_for_load_state()

    assert faults == []
    assert sideways_scroll(second) == 0
    assert "Written in the first tab." in stored(draft, first)
    assert "Written in the second tab." in stored(draft, first)


def test_what_is_typed_after_signing_out_is_saved_after_signing_in_again(
    tabs: tuple[Page, Page], draft: Application, context: BrowserContext, live_server: Any
) -> None:
    tab, _ = tabs
    context.clear_cookies()

    typed(tab, "Typed while signed out.")
    expect(tab.get_by_role("alert").filter(has_text="You were signed out")).to_be_visible()
    client = Client()
    client.force_login(draft.person)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    tab.get_by_role("button", name="Save and back to list").click()
    tab.wait_for_url("**/my/application/")

    tab.goto(f"{live_server.url}/my/application/motivation/")
    expect(tab.locator("textarea").first).to_have_value("Typed while signed out.")

"""A referee on a phone, with and without scripts: opens the link, starts, is interrupted, comes back, sends."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from applications.models import Letter, Reference
from applications.queries.references import link_token
from applications.states import ReferenceState
from core import clock
from streams.models import KeyDate
from tests.applications.refereeing import asked
from tests.journeys.axe import grave_findings, sideways_scroll, small_targets
from tests.worlds import small_world

TEXT = "I supervised the thesis.\n\nThe second draft\n  answered every question that I had."
SHOTS = os.environ.get("REFEREE_SHOTS")


def phone(browser: Browser, *, scripts: bool, dark: bool = False) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 375, "height": 740},
        has_touch=True,
        is_mobile=True,
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(60_000)
    return context


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fine(page: Page, scripts: bool) -> None:
    if scripts:
        assert grave_findings(page) == []
        assert small_targets(page) == []
        assert sideways_scroll(page) == 0


@pytest.fixture
def reference(live_server, browser: Browser) -> Reference:
    """A referee who was asked, in a cycle whose letters close in five days by the real clock."""
    world = small_world()
    reference = asked(world)
    KeyDate.objects.filter(code="stage2_closes").update(starts_at=clock.now() + timedelta(days=5))
    return reference


@pytest.mark.requirement(102)
@pytest.mark.parametrize("scripts", [True, False])
def test_referee_writes_in_two_visits_on_a_phone(live_server, browser: Browser, reference, scripts: bool) -> None:
    link = f"{live_server.url}/refer/open/{link_token(reference.referee)}/"
    context = phone(browser, scripts=scripts)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(link)
    expect(page).to_have_url(re.compile(r"/refer/[^/]+/$"))
    assert link_token(reference.referee) not in page.content()
    expect(page.get_by_role("heading", level=1)).to_have_text("Applicant asks you for a reference")
    reference.refresh_from_db()
    assert reference.state == ReferenceState.REQUESTED
    fine(page, scripts)
    shoot(page, f"opening-{scripts}")

    page.get_by_role("button", name="Start").tap()
    page.get_by_label("I supervised or managed them").check()
    page.get_by_label("Or paste a letter").fill(TEXT)
    if scripts:
        expect(page.locator("[data-save-line]")).to_contain_text("Saved")
        for _ in range(240):
            if reference.typed.filter(code="letter", value=TEXT).exists() and reference.typed.count() == 2:
                break
            page.wait_for_timeout(250)
    else:
        page.get_by_role("button", name="Save draft").tap()
        expect(page.get_by_role("main")).to_contain_text("It is not sent yet")
    fine(page, scripts)
    shoot(page, f"form-{scripts}")
    context.close()

    context = phone(browser, scripts=scripts, dark=True)
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_label("Or paste a letter")).to_have_value(TEXT)
    shoot(page, f"again-dark-{scripts}")
    page.get_by_role("button", name="Send reference").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reference received")
    fine(page, scripts)
    shoot(page, f"done-dark-{scripts}")
    context.close()

    reference.refresh_from_db()
    assert reference.state == ReferenceState.SUBMITTED
    assert Letter.objects.get().content[1]["display"] == TEXT
    assert complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_incomplete_letter_and_decline_on_a_phone(live_server, browser: Browser, reference, scripts: bool) -> None:
    context = phone(browser, scripts=scripts)
    page = context.new_page()
    page.goto(f"{live_server.url}/refer/open/{link_token(reference.referee)}/")
    page.get_by_role("button", name="Start").tap()
    page.get_by_label("What did you see them do yourself?").fill("They rebuilt it.")
    page.get_by_role("button", name="Send reference").tap()
    expect(page.get_by_role("main")).to_contain_text("There is a problem")
    expect(page.get_by_label("What did you see them do yourself?")).to_have_value("They rebuilt it.")
    fine(page, scripts)
    shoot(page, f"problem-{scripts}")
    page.get_by_role("link", name="I cannot do this").tap()
    shoot(page, f"decline-{scripts}")
    page.get_by_role("button", name="Decline to write").tap()
    expect(page.get_by_role("main")).to_contain_text("You said that you cannot do this")
    context.close()

    reference.refresh_from_db()
    assert reference.state == ReferenceState.DECLINED


@pytest.mark.requirement(102)
@pytest.mark.parametrize("width", [375, 1280])
def test_applicant_names_and_replaces_a_referee(live_server, browser: Browser, reference, width: int) -> None:
    client = Client()
    client.force_login(reference.application.person, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/my/referees/")
    expect(page.get_by_role("main")).to_contain_text("Requested 15 June")
    page.get_by_label("Name of the referee").fill("Myself")
    page.get_by_label("Their e-mail address").fill("applicant@example.org")
    page.get_by_label("I give up asking to read the letter").check()
    page.get_by_role("button", name="Name referee").click()
    expect(page.get_by_role("main")).to_contain_text("A referee cannot be you")
    expect(page.get_by_label("Name of the referee")).to_have_value("Myself")
    fine(page, True)
    shoot(page, f"own-address-{width}")
    page.get_by_label("Their e-mail address").fill(
        "otto@a-very-long-name-of-an-institute-of-advanced-study.example.org"
    )
    page.get_by_role("button", name="Name referee").click()
    expect(page.get_by_role("main")).to_contain_text("We have written to Myself")
    fine(page, True)
    shoot(page, f"named-{width}")
    page.get_by_role("link", name="Replace Ruth Okafor").click()
    fine(page, True)
    shoot(page, f"replace-{width}")
    page.get_by_role("button", name="Remove referee").click()
    expect(page.get_by_role("main")).to_contain_text("Ruth Okafor is no longer asked")
    page.goto(f"{live_server.url}/my/streams/")
    shoot(page, f"hub-{width}")
    context.close()

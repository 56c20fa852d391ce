"""Own data and stream choice in a real browser: narrow and wide, with scripts and without, by the keyboard alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from applications.models import Application
from core import clock, jobs
from core.models import Job
from core.states import JobState
from matching.models import PreferenceEntry
from mats_portal.demo.domain import move_clock
from mats_portal.desk.models import DeletionRequest, DeletionState
from mats_portal.desk.privacy import deleting
from mats_portal.desk.tasks import keep_privacy
from tests.applications import factories
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW, WIDE = 375, 1280


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def window(browser: Browser, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a window of the asked width, with scripts or without."""
    width, scripts = request.param
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 800}, java_script_enabled=scripts
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, user: User, url: str) -> None:
    """Give the window a session of somebody who has just signed in by a code."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": clock.wall().timestamp()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": url}])


def go_to(page: Page, words: str, limit: int = 120) -> None:
    """Press Tab until the focus is on the control with this name, as somebody without a mouse does."""
    wanted = page.get_by_role("link", name=words).or_(page.get_by_role("button", name=words)).first
    expect(wanted).to_be_attached()
    for _ in range(limit):
        page.keyboard.press("Tab")
        if wanted.evaluate("(node) => node === document.activeElement"):
            return
    raise AssertionError(f"{words!r} is not reached by Tab")


def enter(page: Page, words: str) -> None:
    """Go to a control by Tab and press Enter; the next page is read from its top."""
    go_to(page, words)
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


@pytest.mark.parametrize("window", [(NARROW, False), (WIDE, True)], indirect=True)
def test_somebody_is_deleted_by_the_keyboard_alone(window: Page, world: World, live_server: Any) -> None:
    application = factories.submitted(world)
    person = application.person
    move_clock(to=world.moments["open"], by=person)
    sign_in(window, person, live_server.url)

    window.goto("/my/")
    enter(window, "My data")
    assert sideways_scroll(window) == 0
    enter(window, "Delete my account")
    window.get_by_label("Your e-mail address").focus()
    window.keyboard.type("somebody.else@example.org")
    with window.expect_navigation(wait_until="load"):
        window.keyboard.press("Enter")
    expect(window.get_by_role("main")).to_contain_text("This is not the address of this account.")
    window.get_by_label("Your e-mail address").fill("")
    window.get_by_label("Your e-mail address").focus()
    window.keyboard.type(person.email)
    with window.expect_navigation(wait_until="load"):
        window.keyboard.press("Enter")
    expect(window.get_by_role("main")).to_contain_text("Your account is deleted on")
    enter(window, "Keep my account")
    assert DeletionRequest.objects.get().state == DeletionState.CANCELLED

    window.goto("/my/data/delete/")
    window.get_by_label("Your e-mail address").fill(person.email)
    enter(window, "Delete my account in 14 days")
    move_clock(to=world.moments["open"] + deleting.COOLING + timedelta(hours=1), by=person)
    with clock.at(world.moments["open"] + deleting.COOLING + timedelta(hours=1)):
        keep_privacy()
        for job in Job.objects.filter(kind=deleting.JOB_KIND, state=JobState.QUEUED):
            jobs.run(job.pk)

    window.goto("/my/data/")
    assert "/login/" in window.url, "signed out for good"
    assert User.objects.get(pk=person.pk).display_name == "Deleted person"
    assert not Application.objects.get(person=person).answers.exists()


@pytest.mark.parametrize("window", [(NARROW, True), (WIDE, False), (NARROW, False), (WIDE, True)], indirect=True)
def test_streams_are_chosen_and_ordered_by_the_keyboard_alone(window: Page, world: World, live_server: Any) -> None:
    application = factories.in_stage2(world)
    person = application.person
    move_clock(to=world.moments["stage2"], by=person)
    sign_in(window, person, live_server.url)

    window.goto("/streams/alpha/")
    enter(window, "Add to my application")
    assert sideways_scroll(window) == 0
    enter(window, "Add this stream")
    assert window.url.endswith("/my/streams/alpha/")
    window.goto("/my/streams/")
    enter(window, "Add stream")
    assert application.stream_applications.count() == 2

    for slug in ("alpha", "beta"):
        factories.stream_submitted(world, application, slug)
    window.goto("/my/preferences/")
    names = window.locator(".rank-list .rank-name")
    first, second = names.all_inner_texts()[:2]
    go_to(window, f"Move {second.splitlines()[0]} up")
    with window.expect_response(lambda answer: answer.request.method == "POST"):
        window.keyboard.press("Enter")
    expect(names.first).to_contain_text(second.splitlines()[0])
    enter(window, "Confirm this order")
    expect(window.get_by_role("main")).to_contain_text("Confirmed")

    order = PreferenceEntry.objects.filter(preference_list__application=application).order_by("position")
    titles = [entry.stream_application.stream.title for entry in order]
    assert titles == [second.splitlines()[0], first.splitlines()[0]]


def test_what_moved_is_said_and_the_pages_have_no_grave_fault(page: Page, world: World, live_server: Any) -> None:
    application = factories.in_stage2(world)
    for slug in ("alpha", "beta"):
        factories.stream_submitted(world, application, slug)
    move_clock(to=world.moments["stage2"], by=application.person)
    sign_in(page, application.person, live_server.url)

    page.goto(f"{live_server.url}/my/preferences/")
    page.get_by_role("button", name="up").last.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="is now 1 of 2")).to_be_attached()
    for address in ("/my/data/", "/my/data/delete/", "/my/calendar/", "/my/streams/add/gamma/"):
        page.goto(live_server.url + address)
        assert grave_findings(page) == [], address
        assert sideways_scroll(page) == 0, address

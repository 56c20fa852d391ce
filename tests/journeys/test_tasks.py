"""Tasks and files in a real browser: a clock through a lost connection, one test for three streams, uploads."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from applications.models import (
    Answer,
    AnswerSnapshot,
    Application,
    Document,
    EvaluationAssignment,
    EvaluationDefinition,
)
from applications.states import AiPolicy, EvaluationState
from mats_portal.demo.domain import move_clock
from mats_portal.demo.files import pdf
from mats_portal.desk.phases import move_phases
from tests.applications import factories
from tests.applications.files import ask_for_file
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.journeys.test_reviewing import tab_to
from tests.worlds import World, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [pytest.param(375, id="375"), pytest.param(1280, id="1280")]
CV = {"name": "curriculum.pdf", "mimeType": "application/pdf", "buffer": pdf(["Ada Example"])}
NO_CV = {"name": "curriculum.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    """Return the small cycle, with files in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return small_world()


def window(browser: Browser, live_server: Any, person: Any, *, width: int, scripts: bool = True) -> Page:
    """Open a signed-in window."""
    client = Client()
    client.force_login(person)
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # playwright's own shape
    return context.new_page()


def stage2(world: World, tracks: tuple[str, ...] = ("empirical",)) -> Application:
    """Let one person into stage 2, for the server's threads too."""
    application = factories.in_stage2(world, tracks=tracks)
    move_clock(to=world.moments["stage2"], by=application.person)
    return application


@pytest.mark.parametrize(
    ("width", "by_keys"), [pytest.param(375, True, id="375-by-keys"), pytest.param(1280, False, id="1280")]
)
def test_clock_runs_through_a_lost_connection_and_hands_in_what_was_saved(
    world: World, browser: Browser, live_server: Any, width: int, by_keys: bool
) -> None:
    EvaluationDefinition.objects.update(time_limit_minutes=60, about="You read a log.")
    application = stage2(world)
    task = application.evaluation_assignments.get()
    page = window(browser, live_server, application.person, width=width)
    context: BrowserContext = page.context

    page.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    expect(page.get_by_role("main")).to_contain_text("AI tools are allowed and must be disclosed")
    before = grave_findings(page), sideways_scroll(page)
    if by_keys:
        tab_to(page, "^Start: the clock runs")
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button", name=re.compile("^Start: the clock runs")).click()
    page.wait_for_load_state("load")
    box = page.locator("textarea[name^=answer-]").first
    expect(page.locator("[data-clock]")).to_contain_text(re.compile("(60|59) minutes left"))
    write(page, box, "Typed with a connection.", by_keys=by_keys)
    expect(page.locator("[data-save-line]")).to_contain_text("Saved")
    context.set_offline(True)
    write(page, box, " And without one.", by_keys=by_keys)
    expect(page.locator("[data-clock]")).to_contain_text("No connection")
    expect(page.locator("[data-save-line]")).to_contain_text("no connection")
    context.set_offline(False)
    expect(page.locator("[data-save-line]")).to_contain_text("Saved")
    during = grave_findings(page), sideways_scroll(page)

    other = window(browser, live_server, application.person, width=width)
    other.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    expect(other.locator("textarea[name^=answer-]").first).to_have_value("Typed with a connection. And without one.")
    task.refresh_from_db()
    move_clock(to=task.ends_at + timedelta(minutes=2), by=application.person)
    other.reload()
    expect(other.get_by_role("main")).to_contain_text("Time is over")
    expect(other.get_by_role("main")).to_contain_text("It ended")
    move_phases()
    other.reload()
    expect(other.get_by_role("main")).to_contain_text("What was saved when your time ended was handed in")
    task.refresh_from_db()

    assert before == during == ([], 0)
    assert (task.state, task.by_clock) == (EvaluationState.SUBMITTED, True)
    context.close()
    other.context.close()


def write(page: Page, box: Locator, text: str, *, by_keys: bool) -> None:
    """Write ``text`` at the end of the box and leave it, by the keyboard alone or with the pointer's help."""
    if not by_keys:
        box.fill(box.input_value() + text)
        return box.blur()
    page.keyboard.press("Home")  # of the page: Tab begins at its first control
    for _ in range(150):
        if box.evaluate("control => control === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Control+End")
    page.keyboard.type(text)
    return page.keyboard.press("Tab")


@pytest.mark.parametrize("width", SIZES)
def test_clock_without_scripts_keeps_what_the_button_saved(
    world: World, browser: Browser, live_server: Any, width: int
) -> None:
    EvaluationDefinition.objects.update(time_limit_minutes=60, about="You read a log.")
    application = stage2(world)
    task = application.evaluation_assignments.get()
    page = window(browser, live_server, application.person, width=width, scripts=False)
    main, box = page.get_by_role("main"), page.locator("textarea[name^=answer-]").first

    page.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    page.get_by_role("button", name=re.compile("^Start: the clock runs")).click()
    expect(main).to_contain_text("It ends")
    box.fill("Saved by the button.")
    page.get_by_role("button", name="Save draft").click()
    page.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    expect(box).to_have_value("Saved by the button.")
    assert sideways_scroll(page) == 0
    task.refresh_from_db()
    move_clock(to=task.ends_at + timedelta(minutes=2), by=application.person)
    box.fill("Saved by the button. Too late.")
    page.get_by_role("button", name="Save draft").click()
    expect(main).to_contain_text("Time is over")
    move_phases()
    page.reload()
    expect(main).to_contain_text("What was saved when your time ended was handed in")
    task.refresh_from_db()

    assert (task.state, task.by_clock) == (EvaluationState.SUBMITTED, True)
    texts = str(list(AnswerSnapshot.objects.filter(application=application).values_list("content", flat=True)))
    assert ("Saved by the button." in texts, "Too late" in texts) == (True, False)
    page.context.close()


@pytest.mark.parametrize(
    ("width", "scripts"), [pytest.param(375, False, id="375-no-scripts"), pytest.param(1280, True, id="1280")]
)
def test_three_streams_share_one_test_which_is_done_once(
    world: World, browser: Browser, live_server: Any, width: int, scripts: bool
) -> None:
    test = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="shared", title="Shared test", brief="Read.", form=world.evaluation.form,
        effort_minutes=30, ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    test.streams.set(world.streams.values())
    application = stage2(world, ("empirical", "theory"))
    page = window(browser, live_server, application.person, width=width, scripts=scripts)

    for slug in world.streams:
        page.goto(f"{live_server.url}/my/streams/")
        page.locator(f"form[action$='/my/streams/add/{slug}/'] button").click()
        page.wait_for_load_state("load")
    page.goto(f"{live_server.url}/my/streams/")
    expect(page.get_by_role("link", name="Shared test")).to_have_count(1)
    page.get_by_role("link", name="Shared test").click()
    expect(page.get_by_role("main")).to_contain_text("asked for by Stream Alpha, Stream Beta, Stream Gamma")
    page.locator("textarea[name^=answer-]").first.fill("Done once.")
    page.get_by_role("button", name="Hand in task").click()
    expect(page.get_by_text("Handed in: Shared test")).to_be_visible()

    assert EvaluationAssignment.objects.filter(definition=test).values_list("state", flat=True).get() == "submitted"
    page.context.close()


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("scripts", [pytest.param(True, id="scripts"), pytest.param(False, id="no-scripts")])
def test_file_is_sent_kept_across_an_error_and_handed_in(
    world: World, browser: Browser, live_server: Any, width: int, scripts: bool
) -> None:
    ask_for_file(world.evaluation.form, "notebook", data_class="none", required=True)
    application = stage2(world)
    task = application.evaluation_assignments.get()
    page = window(browser, live_server, application.person, width=width, scripts=scripts)
    main = page.get_by_role("main")

    page.goto(f"{live_server.url}/my/tasks/{task.public_id}/")
    for file, words in ((NO_CV, "though its name says so"), (CV, "curriculum.pdf")):
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # playwright's own shape
        if not scripts:
            page.get_by_role("button", name="Send the file").click()
        expect(main).to_contain_text(words)
        if scripts:
            expect(page.locator("[data-field-state].is-failed")).to_have_count(int(file is NO_CV))
    page.get_by_role("button", name="Hand in task").click()
    expect(main).to_contain_text("Answer “Approach?”")
    expect(main.get_by_role("link", name="curriculum.pdf")).to_be_visible()
    found = grave_findings(page) if scripts else []
    page.locator("textarea[name^=answer-]").first.fill("Mine.")
    page.locator("#ai_statement").fill("none")
    page.get_by_role("button", name="Hand in task").click()
    expect(page.get_by_text("Handed in: Coding task")).to_be_visible()
    scroll = sideways_scroll(page) if scripts else 0

    assert (found, scroll) == ([], 0)
    assert Document.objects.get().handed_in_at
    assert Answer.objects.filter(scope="evaluation").count() == 2
    page.context.close()

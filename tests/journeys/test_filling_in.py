"""An applicant at a browser: in one sitting, in three that are interrupted, by the keyboard alone, without scripts."""

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from applications.models import Answer, Application
from applications.queries.sheets import general_place, parts
from applications.states import ApplicationState
from core import clock
from mats_portal.demo.domain import move_clock
from questions.models import FormItem, FormVersion, Question
from questions.states import QuestionKind
from tests.applications import factories
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.journeys.people import Person
from tests.journeys.stack import Stack
from tests.security.attacks import attacks
from tests.worlds import World, question, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHOICES = [{"value": "here", "label": "Here"}, {"value": "other", "label": "Elsewhere"}]


@pytest.fixture
def world() -> World:
    """Return the small cycle, open, whose second section also asks the kinds with several boxes."""
    made = small_world()
    version = FormVersion.objects.get(form=made.cycle.general_form)
    rows: list[tuple[Question, dict[str, Any]]] = [
        (question("where", QuestionKind.CHOICE, choices=CHOICES), {}),
        (question("elsewhere", QuestionKind.SHORT_TEXT), {"visible_if": {"question": "where", "in": ["other"]}}),
        (question("scale", QuestionKind.SKILL, choices=CHOICES), {}),
        (question("when", QuestionKind.AVAILABILITY), {"required": False}),
        (question("read", QuestionKind.ACKNOWLEDGEMENT), {"required": False}),
    ]
    for order, (asked, settings) in enumerate(rows, 50):
        FormItem.objects.create(version=version, question=asked, order=order, section="motivation", **settings)
    FormItem.objects.filter(question__kind=QuestionKind.SHORT_TEXT).update(max_words=20)
    FormItem.objects.filter(question__kind=QuestionKind.LONG_TEXT).update(max_words=100)
    move_clock(to=made.moments["open"], by=made.people["applicant"])
    return made


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    """Give a browser a session of ``user``."""
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


def value_of(application: Application, code: str) -> Any:
    """Return what is stored in answer to one question."""
    found = Answer.objects.filter(application=application, question__code=code).first()
    return found.value if found else None


def box(page: Page, code: str) -> Any:
    """Return the first control of a question."""
    item = FormItem.objects.get(question__code=code)
    return page.locator(f"[name='answer-{item.pk}']").first


@pytest.mark.requirement(16, 17, 74, 35)
@pytest.mark.parametrize(("scripts", "width"), [(True, 1280)])
def test_apply_in_one_sitting(scripts: bool, width: int, world: World, browser: Browser, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
    person = Person(cast("Stack", SimpleNamespace(url=live_server.url)), context, context.new_page())
    sign_in(context, live_server.url, world.people["applicant"])

    person.goto("/my/")
    person.press("Start an application")
    person.goto("/my/application/tracks/")
    person.page.get_by_label("Empirical", exact=False).first.check()
    person.press("Save and back to list")
    for url in [link.get_attribute("href") for link in person.page.locator(".task-name a").all()]:
        if not url or "/tracks/" in url:
            continue
        person.goto(url)
        assert person.answers_everything() > 0
        assert sideways_scroll(person.page) == 0
        if scripts and "motivation" in url:
            assert grave_findings(person.page) == []
            # The first choice is not the one on which the next question waits.
            expect(box(person.page, "elsewhere")).to_be_hidden()
        person.press("Save and back to list")
    person.goto("/my/application/check/")
    person.press("Submit application")
    person.sees("Application submitted")

    application = Application.objects.get()
    assert application.internal_state == ApplicationState.SUBMITTED
    assert value_of(application, "proof") == [
        {"url": "https://example.org/report", "why": "a report on what I measured"}
    ]
    assert value_of(application, "scale")["level"] == "here"
    context.close()


@pytest.mark.goal("C2")
@pytest.mark.parametrize("width", [375, 1280])
def test_three_interrupted_sessions_lose_no_character(
    width: int, world: World, context: BrowserContext, live_server: Any
) -> None:
    application = factories.draft(world)
    sign_in(context, live_server.url, application.person)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    line = page.locator("[data-save-line]")
    url = f"{live_server.url}/my/application/motivation/"

    # First: the window is closed after the text was saved.
    page.goto(url)
    box(page, "why").fill("First session.\n\nWith a blank line.")
    box(page, "why").blur()
    expect(line).to_contain_text("Saved")
    page.close()

    # Second: the login has expired. The text stays, and is saved once the person is back.
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    line = page.locator("[data-save-line]")
    page.goto(url)
    expect(box(page, "why")).to_have_value("First session.\n\nWith a blank line.")
    context.clear_cookies()
    box(page, "why").fill("Second session, typed after the login had expired.")
    box(page, "why").blur()
    expect(page.get_by_role("alert").filter(has_text="You were signed out")).to_be_visible()
    expect(line).to_contain_text("Your text is still here")
    assert value_of(application, "why") == "First session.\n\nWith a blank line."
    sign_in(context, live_server.url, application.person)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(line).to_contain_text("Saved")
    expect(page.get_by_role("alert").filter(has_text="You were signed out")).to_have_count(0)
    assert value_of(application, "why") == "Second session, typed after the login had expired."

    # Third: the network goes, and comes back.
    context.set_offline(True)
    box(page, "why").fill("Third session, typed without a network.")
    box(page, "why").blur()
    expect(line).to_contain_text("Not saved: no connection")
    context.set_offline(False)
    expect(line).to_contain_text("Saved")
    assert value_of(application, "why") == "Third session, typed without a network."


def tab_to(page: Page, wanted: Any) -> None:
    """Press Tab until ``wanted`` has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there")


FOCUSED = """() => {
  const one = document.activeElement, field = one.closest(".field");
  const optional = Boolean(field && field.querySelector(".field-optional"));
  return {tag: one.tagName, type: one.type || "", name: one.name || "", text: one.textContent.trim(), optional};
}"""


def goes_on_by_keys(page: Page) -> None:
    """Answer what the page asks from one Tab to the next, and press the button that leads on."""
    answered: set[str] = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["tag"] == "BUTTON" and focused["text"] == "Save and continue":
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if focused["optional"] or not focused["name"] or focused["name"] in answered:
            continue
        answered.add(focused["name"])
        if focused["type"] in {"checkbox", "radio"}:
            page.keyboard.press("Space")
        elif focused["tag"] == "SELECT":
            page.keyboard.press("ArrowDown")
        elif focused["tag"] in {"TEXTAREA", "INPUT"}:
            page.keyboard.type("Typed by keys alone.")
    raise AssertionError("Tab leads to no button that goes on")


@pytest.mark.requirement(16, 17)
@pytest.mark.parametrize("scripts", [True, False])
def test_apply_on_a_phone_by_the_keyboard_alone(
    scripts: bool, world: World, browser: Browser, live_server: Any
) -> None:
    """From the first page to the receipt at 375 px: no pointer, with scripts and without."""
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 375, "height": 800})
    sign_in(context, live_server.url, world.people["applicant"])
    page = context.new_page()
    page.goto(f"{live_server.url}/my/")
    for role, name in (("button", "Start an application"), ("link", "Continue: About you")):
        tab_to(page, page.get_by_role(cast("Any", role), name=name))
        with page.expect_navigation():
            page.keyboard.press("Enter")
    seen = []
    while "/check/" not in page.url:
        seen.append(page.url.rstrip("/").rpartition("/")[2])
        assert len(seen) < 10, seen
        assert sideways_scroll(page) == 0
        goes_on_by_keys(page)
    tab_to(page, page.get_by_role("button", name="Submit application"))
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Application submitted")
    application = Application.objects.get()
    assert application.internal_state == ApplicationState.SUBMITTED
    assert value_of(application, "why") == "Typed by keys alone."
    assert seen[:3] == ["about-you", "tracks", "motivation"]
    context.close()


@pytest.mark.parametrize("width", [1280])
def test_answer_and_submit_by_the_keyboard_alone(
    width: int, world: World, context: BrowserContext, live_server: Any
) -> None:
    application = factories.draft(world)
    sign_in(context, live_server.url, application.person)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{live_server.url}/my/application/motivation/")
    tab_to(page, box(page, "why"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed by keys.")
    tab_to(page, box(page, "scale"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="Save and back to list"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Check your answers").first)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Submit application"))
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Application submitted")
    assert value_of(application, "why") == "Typed by keys."


@pytest.mark.goal("E1")
def test_what_is_stored_and_shown_runs_no_script(world: World, context: BrowserContext, live_server: Any) -> None:
    application = factories.draft(world)
    texts = attacks("m4rk")
    third = len(texts) // 3
    with clock.at(world.moments["open"]):
        factories.answer(application, "why", "\n".join(texts[:third]))
        factories.answer(application, "full-name", " ".join(texts[third : 2 * third])[:4000])
        links = [{"url": text.split("\n")[0], "why": text} for text in texts[2 * third :: 12]]
        factories.answer(application, "proof", links)
        factories.answer(
            application, "scale", {"level": "other", "evidence": texts[0], "url": "javascript:window.ran=1"}
        )
    place = general_place(application)
    FormItem.objects.filter(question__code__in=["why", "full-name"]).update(max_words=5000)
    Question.objects.filter(code="proof").update(at_most=20)
    assert parts(application, [place])[place]
    page, said = context.new_page(), []
    page.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text) if _is_alarm(message.text) else None)
    page.on("request", lambda request: said.append(request.url) if "evil.example" in request.url else None)
    shown = {
        "applicant": ["/my/application/motivation/", "/my/application/about-you/", "/my/application/check/"],
        "staff a": [f"/console/people/{application.public_id}/"],
    }
    for who, urls in shown.items():
        context.clear_cookies()
        sign_in(context, live_server.url, world.people[who])
        for url in urls:
            response = page.goto(live_server.url + url)
            assert response is not None
            assert response.status < 400, url
            assert page.evaluate("window.ran") is None
            assert page.locator("a[href^='javascript:']").count() == 0
            if who == "applicant":
                assert "m4rk" in page.content(), url

    assert said == []


def _is_alarm(text: str) -> bool:
    return bool(re.search("Content Security Policy|Refused to|m4rk", text))

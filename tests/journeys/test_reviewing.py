"""A reviewer practises and reads eight texts by the keyboard alone, with a conflict, a skip, a flag and a draft."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from mats_portal.demo.domain import move_clock
from reviews.models import ConflictOfInterest, IdentityFlag, PracticeRound, Review, ReviewAssignment
from tests.applications import factories as applying
from tests.journeys.test_decisions import look, press, window
from tests.reviews import factories
from tests.worlds import World, person, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
N_TEXTS = 10


@pytest.fixture
def world() -> World:
    """Ten applications in the empirical track, read by two people; the tasks are nobody's concern here."""
    world = small_world()
    factories.add_rubrics(world)
    factories.add_practice(world)
    world.people["reviewer c"].grants.update(revoked_at=world.moments["open"])
    for number in range(N_TEXTS):
        world.people[f"writer {number}"] = person(f"writer {number}")
        applying.under_review(world, f"writer {number}", ("empirical",), ("alpha",))
    factories.assign(world)
    ReviewAssignment.objects.filter(track_application=None).delete()
    move_clock(to=world.moments["review"], by=world.people["staff a"])
    return world


def go(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the control of this name has the focus."""
    goal = page.get_by_role(role, name=re.compile(name)).first  # type: ignore[arg-type]  # a role's name
    for _ in range(150):
        if goal.evaluate("control => control === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to “{name}” by Tab")


def score(page: Page, *levels: str) -> None:
    """Score the criteria in order: the first is reached by j, each level leads to the next."""
    page.keyboard.press("j")
    for level in levels:
        page.keyboard.press(level)


def read_and_hand_in(page: Page, n: int) -> None:
    score(page, "4", "5", "0")
    tab_to(page, "^Low$", "radio")
    page.keyboard.press("ArrowDown")
    tab_to(page, "^One sentence", "textbox")
    page.keyboard.type(f"You said what failed, and what you changed. {n}")
    go(page, "Control+Enter")


def practise(page: Page) -> None:
    go(page, "n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Practice: Empirical")
    look(page, "practice-set")
    go(page, "n")
    for level in ("2", "3"):
        score(page, level, "4", "0")
        go(page, "Control+Enter")
        expect(page.get_by_role("main")).to_contain_text("Your levels beside the reference")
        look(page, f"practice-compared-{level}")
        go(page, "n")
    expect(page.get_by_role("main")).to_contain_text("You are 0.5 stricter than the reference on Motivation.")
    look(page, "practice-end")
    tab_to(page, "^To your queue", "link")
    go(page, "Enter")


def drafted_without_a_button(page: Page, browser: Browser, live_server: Any, reader: User) -> None:
    """What is typed is kept by itself; a second window that is behind is told so and overwrites nothing."""
    behind = window(browser, live_server, reader)
    behind.goto(page.url)
    score(page, "2")
    tab_to(page, "^One sentence", "textbox")
    page.keyboard.type("You name the cost")
    kept = Review.objects.filter(assignment__state="in_progress")
    until(page, lambda: kept.filter(feedback_public="You name the cost", scores__value=2).exists())
    expect(page.locator("[data-save-line]")).to_contain_text("Saved")
    page.reload()
    expect(page.get_by_label("One sentence the applicant may read")).to_have_value("You name the cost")

    behind.get_by_label("One sentence the applicant may read").fill("Typed in the older window")
    expect(behind.locator("[data-conflict]")).to_contain_text("in another window")
    look(behind, "review-two-windows")
    press(behind, "^Save draft")
    expect(behind.get_by_role("main")).to_contain_text("You name the cost")
    expect(behind.get_by_label("One sentence the applicant may read")).to_have_value("Typed in the older window")
    behind.context.close()
    assert kept.get().feedback_public == "You name the cost"


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what the database says."""
    for _ in range(240):
        if holds():
            return
        page.wait_for_timeout(250)
    raise AssertionError("never")


def test_reviewer_works_by_keyboard_alone(world: World, live_server: Any, browser: Browser) -> None:
    reader = world.people["reviewer a"]
    page = window(browser, live_server, reader)
    page.goto(f"{live_server.url}/review/")
    practise(page)
    go(page, "n")

    # The help of the keys opens and closes; a conflict, a skip and a flag each have theirs.
    page.keyboard.press("?")
    expect(page.get_by_text("go to the evidence of the criterion in focus")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("#answer-"))
    look(page, "review")
    go(page, "c")
    tab_to(page, "^A personal relationship", "radio")
    page.keyboard.press("Space")
    tab_to(page, "^Declare the conflict")
    go(page, "Enter")
    go(page, "n")

    skipped = page.url.split("#")[0]
    go(page, "x")
    expect(page.get_by_role("main")).to_contain_text("comes back at the end")

    words = page.locator(".answer .reading").first.inner_text().split()[:3]
    go(page, "i")
    look(page, "reveals")
    tab_to(page, "^Which answer", "combobox")
    page.keyboard.press("ArrowDown")
    tab_to(page, "^The words", "textbox")
    page.keyboard.type(" ".join(words))
    tab_to(page, "^I do not know them", "radio")
    page.keyboard.press("Space")
    tab_to(page, "^Flag these words")
    go(page, "Enter")
    expect(page.get_by_role("main")).to_contain_text("Flagged for the track leads")

    for n in range(7):
        read_and_hand_in(page, n)
    drafted_without_a_button(page, browser, live_server, reader)
    assert skipped != page.url, "the skipped text waits behind the others"
    go(page, "x")
    expect(page).to_have_url(skipped)
    read_and_hand_in(page, 8)
    page.goto(f"{live_server.url}/review/")
    expect(page.get_by_role("main")).to_contain_text("8 done · 1 left")
    look(page, "queue")

    states = ReviewAssignment.objects.filter(reviewer=reader).values_list("state", flat=True)
    assert sorted(states) == ["conflicted", "in_progress", *["submitted"] * 8]
    assert ConflictOfInterest.objects.get().reviewer == reader
    assert IdentityFlag.objects.get().passage == " ".join(words)
    assert PracticeRound.objects.get().finished_at
    lead = window(browser, live_server, world.people["empirical lead"])
    lead.goto(f"{live_server.url}/lead/identity/")
    look(lead, "flags")
    lead.get_by_role("button", name="Remove these words").click()
    expect(lead.get_by_role("main")).to_contain_text("Removed.")

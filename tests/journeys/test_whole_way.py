"""One person from the sign-up to an accepted offer and a row in the export: real server, worker, beat and browser.

Time passes by the demo's clock; the beat moves the phases. Nothing is prepared but the catalogue and the people who
work for the programme.
"""

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from accounts.states import Role
from applications.models import Application, StreamApplication
from matching.models import Offer
from reviews.models import ReviewAssignment
from streams.models import Cycle
from streams.queries import key_instant
from tests.journeys.people import Person
from tests.journeys.stack import Stack

ADDRESS, NAME = "new.person@applicant.example", "Zoë Ångström-Núñez"
TRACKS = ("Empirical", "Biosecurity")
STREAMS = ("science-of-scheming", "scientific-capability-risk", "metagenomic-early-warning")


def instant(code: str) -> datetime:
    """Return a key date of the cycle."""
    found = key_instant(Cycle.objects.get(is_public_current=True), code)
    assert found is not None, code
    return found


def addresses(role: str) -> list[str]:
    """Return the addresses of the people who hold a role."""
    return list(User.objects.filter(grants__role=role).distinct().order_by("pk").values_list("email", flat=True))


@pytest.mark.browser
@pytest.mark.requirement(16, 17, 18, 19, 20, 21, 24, 25, 28)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "scripts blocked"])
def test_from_sign_up_to_an_exported_offer(scripts: bool, stack: Stack, browser: Browser, tmp_path: Path) -> None:
    new, office = (Person.at(stack, browser, scripts=scripts) for _ in range(2))
    staff_a, staff_b = addresses(Role.STAFF)[:2]

    office.moves_clock(instant("general_opens") + timedelta(days=20))
    applies(new)
    office.moves_clock(instant("general_closes") + timedelta(minutes=16))
    new.waits_for("/my/", "Result by")
    for track in TRACKS:
        decides(office, staff_a, staff_b, track, "Screen")
    office.moves_clock(instant("stage2_opens") + timedelta(days=1))
    new.waits_for("/my/", re.compile("Your move", re.IGNORECASE))
    applies_to_streams(new)
    office.moves_clock(
        max(instant("stage2_closes") + timedelta(minutes=16), instant("review_opens") + timedelta(hours=1))
    )
    new.waits_for("/my/", "With the reviewers")
    everybody_reads(stack, browser, scripts=scripts)
    office.moves_clock(instant("review_closes") + timedelta(hours=1))
    for track in TRACKS:
        decides(office, staff_a, staff_b, track, "Central review")
    office.moves_clock(instant("stream_stage_opens") + timedelta(days=5))
    new.waits_for("/my/", "With the mentors")
    confirms_order(new)
    mentors_rank(stack, browser, scripts=scripts)
    office.moves_clock(max(instant("rankings_close"), instant("match_run")) + timedelta(hours=1))
    matches_and_offers(office, staff_a, staff_b)
    accepts(new)
    office.becomes(staff_a)
    rows = exported(office, tmp_path)

    assert [(row["name"], row["email"], row["state"]) for row in rows] == [(NAME, ADDRESS, "accepted")]
    assert stack.errors() == []


def applies(new: Person) -> None:
    """Sign up, fill in the general application and hand it in."""
    new.signs_up(ADDRESS, NAME)
    new.goto("/my/")
    new.press("Start an application")
    sections = [link.get_attribute("href") for link in new.page.locator(".task-name a").all()]
    assert len(sections) >= 5
    tracks = next(url for url in sections if url and "/tracks/" in url)
    new.goto(tracks)
    for track in TRACKS:
        new.page.get_by_label(track, exact=False).first.check()
    new.press("Save and back to list")
    for url in [link.get_attribute("href") for link in new.page.locator(".task-name a").all()]:
        assert url
        if url == tracks:
            continue
        new.goto(url)
        assert new.answers_everything() > 0
        new.press("Save and back to list")
    new.goto("/my/application/check/")
    new.press("Submit application")
    new.sees("Application submitted")
    assert Application.objects.get(person__email=ADDRESS).released_state == "submitted"


def decides(office: Person, maker: str, second: str, track: str, gate: str) -> None:
    """Propose a batch, have a second person approve it, release it."""
    office.becomes(maker)
    office.goto("/console/decisions/new/")
    office.page.get_by_role("radio", name=re.compile(f"^{track}, {gate.lower()}")).check()
    line = office.page.locator("input[name*=line]")
    if gate != "Screen" and line.count():
        line.fill("3.00")
    office.press("Propose outcomes")
    batch = office.page.url.removeprefix(office.stack.url)
    office.becomes(second)
    office.goto(batch)
    office.press(re.compile("^Approve"))
    office.becomes(maker)
    office.goto(f"{batch}release/")
    office.press(re.compile("^Release"))


def applies_to_streams(new: Person) -> None:
    """Hand in three streams and the tasks, and put the streams in order."""
    for slug in STREAMS:
        new.goto("/my/streams/")
        with new.page.expect_navigation(wait_until="load"):
            new.page.locator(f"form[action$='/my/streams/add/{slug}/'] button").click()
        new.answers_everything()
        for box in new.page.locator("input[name=areas]").all()[:1]:
            box.check()
        for box in new.page.locator("input[name=acknowledged]").all():
            box.check()
        new.press(re.compile("^Submit to"))
    application = Application.objects.get(person__email=ADDRESS)
    assert StreamApplication.objects.filter(application=application, internal_state="submitted").count() == 3
    tasks = list(application.evaluation_assignments.all())
    assert len(tasks) == 1
    for task in tasks:
        new.goto(f"/my/tasks/{task.public_id}/")
        assert new.answers_everything() > 0
        statement = new.page.locator("#ai_statement")
        if statement.count():
            statement.fill("none")
        new.press("Hand in task")
    new.goto("/my/preferences/")
    new.press_in_place(new.page.get_by_role("button", name=re.compile("^Move .* down")).first)


def everybody_reads(stack: Stack, browser: Browser, *, scripts: bool) -> None:
    """Whoever was given something to read reads it, blind, and hands it in."""
    for _ in range(240):
        if ReviewAssignment.objects.filter(state="assigned").exists():
            break
        browser.contexts[0].pages[0].wait_for_timeout(500)
    waiting = ReviewAssignment.objects.filter(state="assigned")
    assert waiting.count() >= 6, "two tracks and one task, two readers each"
    for address in waiting.order_by("reviewer").values_list("reviewer__email", flat=True).distinct():
        reader = Person.at(stack, browser, scripts=scripts)
        reader.becomes(address)
        for _ in range(ReviewAssignment.objects.filter(state="assigned", reviewer__email=address).count()):
            reader.goto("/review/")
            reader.press("Review next")
            assert NAME not in reader.page.content()
            assert ADDRESS not in reader.page.content()
            reads(reader)
        reader.context.close()
    assert not ReviewAssignment.objects.exclude(state="submitted").exists()


def reads(reader: Person) -> None:
    """Score every criterion, write the sentence, save."""
    for rubric in reader.page.locator("fieldset[data-rubric]").all():
        rubric.locator("input[type=radio][value='4']").check()
    reader.page.locator("input[name=confidence][value=medium]").check()
    reader.page.locator("[name=feedback_public]").fill("You changed one thing at a time and said what you expected.")
    reader.press(re.compile("^Save and next"))


def confirms_order(new: Person) -> None:
    """Confirm the order of streams."""
    new.goto("/my/preferences/")
    new.press("Confirm this order")


def mentors_rank(stack: Stack, browser: Browser, *, scripts: bool) -> None:
    """A mentor of each stream reads the person, puts them on the list and submits it."""
    for row in StreamApplication.objects.filter(application__person__email=ADDRESS).select_related("stream"):
        assert row.internal_state == "in_stream_review"
        address = User.objects.filter(grants__role=Role.MENTOR, grants__scope_key=row.stream.public_id).first().email
        mentor = Person.at(stack, browser, scripts=scripts)
        mentor.becomes(address)
        mentor.goto(f"/mentor/{row.stream.public_id}/people/{row.public_id}/")
        mentor.sees(NAME)
        mentor.goto(f"/mentor/{row.stream.public_id}/ranking/")
        mentor.press_in_place(mentor.page.locator(f"button[value='{row.public_id}:on']").first)
        mentor.press(re.compile("^Submit ranking"))
        mentor.sees("Submitted")
        mentor.context.close()


def matches_and_offers(office: Person, maker: str, second: str) -> None:
    """Run the match, have it approved by a second person, send the offers."""
    office.becomes(maker)
    office.goto("/console/match/new/")
    office.page.locator("input[name=seed]").fill("drawn in public")
    office.press("Freeze the inputs and compute")
    office.waits_for("/console/match/", "Computed")
    office.follow(re.compile("Run 1"))
    office.sees(re.compile("no blocking pair", re.IGNORECASE))
    run = office.page.url.removeprefix(office.stack.url)
    office.becomes(second)
    office.goto(f"{run}approve/")
    office.press(re.compile("^Approve run"))
    assert not Offer.objects.exclude(state="draft").exists()
    office.becomes(maker)
    office.goto(f"{run}release/")
    office.press(re.compile("^Send 1 offer"))


def accepts(new: Person) -> None:
    """Accept the one offer."""
    new.goto("/my/offers/")
    new.follow(re.compile("^Accept"))
    for box in new.page.locator("main form input[type=checkbox]").all():
        box.check()
    new.press(re.compile("^Accept"))
    new.goto("/my/")
    new.sees("Accepted")


def exported(office: Person, folder: Path) -> list[dict[str, str]]:
    """Download the offer list."""
    office.goto("/console/offers/")
    with office.page.expect_download() as download:
        office.page.get_by_role("link", name="Download all offers as CSV").click()
    target = folder / "offers.csv"
    download.value.save_as(target)
    with target.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))

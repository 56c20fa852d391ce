"""Notes in a browser: readers who differ, a lead who checks in bulk with one change, and the applicant who reads."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from core import clock
from mats_portal.demo.domain import move_clock
from reviews.domain import batches
from reviews.models import DecisionBatch, FeedbackEdit, FeedbackPacket
from tests.journeys.test_decisions import look, press, window
from tests.reviews import factories
from tests.security.test_headers import faults
from tests.worlds import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = "Name the failure you fixed."
BETTER = "Name the failure that you fixed, and how you noticed it."


def test_notes_from_the_readers_to_the_applicant(live_server: Any, browser: Browser, client: Any) -> None:
    world = small_world()
    factories.add_rubrics(world)
    cohort = factories.read_cohort(world, {"applicant": (4, 2), "other applicant": (4, 4)}, is_checked=False)
    row = factories.of(cohort["applicant"])
    own = factories.readings_of(row)[0]
    move_clock(to=world.moments["review"], by=world.people["staff a"])

    reader = window(browser, live_server, own.reviewer)
    reader.goto(f"{live_server.url}/review/")
    expect(reader.get_by_role("main")).to_contain_text("Waiting on you")
    look(reader, "waiting")
    reader.get_by_role("link", name=re.compile("^Reconcile")).click()
    expect(reader.get_by_role("main")).to_contain_text("explains 4 against 2")
    press(reader, "^Keep my level")
    expect(reader.get_by_role("main")).to_contain_text("Write two lines about")
    look(reader, "compare")
    for box in reader.locator("textarea").all():
        box.fill("They name one risk and the run that would show it.")
    press(reader, "^Keep my level")
    expect(reader.get_by_role("main")).to_contain_text("You can change your lines")

    lead = window(browser, live_server, world.people["empirical lead"])
    lead.goto(f"{live_server.url}/lead/")
    lead.get_by_role("link", name=re.compile("^Where readers differ")).click()
    expect(lead.get_by_role("main")).to_contain_text("1 reader has not written yet")
    look(lead, "differences")
    lead.goto(f"{live_server.url}/lead/")
    lead.get_by_role("link", name=re.compile("^Notes for applicants")).click()
    address = lead.url.removeprefix(live_server.url)
    press(lead, "^Mark the ticked")
    expect(lead.get_by_role("main")).to_contain_text("Tick the packets that you have read.")
    look(lead, "packets")
    card = lead.locator("article", has_text=row.application.reference)
    card.get_by_role("link", name=re.compile("^Change")).first.click()
    lead.get_by_label("What the applicant reads").fill("We were impressed by your strong profile.")
    press(lead, "^Save these words")
    expect(lead.get_by_role("main")).to_contain_text("Say what you saw instead of praising")
    look(lead, "sentence")
    lead.get_by_label("What the applicant reads").fill(BETTER)
    press(lead, "^Save these words")
    expect(lead.locator("article", has_text=row.application.reference)).to_contain_text(BETTER)
    press(lead, "^I have read all 2 of this page")
    expect(lead.get_by_role("main")).to_contain_text("Nothing to check")
    assert set(FeedbackPacket.objects.values_list("state", flat=True)) == {"checked"}
    edit = FeedbackEdit.objects.get()
    assert (edit.before, edit.after, edit.edited_by) == (SAID, BETTER, world.people["empirical lead"])

    applicant = window(browser, live_server, world.people["applicant"])
    applicant.goto(f"{live_server.url}/my/feedback/")
    expect(applicant.get_by_role("main")).to_contain_text("No notes are available")
    look(applicant, "no-notes")
    batch = factories.review_batch(world, "2.5")
    for decision in batch.decisions.all():
        batches.set_outcome(decision=decision, outcome="advance", reason="By hand", by=world.people["staff a"])
    batch = DecisionBatch.objects.get()
    with clock.at(world.moments["review"]):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
        batches.release_batch(batch=batch)
    applicant.goto(f"{live_server.url}/my/result/")
    applicant.get_by_role("link", name=re.compile("^Your feedback: 2 notes")).click()
    main = applicant.get_by_role("main")
    for words in (SAID, BETTER):
        expect(main).to_contain_text(words)
    expect(main).not_to_contain_text(own.reviewer.display_name)
    look(applicant, "feedback")
    applicant.emulate_media(media="print")
    expect(main.get_by_text(BETTER)).to_be_visible()
    expect(applicant.locator(".crumbs")).to_be_hidden()

    client.force_login(world.people["empirical lead"])
    for method, path in (("get", address), ("post", f"{address}check/")):
        assert faults(getattr(client, method)(path)) == []

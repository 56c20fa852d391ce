"""A lead reads the agreement page in a browser and asks for one reading more."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from mats_portal.demo.domain import move_clock
from reviews.models import FurtherRead
from tests.journeys.test_decisions import look, window
from tests.reviews import factories
from tests.security.test_headers import faults
from tests.worlds import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCORES = [(5, 3), (4, 4), (3, 3), (2, 1), (4, 5), (1, 1)]


def test_lead_asks_for_one_reading_more(live_server: Any, browser: Browser, client: Any) -> None:
    world = small_world()
    factories.add_rubrics(world)
    factories.read_cohort(world, {f"person {n}": pair for n, pair in enumerate(SCORES)})
    lead = world.people["empirical lead"]
    move_clock(to=world.moments["review"], by=lead)
    address = f"/lead/{world.tracks['empirical'].public_id}/agreement/"
    page = window(browser, live_server, lead)

    page.goto(f"{live_server.url}{address}?line=3.5")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Krippendorff’s alpha")
    expect(main).to_contain_text("readers differ by 2.00")
    assert page.locator("figure img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 440
    look(page, "agreement")
    boxes = page.get_by_role("checkbox")
    for box in boxes.all()[1:]:
        box.uncheck()
    page.get_by_role("button", name=re.compile("^Ask for further reads")).click()
    expect(main).to_contain_text("Asked for 1")

    assert FurtherRead.objects.count() == 1
    client.force_login(lead)
    for method, path in (("get", "severity.svg"), ("post", "severity.svg"), ("get", "further/"), ("post", "further/")):
        assert faults(getattr(client, method)(address + path)) == []

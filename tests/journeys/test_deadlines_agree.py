"""One deadline in three zones: the official words, the reader's own time and the instant say the same."""

import pytest
from playwright.sync_api import Browser, expect

from tests.worlds import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.threat("T28")]


@pytest.mark.parametrize(
    ("zone", "own"),
    [
        ("Europe/London", "Mon 8 June, 12:59 London"),
        ("Asia/Kolkata", "Mon 8 June, 17:29 Kolkata"),
        ("Asia/Kathmandu", "Mon 8 June, 17:44 Kathmandu"),
        ("America/New_York", "Mon 8 June, 07:59 New York"),
        ("Pacific/Kiritimati", "Tue 9 June, 01:59 Kiritimati"),
    ],
)
@pytest.mark.requirement(4)
def test_the_close_reads_the_same_everywhere(zone: str, own: str, live_server, browser: Browser) -> None:
    world = small_world()
    world.cycle.key_dates.filter(code="general_closes").update(label="The close", precision="end_of_day")
    page = browser.new_context(timezone_id=zone).new_page()
    page.goto(f"{live_server.url}/dates/")

    close = page.locator("#general_closes time")

    assert close.get_attribute("datetime") == "2026-06-08T12:00:00+00:00"
    expect(close.locator(".deadline-official")).to_have_text("Sun 7 June 2026, 23:59 AoE")
    expect(close.locator(".deadline-own")).to_have_text(f"your time {own}")
    page.context.close()

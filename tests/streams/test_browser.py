"""The public site in a browser: accessible in both appearances, narrow and wide, with script and without."""

import pytest
from playwright.sync_api import Browser, Page, expect

from mats_portal.desk.catalogue.importing import import_catalogue
from tests.journeys.axe import grave_findings, sideways_scroll, small_targets
from tests.streams.conftest import REAL

pytestmark = pytest.mark.browser
PAGES = [
    "/", "/dates/", "/tracks/empirical/", "/streams/", "/streams/?track=theory&agreement=yes&colour=red",
    "/streams/ai-native-bio-safeguards/", "/streams/compare/?s=scenario-lab&s=founder-residency", "/how-it-works/",
    "/privacy/", "/help/",
]  # fmt: skip


@pytest.fixture
def site(transactional_db, live_server):
    import_catalogue(path=REAL, by=None)
    return live_server.url


@pytest.fixture
def complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", lambda request: found.append(request.url) if "localhost" not in request.url else None)
    return found


def test_every_public_page_is_sound_in_both_appearances_and_on_a_narrow_screen(site, page, complaints):
    findings = []
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        for address in PAGES:
            page.goto(site + address)
            found = [*grave_findings(page), *small_targets(page)]
            if sideways := sideways_scroll(page):
                found.append(f"{sideways} px wider than the window")
            findings += [f"{scheme} {width} {address}: {one}" for one in found]

    assert findings == []
    assert complaints == []


def test_ticking_a_filter_changes_the_list_and_the_address(site, page, complaints):
    page.goto(f"{site}/streams/")
    expect(page.get_by_text("22 of 22 streams")).to_be_visible()

    page.get_by_label("Theory").check()

    page.get_by_text("3 of 22 streams").wait_for()
    assert "track=theory" in page.url
    assert page.get_by_label("Theory").is_checked()
    assert page.evaluate("document.activeElement.value") == "theory"  # the keyboard stays where it was
    page.get_by_role("link", name="Theory remove this filter").click()
    page.get_by_text("22 of 22 streams").wait_for()
    assert complaints == []


def test_catalogue_works_without_script(site, browser: Browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/streams/")

    page.get_by_label("Biosecurity", exact=False).first.check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_text("5 of 22 streams")).to_be_visible()
    page.get_by_label("Compare AI-Native Bio Safeguards").check()
    page.get_by_label("Compare Metagenomic Early Warning").check()
    page.get_by_role("button", name="Compare ticked streams").click()

    expect(page.get_by_role("columnheader", name="Metagenomic Early Warning")).to_be_visible()
    heads = page.get_by_role("columnheader").all_text_contents()
    assert sorted(filter(None, heads)) == ["AI-Native Bio Safeguards", "Metagenomic Early Warning"]

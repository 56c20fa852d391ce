"""axe, sideways scroll and the console on every page of every hat, wide and narrow, light and dark."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from accounts.models import User
from mats_portal.demo.domain import move_clock
from tests.applications import factories as applying
from tests.journeys.axe import grave_findings, sideways_scroll
from tests.security.matrix import Sample, address, ask, routes
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [(320, "light"), (320, "dark"), (1280, "dark"), (1280, "light")]
#: For a page that was seen in all looks at another moment: each width and each theme once.
CROSS = [(320, "light"), (1280, "dark")]
#: What the server writes for a chosen theme, and all it writes: the page need not be loaded again for it.
WEAR = "(theme) => { document.documentElement.dataset.bsTheme = theme }"
#: Who is asked first for a page: the one whose page it is.
ORDER = ["anonymous", "applicant", "offered", "reader", "mentor", "lead", "staff", "observer"]


@dataclass
class Walk:
    """What was seen."""

    pages: int = 0
    states: int = 0
    findings: list[str] | None = None

    def look(self, page: Page, url: str, what: str, looks: Sequence[tuple[int, str]] = LOOKS) -> None:
        """Open one page, and note what is wrong with it in each look."""
        self.pages += 1
        page.goto(url)
        self.note(page, what, looks)

    def note(self, page: Page, what: str, looks: Sequence[tuple[int, str]] = LOOKS) -> None:
        """Note what is wrong with the page as it stands: in both widths and both themes."""
        self.findings = self.findings or []
        for width, theme in looks:
            self.states += 1
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(WEAR, theme)
            look = f"{what} at {width} in {theme}"
            self.findings += [f"{look}: {finding}" for finding in grave_findings(page)]
            if beyond := sideways_scroll(page):
                self.findings.append(f"{look}: {beyond} px wider than the window")


@pytest.fixture
def window(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")  # no colour is on its way from one theme to the other
    page.complaints = []  # type: ignore[attr-defined] -- read at the end of each test
    page.on("console", lambda said: said.type == "error" and page.complaints.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: page.complaints.append(f"{page.url}: {error}"))
    return page


def sign_in(page: Page, base: str, user: User | None) -> None:
    """Wear the session of ``user``."""
    page.context.clear_cookies()
    if user is not None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def readers_of(url: str, sample: Sample) -> str | None:
    """Return whose page this is: the first person who gets HTML from it."""
    for name in ORDER:
        response = ask(sample.people[name], "GET", url)
        if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
            return name
    return None


@pytest.mark.parametrize("moment", ["review", "offers"])
def test_every_page_is_accessible(moment: str, live_server, window: Page) -> None:
    world, sample = rich_sample()
    move_clock(to=MOMENTS[moment], by=world.people["staff a"])
    walk, by_person = Walk(), {}
    for route in routes():
        url = address(route, sample)
        if name := readers_of(url, sample):
            by_person.setdefault(name, []).append((route.path, url))
    for name, pages in by_person.items():
        sign_in(window, live_server.url, sample.people[name])
        for path, url in pages:
            is_new = moment == "review" or "offer" in path
            walk.look(window, live_server.url + url, f"{path} by {name}", LOOKS if is_new else CROSS)
    print(f"{walk.pages} pages in {walk.states} states at the time of {moment}")

    assert walk.findings == []
    assert window.complaints == []  # type: ignore[attr-defined] -- see the fixture
    assert walk.pages > 50
    assert walk.states >= (len(LOOKS) if moment == "review" else len(CROSS)) * walk.pages


def test_pages_of_a_draft_and_their_errors_are_accessible(live_server, window: Page) -> None:
    """While the window is open: empty pages, a draft, and forms that came back with errors."""
    world = small_world()
    applying.draft(world)
    move_clock(to=world.moments["open"], by=world.people["staff a"])
    walk, base = Walk(), live_server.url
    for url in ("/", "/dates/", "/streams/", "/streams/?q=nothing-like-this", "/account/signup/", "/no-such-page/"):
        walk.look(window, base + url, url)
    window.goto(base + "/account/login/")
    window.get_by_role("button", name="Sign in").last.click()
    walk.note(window, "sign-in with errors")
    sign_in(window, base, world.people["other applicant"])
    walk.look(window, base + "/my/", "dashboard without an application")
    sign_in(window, base, world.people["applicant"])
    for url in (
        "/my/",
        "/my/application/",
        "/my/application/tracks/",
        "/my/application/motivation/",
        "/my/application/check/",
        "/my/streams/",
        "/my/application/withdraw/",
    ):
        walk.look(window, base + url, url)
    window.goto(base + "/my/application/tracks/")
    for box in window.locator("input[name=tracks]").all():
        box.uncheck()
    window.get_by_role("button", name="Save and continue").click()
    walk.note(window, "no track chosen")
    sign_in(window, base, world.people["staff a"])
    for url in (
        "/console/",
        "/console/people/",
        "/console/decisions/",
        "/console/match/",
        "/console/offers/",
        "/console/outbox/",
        "/console/jobs/",
    ):
        walk.look(window, base + url, f"{url} with nothing in it")
    print(f"{walk.pages} pages in {walk.states} states of a draft")

    assert walk.findings == []
    assert walk.states > 40


def test_a_chosen_theme_changes_one_attribute_and_nothing_else(db: None) -> None:
    """What the walks rely on: they put the attribute on a loaded page instead of loading it again."""

    def page(theme: str) -> str:
        client = Client()
        client.cookies["theme"] = theme
        # The control of the theme shows which one is chosen; nothing else may differ.
        return client.get("/").content.decode()

    light, dark = page("light"), page("dark")

    assert 'data-bs-theme="light"' in light
    assert 'data-bs-theme="dark"' in dark
    head = re.compile(r"<head>.*?</head>", re.DOTALL)
    assert head.search(light)[0] == head.search(dark)[0]
    main = re.compile(r"<main.*?</main>", re.DOTALL)
    assert main.search(light)[0] == main.search(dark)[0]


def test_control_a_faint_text_in_one_theme_alone_is_found(live_server, window: Page) -> None:
    window.goto(live_server.url + "/livez")
    window.set_content("<title>t</title><main><h1>x</h1><p id=faint>faint words in the dark</p></main>")
    window.add_style_tag(content="[data-bs-theme=dark] { background: #111 } [data-bs-theme=dark] p { color: #222 }")
    walk = Walk()

    walk.note(window, "planted")

    assert {finding.split(": ")[0] for finding in walk.findings if "contrast" in finding} == {
        "planted at 320 in dark",
        "planted at 1280 in dark",
    }


def test_control_axe_finds_a_planted_fault(live_server, window: Page, db: None) -> None:
    window.goto(live_server.url + "/livez")
    window.set_content(
        "<main><h1>x</h1><img src='data:,'><input><p style='color:#eee;background:#fff'>faint</p></main>"
    )

    found = grave_findings(window)

    assert {finding.split(":")[0] for finding in found} >= {"image-alt", "label", "color-contrast"}

"""Each component, in every state, is usable: by axe, by touch, on a narrow screen, in both themes, under the policy."""

import pytest

from accounts.models import User
from tests.journeys.axe import grave_findings, sideways_scroll, small_targets

GALLERY = "/console/setup/components/"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_components_are_usable_in_each_theme_and_width(gallery, live_server, theme, width):
    gallery.set_viewport_size({"width": width, "height": 900})

    gallery.goto(f"{live_server.url}{GALLERY}?theme={theme}")

    assert gallery.locator("html").get_attribute("data-bs-theme") == theme
    assert grave_findings(gallery) == []
    assert sideways_scroll(gallery) == 0
    assert small_targets(gallery) == []
    assert gallery.complaints == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_control_axe_and_the_measures_find_planted_faults(gallery):
    gallery.set_viewport_size({"width": 320, "height": 900})
    gallery.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
        "<img src='/static/img/favicon.svg' width='400'><button><span></span></button>")"""
    )

    assert [finding.split(":")[0] for finding in grave_findings(gallery)] == ["button-name", "image-alt"]
    assert sideways_scroll(gallery) > 0
    assert len(small_targets(gallery)) == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_components_survive_wider_letter_and_line_spacing(gallery):
    gallery.set_viewport_size({"width": 320, "height": 900})

    gallery.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync("* {line-height: 1.5; letter-spacing: .12em; word-spacing: .16em} p {margin-bottom: 2em}");
        document.adoptedStyleSheets = [sheet]; }"""
    )

    assert sideways_scroll(gallery) == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_each_tab_stop_shows_a_two_tone_ring(gallery):
    rings = set()
    for _ in range(60):
        gallery.keyboard.press("Tab")
        rings.add(
            gallery.evaluate(
                """() => { const one = document.activeElement, face = one.closest("label")?.querySelector("span");
                const looks = [getComputedStyle(one), getComputedStyle(one, "::after"), face && getComputedStyle(face)];
                return looks.some((look) => look && look.outlineStyle === "solid" && look.outlineWidth === "3px"
                  && look.boxShadow !== "none") ? "ring" : one.outerHTML.slice(0, 120); }"""
            )
        )

    assert rings == {"ring"}


@pytest.mark.django_db
def test_gallery_is_closed_to_applicants(client):
    client.force_login(User.objects.create_user("noor@example.org"))

    assert client.get(GALLERY).status_code == 403

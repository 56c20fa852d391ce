"""Ask axe about the page in a browser, and measure what axe does not."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
GRAVE = frozenset({"serious", "critical"})

# Controls smaller than 24 px both ways; links inside running text are exempt (WCAG 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, select, input, a.btn, nav a")]
  .filter((one) => one.getClientRects().length && !one.closest(".visually-hidden, .skip"))
  .map((one) => [one.getBoundingClientRect(), (one.textContent || one.name || one.tagName).trim().slice(0, 40)])
  .filter(([box]) => box.width < 24 || box.height < 24)
  .map(([box, name]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)} px`)"""

WIDTH_BEYOND_THE_WINDOW = "() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"


def grave_findings(page: Page) -> list[str]:
    """Return what axe finds serious or critical, one line each: the rule, and the first element it names."""
    if not page.evaluate("() => 'axe' in window"):  # half a megabyte: once for each loaded page
        page.evaluate(AXE.axe_script)
    found: list[dict[str, Any]] = page.evaluate("() => axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in GRAVE]


def small_targets(page: Page) -> list[str]:
    """Return the controls under 24 px."""
    return page.evaluate(SMALL_TARGETS)


def sideways_scroll(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate(WIDTH_BEYOND_THE_WINDOW)

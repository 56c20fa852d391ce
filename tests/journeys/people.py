"""Somebody at a browser: signs in, reads, types, presses. Works with scripts and without."""

import re
from dataclasses import dataclass
from datetime import datetime

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from tests.journeys.stack import Stack

LONG = (
    "I compared two ways of measuring whether a model hides what it can do, changed one thing at a time, and wrote "
    "down what I expected before each run; the second way held up when I tried to break it."
)


@dataclass
class Person:
    """One browser window of one person."""

    stack: Stack
    context: BrowserContext
    page: Page

    @classmethod
    def at(cls, stack: Stack, browser: Browser, *, scripts: bool) -> "Person":
        """Open a window, with or without scripts."""
        context = browser.new_context(
            java_script_enabled=scripts,
            viewport={"width": 1280, "height": 900},
            timezone_id="Europe/London",
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        return cls(stack, context, context.new_page())

    def goto(self, path: str) -> None:
        """Open an address of the portal; it must answer well."""
        response = None
        for _ in range(3):
            try:
                response = self.page.goto(self.stack.url + path)
            except Error as error:
                # The page in hand went on by itself (a job that ended leads to its result) while we were leaving it.
                if "interrupted" not in str(error) and "ERR_ABORTED" not in str(error):
                    raise
                continue
            if response is not None:
                break
        assert response is not None
        assert response.ok, f"{path} answered {response.status}"

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button with this name and let the page settle."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("button", name=name).first.click()

    def press_in_place(self, button: Locator) -> None:
        """Press a button whose answer replaces a part of the page, or the page itself without scripts."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            button.click()
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(300)

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the link with this name."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("link", name=name).first.click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """The page shows ``text``."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def waits_for(self, path: str, text: str | re.Pattern[str], seconds: int = 120) -> None:
        """Open ``path`` again and again, as a person would, until it shows ``text``."""
        for _ in range(4 * seconds):
            self.goto(path)
            shown = self.page.get_by_role("main").inner_text()
            if text in shown if isinstance(text, str) else text.search(shown):
                return
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{path} does not show {text!r} after {seconds} s but:\n{shown[:1500]}")

    def signs_up(self, address: str, name: str) -> None:
        """Create an account and confirm the address by the mailed code."""
        self.goto("/account/signup/")
        self.page.get_by_label(re.compile("Email|E-mail")).first.fill(address)
        self.page.get_by_label("Your name").fill(name)
        self.press("Create account")
        self.page.get_by_label("Code").fill(self.stack.code_for(address))
        self.press("Confirm")

    def becomes(self, address: str) -> None:
        """Sign in as a demo person by one click on the demo page."""
        self.context.clear_cookies()
        self.goto("/demo/")
        closed = self.page.locator("details:not([open]) > summary", has_text=re.compile("^All "))
        while closed.count():
            closed.first.click()
        row = self.page.locator("li.entry", has_text=address).first
        with self.page.expect_navigation(wait_until="load"):
            row.get_by_role("button").click()

    def moves_clock(self, moment: datetime) -> None:
        """Set the portal's clock on the demo page, as a visitor does."""
        self.goto("/demo/")
        form = self.page.locator("form", has=self.page.get_by_role("button", name="Move the clock"))
        field = form.locator("input:not([type=hidden])").first
        field.fill(f"{moment:%Y-%m-%dT%H:%M}")
        with self.page.expect_navigation(wait_until="load"):
            form.get_by_role("button", name="Move the clock").click()

    def answers_everything(self, scope: Locator | None = None) -> int:
        """Fill every answer on the page with something that fits. Returns how many there were."""
        scope = scope or self.page.locator("form").filter(has=self.page.locator("[name^=answer-]")).first
        names: list[str] = []
        for control in scope.locator("[name^=answer-]").all():
            name = control.get_attribute("name") or ""
            if name not in names:
                names.append(name)
        for name in names:
            if scope.locator(f"[name='{name}']").first.is_visible():
                self._answer(scope.locator(f"[name='{name}']"))
        return len(names)

    def _answer(self, controls: Locator) -> None:
        first = controls.first
        tag, kind = first.evaluate("node => node.tagName"), first.get_attribute("type") or ""
        mode = first.get_attribute("inputmode") or ""
        if kind == "file":
            return  # optional where it is asked; files have journeys of their own
        if kind in {"radio", "checkbox"}:
            first.check()
        elif tag == "SELECT":
            first.select_option(index=1)
        elif kind == "date":
            # An availability has several boxes of one name: first day, last day, hours.
            for box, text in zip(controls.all(), ("2026-09-28", "2026-12-04", "40"), strict=False):
                box.fill(text)
        elif mode == "decimal":
            first.fill("40")
        elif mode == "url":
            first.fill("https://example.org/report a report on what I measured")
        else:
            first.fill(LONG if tag == "TEXTAREA" else "Independent")

"""Whole submissions: complete drafts that are saved once more, section by section, and handed in.

Each connection takes one draft after another. A draft is asked for in two ways: *handing in* alone is the last step, as
most people take it at the end of days of saving; the *whole form* saves every section by its button, looks at the check
page and hands in, as somebody does who types all of it in one sitting without scripts.
"""

import asyncio
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode

from django.test import Client

from applications.models import Application
from applications.states import ApplicationState
from benchmarks.load import Step, run_to_the_end
from benchmarks.pages import CONNECTIONS, headers_of, signed_in
from benchmarks.seed import Cohort, grow_drafts

#: Drafts of one measurement.
DRAFTS = 240


class _Fields(HTMLParser):
    """Gathers what a browser would send of a page's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "textarea" and name:
            self._area = name
            self.sent.append((name, ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self.sent.append((self._select, found.get("value") or ""))
        elif tag == "input" and name and _is_sent(found):
            self.sent.append((name, found.get("value") or "on"))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[-1] = (self._area, self.sent[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select


def _is_sent(found: dict[str, str | None]) -> bool:
    kind = found.get("type") or "text"
    return kind not in {"file", "submit", "button"} and (kind not in {"radio", "checkbox"} or "checked" in found)


def _main_form(page: str) -> list[tuple[str, str]]:
    """Return the fields of the form that saves the section, as they stand."""
    forms = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'name="answer-' in form]
    fields = _Fields()
    for form in forms:
        fields.feed(form)
    return fields.sent


def _saves(client: Client) -> list[Step]:
    """Return the POST of each section that has answers, as somebody sends it who typed all of it."""
    listed = client.get("/my/application/").content.decode()
    steps = []
    for path in dict.fromkeys(re.findall(r'href="(/my/application/[\w-]+/)"', listed)):
        page = client.get(path)
        fields = _main_form(page.content.decode()) if page.status_code == 200 else []
        if fields:
            steps.append(Step("POST", path, urlencode(fields).encode(), {302}))
    return steps


def submission_lines(port: int, cohort: Cohort) -> Iterator[str]:
    """Measure both ways, and count in the database what was handed in."""
    for name, whole in (("handing in", False), ("whole form and handing in", True)):
        first = len(cohort.drafters)
        grow_drafts(cohort, first + DRAFTS)
        people = cohort.drafters[first:]
        heads = [headers_of(signed_in(user)) for user in people]
        last = Step("POST", "/my/application/submit/", b"minutes_taken=", {302})
        check = Step("GET", "/my/application/check/", b"", {200})
        steps = [*_saves(signed_in(people[0])), check, last] if whole else [last]
        outcome = asyncio.run(run_to_the_end(port, heads, steps, connections=CONNECTIONS))
        done = Application.objects.filter(person__in=people, internal_state=ApplicationState.SUBMITTED).count()
        took = sorted(outcome.took)
        yield (
            f"{name}: {done / outcome.seconds:.1f} a second, {len(steps)} requests each; "
            f"p50 {outcome.percentile(0.5):.0f} ms, p95 {outcome.percentile(0.95):.0f} ms, "
            f"slowest {took[-1] * 1000 if took else 0:.0f} ms for all of it; "
            f"{done} of {len(people)} in the database, {outcome.wrong.total()} wrong {dict(outcome.wrong) or ''}"
        )

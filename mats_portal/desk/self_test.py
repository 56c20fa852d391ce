"""The self-test of a form version: every path filled in, what is needed taken away, what is forbidden put in."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from applications.domain.values import NoAnswer, tidy_value
from applications.forms.answers import read_answer
from applications.queries.sheets import Asked, condition_holds, condition_values, hangs_on_area
from applications.queries.values import display, is_empty
from mats_portal.desk.personas import PERSONAS, Persona, posted
from mats_portal.desk.sources import sources_with
from questions.domain.forms import self_test
from questions.models import FormItem, FormVersion
from questions.states import AREAS, WITH_CHOICES, QuestionKind
from streams.models import StreamArea

SAMPLE_FILE = {"id": "sample", "name": "sample.pdf", "type": "pdf", "bytes": 1000, "sha256": "0" * 64}


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    n: int
    findings: tuple[str, ...]

    @property
    def n_ok(self) -> int:
        """How many of its cases passed."""
        return max(0, self.n - len(self.findings))


def report(version: FormVersion) -> list[Check]:
    """Return every check of a version with its cases and findings; publishing needs all of them green."""
    shape = tuple(self_test(version))
    items = list(version.items.select_related("question", "version").order_by("order"))
    sources = sources_with(version)
    lines = [Check("The form itself: sections, limits, conditions, rules", max(1, len(items)), shape)]
    if shape:
        # A form that is not sound cannot be filled in; what follows would only repeat it.
        return lines
    if areas := [item for item in items if hangs_on_area(item)]:
        known = set(StreamArea.objects.filter(stream__form=version.form).values_list("code", flat=True))
        lines.append(_check("Each area that a question waits for is one of its streams'", _unknown_areas(areas, known)))
    return [
        *lines,
        _check("Every path filled in by five made-up people", _paths(items)),
        _check("Each needed answer taken away is asked for", _taken_away(items)),
        _check("Each forbidden answer is refused or stands against handing in", _forbidden(items)),
        _check("Each answer comes back as it was typed", _round_trips(items)),
        Check(
            "Each criterion of the rubrics rests on an answer that its readers get",
            len(sources),
            tuple(source.finding for source in sources if source.finding),
        ),
    ]


def _unknown_areas(items: Sequence[FormItem], known: set[str]) -> Iterator[str]:
    for item in items:
        unknown = sorted(set(condition_values(item.visible_if)) - known)
        yield f"“{item.question.code}” waits for “{unknown[0]}”, which is no area of its streams." if unknown else ""


def findings(version: FormVersion) -> Sequence[str]:
    """Return what the paths found; the form's own soundness is asked where it is published."""
    return [finding for line in report(version)[1:] for finding in line.findings]


def filled(items: Sequence[FormItem], person: Persona, **given: Any) -> list[Asked]:
    """Return the questions as ``person`` answers them; ``given`` answers some by code instead."""
    # Without areas given, somebody who chose all of them: so that everything is asked.
    everything = sorted({value for item in items if hangs_on_area(item) for value in condition_values(item.visible_if)})
    values: dict[str, Any] = {AREAS: given.get(AREAS, everything)}
    asked = []
    for item in items:
        code = item.question.code
        applies = condition_holds(item.visible_if, values)
        value = None
        if applies:
            value = given[code] if code in given else _answer(item, person)
        values[code] = value
        asked.append(Asked(item, None, value, applies))
    return asked


def _answer(item: FormItem, person: Persona) -> Any:
    if item.question.kind == QuestionKind.FILE:
        # A file cannot be typed: what would be stored of one that was sent.
        return tidy_value(item.question, dict(SAMPLE_FILE)) if item.required or person.answers_optional else None
    return tidy_value(item.question, read_answer(item.question, posted(item, person)))


def _check(name: str, cases: Iterator[str]) -> Check:
    found = list(cases)
    return Check(name, len(found), tuple(case for case in found if case))


def _paths(items: Sequence[FormItem]) -> Iterator[str]:
    """Yield a finding, or "", for each persona on each path: every answer of every question that decides something."""
    for person in PERSONAS:
        for where, given in _branches(items):
            asked = filled(items, person, **given)
            problem = next((one.problem for one in asked if one.problem), "")
            yield f"{person.name}{where}: {problem}." if problem else ""


def _branches(items: Sequence[FormItem]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", {}
    by_code = {item.question.code: item.question for item in items}
    rules = [item.visible_if for item in items if item.visible_if]
    conditions = {(rule["question"], tuple(condition_values(rule))) for rule in rules}
    for code, values in conditions:
        if code == AREAS:
            yield from ((f" with the area “{value}”", {AREAS: [value]}) for value in values)
            continue
        question = by_code[code]
        if question.kind == QuestionKind.YES_NO:
            answers: list[Any] = [True, False]
        elif question.kind in WITH_CHOICES:
            many = question.kind != QuestionKind.CHOICE
            answers = [[choice["value"]] if many else choice["value"] for choice in question.choices]
        else:
            answers = list(values)
        for answer in answers:
            if not isinstance(answer, list) or len(answer) >= question.at_least:
                yield f" with {answer} at “{code}”", {code: answer}


def _taken_away(items: Sequence[FormItem]) -> Iterator[str]:
    for asked in filled(items, PERSONAS[0]):
        empty = replace(asked, reused=None)
        if asked.applies and asked.item.required:
            yield "" if empty.problem else f"“{asked.question.code}” is needed but may be left out."
        elif asked.applies:
            yield f"“{asked.question.code}” is optional but asked for." if empty.problem else ""


def _forbidden(items: Sequence[FormItem]) -> Iterator[str]:
    for asked in filled(items, PERSONAS[0]):
        for what, typed in _bad(asked.item):
            yield "" if _stands(asked, typed) else f"“{asked.question.code}” takes {what}."


def _bad(item: FormItem) -> Iterator[tuple[str, list[str]]]:
    kind, question = item.question.kind, item.question
    if item.max_words:
        yield "more words than its limit", ["word " * (item.max_words + 1)]
    if kind in WITH_CHOICES or kind in {QuestionKind.YES_NO, QuestionKind.SKILL}:
        yield "a choice that it does not have", ["no-such-choice"]
    if kind in WITH_CHOICES and kind != QuestionKind.CHOICE and 0 < (question.at_most or 0) < len(question.choices):
        yield "more choices than its most", [choice["value"] for choice in question.choices]
    if kind == QuestionKind.LINKS:
        yield "a link without a reason", ["https://example.org/a", ""]
    if kind in {QuestionKind.NUMBER, QuestionKind.DATE}:
        yield "a word", ["soon"]
    if kind == QuestionKind.AVAILABILITY:
        yield "a last day before the first", ["2026-12-04", "2026-09-28", "40", ""]


def _stands(asked: Asked, typed: list[str]) -> bool:
    try:
        value = tidy_value(asked.question, read_answer(asked.question, typed))
    except NoAnswer:
        return True
    return bool(replace(asked, reused=value, applies=True).problem)


def _round_trips(items: Sequence[FormItem]) -> Iterator[str]:
    for item in items:
        for person in PERSONAS:
            typed = posted(item, person)
            value = tidy_value(item.question, read_answer(item.question, typed))
            name = f"“{item.question.code}” by {person.name}"
            if json.loads(json.dumps(value)) != value:
                yield f"{name} is not stored as it was typed."
            elif tidy_value(item.question, value) != value:
                yield f"{name} changes when it is saved again."
            elif typed and is_empty(value):
                yield f"{name} is lost."
            elif typed and value is not False and not display(item.question, value):
                yield f"{name} is shown as nothing."
            else:
                yield ""

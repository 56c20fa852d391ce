"""Write questions and forms. A published version of a form is never edited: other content is a new version."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked, transition
from questions.domain.rows import Change, Saved, save_row
from questions.models import Form, FormItem, FormVersion, Question
from questions.states import AREAS, NAMES_CHOICES, WITH_CHOICES, WITH_WORDS, FormState, QuestionKind


@dataclass(frozen=True)
class SectionText:
    """A part of a form with a heading."""

    code: str
    title: str
    intro: str = ""

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "title": self.title, "intro": self.intro}


@dataclass(frozen=True)
class ItemText:
    """A question's place in a form, before it is stored."""

    question: str
    section: str
    required: bool = True
    max_words: int | None = None
    wording: str = ""
    visible_if: dict[str, Any] | None = None


@dataclass(frozen=True)
class FormText:
    """Everything a form version says."""

    sections: Sequence[SectionText] = field(default_factory=tuple)
    items: Sequence[ItemText] = field(default_factory=tuple)


@transaction.atomic
def save_question(
    *,
    code: str,
    canonical_meaning: str,
    kind: str,
    text: str,
    help: str,
    choices: list[dict[str, str]],
    effort_minutes: int,
    data_class: str,
    by: Any,
    at_least: int = 0,
    at_most: int | None = None,
    optional_only: bool = False,
    asked_anew: bool = False,
) -> Saved[Question]:
    """Make the question bank hold this question for everybody who asks it."""
    return save_row(
        Question,
        key={"code": code},
        by=by,
        content={
            "canonical_meaning": canonical_meaning,
            "kind": kind,
            "text": text,
            "help": help,
            "choices": choices,
            "at_least": at_least,
            "at_most": at_most,
            "optional_only": optional_only,
            "asked_anew": asked_anew,
            "effort_minutes": effort_minutes,
            "data_class": data_class,
        },
    )


#: A further test of a version before it goes out, by those who know how its answers are stored: findings.
Test = Callable[[FormVersion], Sequence[str]]


def no_findings(version: FormVersion) -> Sequence[str]:
    """Test nothing more than the form itself."""
    return []


@transaction.atomic
def save_form(*, code: str, title: str, text: FormText, by: Any, test: Test = no_findings) -> Saved[Form]:
    """Make ``text`` the published version of the form, as a new version if it says something else than before.

    Raises ``Refused`` with every finding of the self-test: a form that spoils answers never goes out.
    """
    saved = save_row(Form, key={"code": code}, content={"title": title}, by=by)
    form = locked(saved.row)
    published = form.versions.filter(state=FormState.PUBLISHED).first()
    if published and content_of(published) == _as_stored(text):
        return Saved(form, saved.change)
    publish_version(version=add_version(form=form, text=text, by=by), by=by, test=test)
    return Saved(form, Change.CREATED if saved.change is Change.CREATED else Change.CHANGED)


@transaction.atomic
def add_version(*, form: Form, text: FormText, by: Any) -> FormVersion:
    """Add a draft version with the content of ``text``. Raises ``Refused`` where it names an unknown question."""
    form = locked(form)
    bank = {question.code: question for question in Question.objects.filter(code__in=[i.question for i in text.items])}
    if unknown := [item.question for item in text.items if item.question not in bank]:
        raise Refused(f"The question bank has no question “{unknown[0]}”.")
    last = form.versions.order_by("-number").first()
    version = FormVersion.objects.create(
        form=form, number=last.number + 1 if last else 1, sections=[section.as_json() for section in text.sections]
    )
    FormItem.objects.bulk_create(
        FormItem(
            version=version,
            question=bank[item.question],
            order=order,
            section=item.section,
            required=item.required,
            max_words=item.max_words,
            wording=item.wording,
            visible_if=item.visible_if,
        )
        for order, item in enumerate(text.items, 1)
    )
    audit.record("add_version", version, by=by)
    return version


@transaction.atomic
def publish_version(*, version: FormVersion, by: Any, test: Test = no_findings) -> FormVersion:
    """Let people fill in this version from now on; the one before it retires. Raises ``Refused`` on any finding."""
    locked(version.form)  # one publication at a time, else two versions could be current
    version = locked(version)
    if findings := [*self_test(version), *test(version)]:
        raise Refused("This form is not ready: " + " ".join(findings))
    for before in version.form.versions.filter(state=FormState.PUBLISHED):
        transition(locked(before), "retire", by=by)
    return transition(version, "publish", by=by, published_at=clock.now())


def self_test(version: FormVersion) -> list[str]:
    """Return every finding that would spoil answers, as sentences; a version without findings may be published."""
    findings: list[str] = []
    bank: dict[str, Question] = {}
    sections = [section["code"] for section in version.sections]
    used: set[str] = set()
    for item in version.items.select_related("question").order_by("order"):
        question, name = item.question, f"“{item.question.code}”"
        used.add(item.section)
        if item.section not in sections:
            findings.append(f"{name} stands in the unknown section “{item.section}”.")
        if question.kind in NAMES_CHOICES and len(question.choices) < 2:
            findings.append(f"{name} needs at least two choices.")
        if question.kind in WITH_WORDS and item.max_words is None:
            findings.append(f"{name} needs a limit of words.")
        if question.optional_only and item.required:
            findings.append(f"{name} must stay optional: no rule may ask for it.")
        if item.visible_if:
            findings += _condition_findings(name, item.visible_if, bank)
        bank[question.code] = question
    findings += [f"Section “{code}” has no question." for code in sections if code not in used]
    if not bank:
        findings.append("It asks nothing.")
    return findings


def _condition_findings(name: str, condition: dict[str, Any], bank: Mapping[str, Question]) -> Iterator[str]:
    if condition["question"] == AREAS:
        # Which areas there are is known to the streams that ask this form: see the portal's own self-test.
        return
    decides = bank.get(condition["question"])
    if decides is None:
        yield f"{name} depends on “{condition['question']}”, which is not asked before it."
        return
    if decides.optional_only:
        yield f"{name} depends on “{decides.code}”, on which no rule may depend."
    if decides.kind in WITH_CHOICES or decides.kind == QuestionKind.YES_NO:
        known: set[Any] = {choice["value"] for choice in decides.choices} or {"yes", "no", True, False}
        for value in condition["in"]:
            if value not in known:
                yield f"{name} waits for “{value}”, which is no answer to “{decides.code}”."


def content_of(version: FormVersion) -> dict[str, Any]:
    """Return what a stored version says, in the shape in which two versions can be compared."""
    items = version.items.order_by("order").values_list(
        "question__code", "section", "required", "max_words", "wording", "visible_if"
    )
    return {"sections": version.sections, "items": [list(item) for item in items]}


def _as_stored(text: FormText) -> dict[str, Any]:
    return {
        "sections": [section.as_json() for section in text.sections],
        "items": [[i.question, i.section, i.required, i.max_words, i.wording, i.visible_if] for i in text.items],
    }

"""Write questions and forms. A published version of a form is never edited: other content is a new version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked, transition
from questions.domain.rows import Change, Saved, save_row
from questions.models import Form, FormItem, FormVersion, Question
from questions.states import NAMES_CHOICES, WITH_WORDS, FormState


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
            "effort_minutes": effort_minutes,
            "data_class": data_class,
        },
    )


@transaction.atomic
def save_form(*, code: str, title: str, text: FormText, by: Any) -> Saved[Form]:
    """Make ``text`` the published version of the form, as a new version if it says something else than before.

    Raises ``Refused`` with every finding of the self-test: a form that spoils answers never goes out.
    """
    saved = save_row(Form, key={"code": code}, content={"title": title}, by=by)
    form = locked(saved.row)
    published = form.versions.filter(state=FormState.PUBLISHED).first()
    if published and content_of(published) == _as_stored(text):
        return Saved(form, saved.change)
    publish_version(version=add_version(form=form, text=text, by=by), by=by)
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
            visible_if=item.visible_if,
        )
        for order, item in enumerate(text.items, 1)
    )
    audit.record("add_version", version, by=by)
    return version


@transaction.atomic
def publish_version(*, version: FormVersion, by: Any) -> FormVersion:
    """Let people fill in this version from now on; the one before it retires. Raises ``Refused`` on any finding."""
    locked(version.form)  # one publication at a time, else two versions could be current
    version = locked(version)
    if findings := self_test(version):
        raise Refused("This form is not ready: " + " ".join(findings))
    for before in version.form.versions.filter(state=FormState.PUBLISHED):
        transition(locked(before), "retire", by=by)
    return transition(version, "publish", by=by, published_at=clock.now())


def self_test(version: FormVersion) -> list[str]:
    """Return every finding that would spoil answers, as sentences; a version without findings may be published."""
    findings: list[str] = []
    sections = [section["code"] for section in version.sections]
    asked: set[str] = set()
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
        if item.visible_if and item.visible_if.get("question") not in asked:
            findings.append(f"{name} depends on “{item.visible_if.get('question')}”, which is not asked before it.")
        asked.add(question.code)
    findings += [f"Section “{code}” has no question." for code in sections if code not in used]
    if not asked:
        findings.append("It asks nothing.")
    return findings


def content_of(version: FormVersion) -> dict[str, Any]:
    """Return what a stored version says, in the shape in which two versions can be compared."""
    items = version.items.order_by("order").values_list(
        "question__code", "section", "required", "max_words", "visible_if"
    )
    return {"sections": version.sections, "items": [list(item) for item in items]}


def _as_stored(text: FormText) -> dict[str, Any]:
    return {
        "sections": [section.as_json() for section in text.sections],
        "items": [[i.question, i.section, i.required, i.max_words, i.visible_if] for i in text.items],
    }

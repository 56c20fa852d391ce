"""Answers in the shape in which the page's fields take them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from applications.queries.sheets import Asked
from applications.queries.values import YES_NO, choices_of, display
from questions.states import WITH_CHOICES, DataClass, QuestionKind

#: How a kind of question is drawn; the others by their own name.
DRAWN_AS = {QuestionKind.YES_NO: "choice", QuestionKind.CONSENT: "boolean"}
READERS = {
    DataClass.IDENTITY: "mentors of your streams if you go on, and staff; not the reviewers",
    DataClass.CONTACT: "staff only",
    DataClass.LOGISTICS: "the staff who plan the programme; it plays no part in selection",
    DataClass.DEMOGRAPHIC: "nobody by name; it counts in statistics only",
    DataClass.SPECIAL: "named staff who need it; it plays no part in selection",
    DataClass.DOCUMENT: "mentors of your streams if you go on, and staff; not the reviewers",
}


@dataclass(frozen=True)
class Conflict:
    """Two copies of one answer."""

    item_id: int
    saved_text: str
    mine_text: str
    saved_at: str
    version: int


@dataclass(frozen=True)
class AnswerField:
    """One answer field of a page."""

    id: int
    name: str
    label: str
    help: str
    kind: str
    value: Any
    values: list[str]
    choices: list[dict[str, str]]
    required: bool
    max_words: int | None
    version: int
    read_by: str
    error: str = ""
    reused: str = ""
    conflict: Conflict | None = None


def field_of(asked: Asked, *, blind: Collection[str] = (), shows_problem: bool = False) -> AnswerField:
    """Return the field of one question; ``blind`` names the classes of data that its first readers do not get."""
    question, value = asked.question, asked.value
    return AnswerField(
        id=asked.item.pk,
        name=field_name(asked),
        label=question.text,
        help=question.help,
        kind=DRAWN_AS.get(QuestionKind(question.kind), question.kind),
        value=_drawn(question.kind, value, asked),
        values=value if isinstance(value, list) and question.kind in WITH_CHOICES else [],
        choices=_choices(asked),
        required=asked.item.required and asked.item.visible_if is None,
        max_words=asked.item.max_words,
        version=asked.version,
        read_by=readers(question.data_class, blind),
        reused="Reused from your application" if asked.is_reused else "",
        error=asked.problem if shows_problem else "",
    )


def field_name(asked: Asked) -> str:
    """Return the name under which the page posts an answer."""
    return f"answer-{asked.item.pk}"


def with_typed(field: AnswerField, asked: Asked, value: Any, **changes: Any) -> AnswerField:
    """Return a field that shows what was typed instead of what is stored."""
    is_list = isinstance(value, list) and asked.question.kind in WITH_CHOICES
    return replace(
        field, value=_drawn(asked.question.kind, value, asked), values=value if is_list else [], reused="", **changes
    )


def readers(data_class: str, blind: Collection[str]) -> str:
    """Say who reads an answer of this class; "" where the line of the section says it."""
    if data_class == DataClass.INSTITUTION:
        return "mentors of your streams if you go on, and staff; not the reviewers" if data_class in blind else ""
    return READERS.get(DataClass(data_class), "")


def _drawn(kind: str, value: Any, asked: Asked) -> Any:
    if kind == QuestionKind.YES_NO and isinstance(value, bool):
        return "yes" if value else "no"
    if kind == QuestionKind.LINKS and isinstance(value, list):
        return display(asked.question, value)
    return value


def _choices(asked: Asked) -> list[dict[str, str]]:
    named = YES_NO if asked.question.kind == QuestionKind.YES_NO else choices_of(asked.question)
    return [{"value": value, "label": label} for value, label in named.items()]

"""Answers in the shape in which the page's fields take them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from applications.queries.faults import LONGEST_REASON, most_links, warnings
from applications.queries.offers import ReuseOffer
from applications.queries.sheets import Asked, condition_values, hangs_on_area, short
from applications.queries.values import YES_NO, choices_of, display, file_words
from questions.models import Question
from questions.states import AREAS, WITH_CHOICES, DataClass, QuestionKind

#: How a kind of question is drawn; the others by their own name.
DRAWN_AS = {
    QuestionKind.YES_NO: "choice",
    QuestionKind.CONSENT: "boolean",
    QuestionKind.ACKNOWLEDGEMENT: "boolean",
    QuestionKind.ONE_OR_MORE: "multi_choice",
}
#: Kinds with several boxes.
BOXED = frozenset({QuestionKind.SKILL, QuestionKind.AVAILABILITY})
READERS = {
    DataClass.IDENTITY: "mentors of your streams if you go on, and staff; not the reviewers",
    DataClass.CONTACT: "staff only",
    DataClass.LOGISTICS: "the staff who plan the programme; it plays no part in selection",
    DataClass.DEMOGRAPHIC: "nobody by name; it counts in statistics only",
    DataClass.SPECIAL: "the admins of the programme; it plays no part in selection",
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
class Condition:
    """When a question is asked: the sentence for everybody, and what a script needs to hide it meanwhile."""

    text: str
    #: Name of the field on this page that decides, and the values, as the page posts them; "" if it is elsewhere.
    field: str
    values: str
    holds: bool


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
    #: What the person wrote to the same question elsewhere, while nothing is written here.
    offer: ReuseOffer | None = None
    conflict: Conflict | None = None
    note: str = ""
    warnings: list[str] = field(default_factory=list)
    condition: Condition | None = None
    #: The boxes of the kinds that have several: rows of links, or the parts of a skill or an availability.
    links: list[dict[str, str]] = field(default_factory=list)
    can_add: bool = False
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        """Whether the answer has several boxes, which share one legend."""
        return bool(self.links) or self.kind in BOXED


def field_of(
    asked: Asked,
    *,
    blind: Collection[str] = (),
    shows_problem: bool = False,
    on_page: Mapping[str, Asked] | None = None,
) -> AnswerField:
    """Return the field of one question; ``blind`` names the classes of data that its first readers do not get.

    ``on_page`` are the questions of the same page by code: on them a condition can change while one types.
    """
    question, value = asked.question, asked.value
    return AnswerField(
        id=asked.item.pk,
        name=field_name(asked),
        label=asked.item.text,
        help=question.help,
        kind=DRAWN_AS.get(QuestionKind(question.kind), question.kind),
        value=_drawn(question.kind, value, asked),
        values=value if isinstance(value, list) and question.kind in WITH_CHOICES else [],
        choices=_choices(asked),
        required=asked.item.required,
        max_words=asked.item.max_words,
        version=asked.version,
        read_by=readers(question.data_class, blind),
        reused=origin_words(asked),
        error=asked.problem if shows_problem else "",
        note=_note(question),
        warnings=warnings(question, value) if asked.answer is not None else [],
        condition=_condition(asked, on_page or {}),
        **_boxes(question, value),
    )


def origin_words(asked: Asked) -> str:
    """Say where an answer was written, if not here; "" for one that was."""
    if asked.is_reused:
        return "Reused from your application"
    answer = asked.answer
    if answer is None or not answer.taken_from or not asked.is_answered:
        return ""
    changed = ", changed since" if answer.version != answer.taken_version else ""
    return f"From {answer.taken_from}{changed}"


def _note(question: Question) -> str:
    fewest, most = question.at_least, question.at_most
    if question.kind == QuestionKind.LINKS:
        return f"At most {most_links(question)} links, each with why it matters in at most {LONGEST_REASON} characters."
    if question.kind not in WITH_CHOICES or question.kind == QuestionKind.CHOICE:
        return ""
    if fewest and most:
        return f"Choose {fewest} to {most}." if fewest != most else f"Choose {most}."
    return f"Choose at least {fewest}." if fewest else f"Choose at most {most}." if most else ""


def _condition(asked: Asked, on_page: Mapping[str, Asked]) -> Condition | None:
    condition = asked.item.visible_if
    if not condition:
        return None
    values = condition_values(condition)
    if hangs_on_area(asked.item):
        areas = " or ".join(f"“{title}”" for title in asked.areas or values)
        return Condition(f"Asked only if you choose the area {areas}.", AREAS, "|".join(values), asked.applies)
    decides = on_page.get(condition["question"])
    if decides is None:
        return Condition("", "", "", asked.applies)
    labels = YES_NO if decides.question.kind == QuestionKind.YES_NO else choices_of(decides.question)
    wanted = " or ".join(f"“{labels.get(value, value)}”" for value in values)
    text = f"Asked only if you answer {wanted} to “{short(decides.item.text)}”."
    return Condition(text, field_name(decides), "|".join(values), asked.applies)


def _boxes(question: Question, value: Any) -> dict[str, Any]:
    """Return the boxes of a kind that has several; one empty row of links stands below those that are filled."""
    if question.kind == QuestionKind.LINKS:
        filled = value if isinstance(value, list) else []
        most = most_links(question)
        empty = max(0, min(2 if not filled else 1, most - len(filled)))
        rows = [*filled, *([{"url": "", "why": ""}] * empty)]
        return {"links": rows, "can_add": len(rows) < most}
    if question.kind in BOXED:
        return {"parts": value if isinstance(value, dict) else {}}
    return {}


def field_name(asked: Asked) -> str:
    """Return the name under which the page posts an answer."""
    return f"answer-{asked.item.pk}"


def with_typed(field: AnswerField, asked: Asked, value: Any, **changes: Any) -> AnswerField:
    """Return a field that shows what was typed instead of what is stored."""
    is_list = isinstance(value, list) and asked.question.kind in WITH_CHOICES
    return replace(
        field,
        value=_drawn(asked.question.kind, value, asked),
        values=value if is_list else [],
        reused="",
        **_boxes(asked.question, value),
        **changes,
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
    if kind == QuestionKind.FILE and isinstance(value, dict):
        return {
            "id": value["id"],
            "name": value["name"],
            "words": file_words(value),
            "is_own": asked.answer is not None,
        }
    return value


def _choices(asked: Asked) -> list[dict[str, str]]:
    named = YES_NO if asked.question.kind == QuestionKind.YES_NO else choices_of(asked.question)
    return [{"value": value, "label": label} for value, label in named.items()]

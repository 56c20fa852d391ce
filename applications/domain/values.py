"""What may be stored as the answer to a question. Words are not counted here: a text that is too long is kept."""

import math
from datetime import date
from typing import Any

from applications.queries.values import choices_of, typed_link
from core.refusals import Refused
from questions.models import Question
from questions.states import QuestionKind


class NoAnswer(Refused):
    """What was typed cannot be an answer to this question; said beside the field."""


#: A text beyond this is no answer but an accident or an attack.
MAX_TEXT_BYTES = 1024 * 1024
#: More entries than this in one list are no answer either.
MOST_ENTRIES = 100
#: What the answer to a question for a file holds.
FILE_PARTS = {"id": str, "name": str, "type": str, "bytes": int, "sha256": str}


def tidy_text(text: str) -> str:
    """Return ``text`` as it is stored: one kind of line break, and no NUL, which the database cannot hold.

    Everything else stays as typed, invisible characters included. Raises ``NoAnswer`` for more than a megabyte.
    """
    # A lone surrogate is no character and no database keeps it; browsers send the replacement character themselves.
    tidy = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    tidy = tidy.encode("utf-8", "replace").decode("utf-8")
    if len(tidy.encode()) > MAX_TEXT_BYTES:
        raise NoAnswer("This text is longer than a megabyte. Shorten it; it is not saved yet.")
    return tidy


def tidy_value(question: Question, value: Any) -> Any:
    """Return ``value`` as it is stored for ``question``. Raises ``NoAnswer`` for what cannot be an answer to it."""
    if value is None:
        return None
    if question.kind == QuestionKind.LONG_TEXT:
        return tidy_text(_as_text(value))
    if question.kind == QuestionKind.SHORT_TEXT:
        return tidy_text(_as_text(value)).replace("\n", " ")
    return _OF_KIND[QuestionKind(question.kind)](question, value)


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise NoAnswer("This answer is not a text.")
    return value


def _choice(question: Question, value: Any) -> Any:
    if value == "":
        return None
    if value not in choices_of(question):
        raise NoAnswer("Choose one of the answers on the page.")
    return value


def _choices(question: Question, value: Any) -> list[str]:
    chosen = value if isinstance(value, list) else [value]
    if not set(chosen) <= set(choices_of(question)):
        raise NoAnswer("Choose among the answers on the page.")
    # In the order of the page, so that two ways of ticking are one answer.
    return [one for one in choices_of(question) if one in chosen]


def _yes_or_no(question: Question, value: Any) -> bool:
    if not isinstance(value, bool):
        raise NoAnswer("Choose yes or no.")
    return value


def _number(question: Question, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NoAnswer("Write a number, such as 12 or 2.5.")
    return value


def _date(question: Question, value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise NoAnswer("Write a date as year-month-day, such as 2026-06-07.") from error


def _links(question: Question, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(link, dict) for link in value):
        raise NoAnswer("Write each link with why it matters.")
    if len(value) > MOST_ENTRIES:
        raise NoAnswer(f"These are more than {MOST_ENTRIES} links. Take some away; they are not saved yet.")
    links = [{"url": tidy_text(link["url"]), "why": tidy_text(link["why"])} for link in value]
    tidy_text("\n".join(typed_link(link) for link in links))
    return links


def _skill(question: Question, value: Any) -> dict[str, str] | None:
    parts = _parts(value, ("level", "evidence", "url"))
    if parts["level"] and parts["level"] not in choices_of(question):
        raise NoAnswer("Choose one of the levels on the page.")
    return parts if any(parts.values()) else None


def _availability(question: Question, value: Any) -> dict[str, Any] | None:
    parts: dict[str, Any] = _parts(value, ("from", "until", "hours", "note"))
    for end in ("from", "until"):
        parts[end] = _date(question, parts[end]) if parts[end] else ""
    hours = parts["hours"].strip()
    if hours and not (hours.isascii() and hours.isdigit() and len(hours) < 4):
        raise NoAnswer("Write the hours a week as a whole number, such as 40.")
    parts["hours"] = int(hours) if hours else None
    return parts if any(part not in ("", None) for part in parts.values()) else None


def _parts(value: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Return the parts of an answer that has several, each as a tidy text."""
    if not isinstance(value, dict):
        raise NoAnswer("This answer has several parts. Load the page again.")
    parts = {name: tidy_text("" if value.get(name) is None else str(value[name])) for name in names}
    tidy_text("\n".join(parts.values()))
    return parts


def _file(question: Question, value: Any) -> dict[str, Any]:
    """Only ``domain.documents`` writes such a value: it names a file that is in the store already."""
    if not isinstance(value, dict) or {name: type(part) for name, part in value.items()} != FILE_PARTS:
        raise NoAnswer("Choose a file.")
    return value


_OF_KIND = {
    QuestionKind.CHOICE: _choice,
    QuestionKind.MULTI_CHOICE: _choices,
    QuestionKind.ONE_OR_MORE: _choices,
    QuestionKind.YES_NO: _yes_or_no,
    QuestionKind.CONSENT: _yes_or_no,
    QuestionKind.ACKNOWLEDGEMENT: _yes_or_no,
    QuestionKind.NUMBER: _number,
    QuestionKind.DATE: _date,
    QuestionKind.LINKS: _links,
    QuestionKind.SKILL: _skill,
    QuestionKind.AVAILABILITY: _availability,
    QuestionKind.FILE: _file,
}


def joined(question: Question, first: Any, second: Any) -> Any:
    """Return both answers as one, for the kinds that can hold two. Raises ``NoAnswer`` for the others."""
    if question.kind == QuestionKind.LONG_TEXT:
        return f"{first or ''}\n\n{second or ''}".strip("\n")
    if question.kind == QuestionKind.SHORT_TEXT:
        return f"{first or ''} / {second or ''}"
    if question.kind in {QuestionKind.LINKS, QuestionKind.MULTI_CHOICE, QuestionKind.ONE_OR_MORE}:
        return [*(first or []), *(one for one in second or [] if one not in (first or []))]
    raise NoAnswer("This question takes one answer. Keep the saved copy or your copy.")

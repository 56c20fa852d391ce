"""Answers as values and as text."""

from datetime import date
from typing import Any

from applications.states import DocumentType
from questions.models import Question
from questions.states import TICKED, WITH_CHOICES, QuestionKind

YES_NO = {"yes": "Yes", "no": "No"}


def is_empty(value: Any) -> bool:
    """Say whether a value answers nothing; ``False`` answers a yes-or-no question but agrees to nothing."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def choices_of(question: Question) -> dict[str, str]:
    """Return value and label of each choice, in order."""
    return {choice["value"]: choice["label"] for choice in question.choices}


def display(question: Question, value: Any) -> str:
    """Write an answer as a person reads it."""
    if is_empty(value):
        return ""
    if question.kind in WITH_CHOICES:
        labels = choices_of(question)
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(one, str(one)) for one in chosen)
    if question.kind == QuestionKind.YES_NO:
        return "Yes" if value else "No"
    if question.kind in TICKED:
        return ("Agreed" if question.kind == QuestionKind.CONSENT else "Read") if value else ""
    if question.kind == QuestionKind.LINKS:
        return "\n".join(typed_link(link) for link in value)
    if question.kind == QuestionKind.SKILL:
        level = choices_of(question).get(value["level"], value["level"])
        return "\n".join(part for part in (level, value["evidence"], value["url"]) if part)
    if question.kind == QuestionKind.AVAILABILITY:
        return _availability(value)
    if question.kind == QuestionKind.FILE:
        return f"{value['name']} ({file_words(value)})"
    return str(value)


def _availability(value: dict[str, Any]) -> str:
    first, last, hours = value["from"], value["until"], value["hours"]
    days = {(True, True): "{} to {}", (True, False): "from {}", (False, True): "until {1}"}
    span = days.get((bool(first), bool(last)), "").format(_day(first), _day(last))
    line = ", ".join(part for part in (span, f"{hours} hours a week" if hours is not None else "") if part)
    return "\n".join(part for part in (line, value["note"]) if part)


def _day(text: str) -> str:
    if not text:
        return ""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def file_words(value: dict[str, Any]) -> str:
    """Say of a file what anybody may know who may open it: kind and size, never its name."""
    size = value["bytes"]
    amount = f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
    return f"{DocumentType(value['type']).label}, {amount}"


def typed_link(link: dict[str, str]) -> str:
    """Write a link as its line was typed: the address, then what it shows."""
    return " ".join(part for part in (link["url"], link["why"]) if part)


def word_count(question: Question, value: Any) -> int:
    """Count words as the page does: runs of characters that are no space."""
    return len(display(question, value).split()) if not is_empty(value) else 0

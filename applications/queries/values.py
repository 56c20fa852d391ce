"""Answers as values and as text."""

from typing import Any

from questions.models import Question
from questions.states import WITH_CHOICES, QuestionKind

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
    if question.kind == QuestionKind.CONSENT:
        return "Agreed" if value else ""
    if question.kind == QuestionKind.LINKS:
        return "\n".join(typed_link(link) for link in value)
    return str(value)


def typed_link(link: dict[str, str]) -> str:
    """Write a link as its line was typed: the address, then what it shows."""
    return " ".join(part for part in (link["url"], link["why"]) if part)


def word_count(question: Question, value: Any) -> int:
    """Count words as the page does: runs of characters that are no space."""
    return len(display(question, value).split()) if not is_empty(value) else 0

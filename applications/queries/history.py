"""Earlier versions of answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models import Answer, AnswerVersion
from applications.queries.sheets import Asked
from applications.queries.values import display

#: How many earlier saves a page lists.
SHOWN = 20


@dataclass(frozen=True)
class EarlierText:
    """One text that stood, or was typed, in an answer."""

    question: str
    text: str
    saved_at: datetime
    was_stored: bool


def earlier_texts(items: Iterable[Asked]) -> list[EarlierText]:
    """Return the last saves of some answers, newest first, those of tabs that came too late included."""
    questions = {asked.answer.pk: asked.question for asked in items if asked.answer}
    versions = AnswerVersion.objects.filter(answer__in=questions).order_by("-saved_at", "-pk")[:SHOWN]
    return [
        EarlierText(
            questions[one.answer_id].text, display(questions[one.answer_id], one.value), one.saved_at, one.was_stored
        )
        for one in versions
    ]


def value_at(answer: Answer, version: int) -> tuple[bool, Any]:
    """Return whether the value of that earlier version is known, and the value; version 0 had none."""
    if version == 0:
        return True, None
    if version == answer.version:
        return True, answer.value
    kept = AnswerVersion.objects.filter(answer=answer, version=version, was_stored=True).first()
    return (True, kept.value) if kept else (False, None)

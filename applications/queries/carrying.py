"""Whether an answer that was given elsewhere may stand here, and what is different here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from applications.queries.values import choices_of, display, is_empty, word_count
from questions.models import FormItem, Question
from questions.states import TICKED, WITH_CHOICES, WITH_WORDS, DataClass, QuestionKind

#: A file older than this says too little about its sender: a newer one is asked for.
FILES_LAST = timedelta(days=365)
#: Kinds that speak about the days of one cycle.
OF_ITS_CYCLE = frozenset({QuestionKind.AVAILABILITY, QuestionKind.DATE})
#: Given for one purpose and one cycle.
NEVER_CARRIED = frozenset({DataClass.DEMOGRAPHIC, DataClass.SPECIAL})


@dataclass(frozen=True)
class Fit:
    """An answer as it may stand here, or the reason why it may not; ``changes`` says what is different here."""

    value: Any = None
    changes: tuple[str, ...] = ()
    reason: str = ""


def meaning_of(question: Question) -> str:
    """Return what a question asks for, whatever its words: answers are carried by it."""
    return " ".join(question.canonical_meaning.casefold().split())


def fit(item: FormItem, given: Question, value: Any, *, before: str = "", limit_before: int | None = None) -> Fit:
    """Say how an answer to ``given`` fits ``item``; ``before`` and ``limit_before`` are its words and limit there."""
    question = item.question
    if question.kind in TICKED:
        return Fit(reason="Statements are made anew each time.")
    if question.kind != given.kind and not {question.kind, given.kind} <= WITH_WORDS:
        return Fit(reason="It is asked in another way now.")
    changes = [f"It was asked in other words: “{before}”"] if before and _other_words(before, item.text) else []
    if question.kind in NAMED:
        value, missing = _offered(question, given, value)
        if missing and is_empty(value):
            return Fit(reason=f"No longer offered: {', '.join(missing)}.")
        changes += [f"No longer offered, so left out: {', '.join(missing)}"] if missing else []
    if question.kind == QuestionKind.SHORT_TEXT:
        value = " ".join(str(value).split("\n"))
    return Fit(value, (*changes, *_limit(item, value, limit_before)))


def belongs_to_its_cycle(question: Question, given: Question) -> str:
    """Say why an answer is not brought into another cycle; "" if it may be."""
    if question.asked_anew or given.asked_anew:
        return "It is asked anew in each cycle."
    if question.kind in OF_ITS_CYCLE:
        return "Dates belong to one cycle."
    if {question.data_class, given.data_class} & NEVER_CARRIED:
        return "Answers of this kind are never carried over."
    return ""


#: Kinds whose answers name choices.
NAMED = WITH_CHOICES | {QuestionKind.SKILL}


def _other_words(before: str, now: str) -> bool:
    return before.split() != now.split()


def _offered(question: Question, given: Question, value: Any) -> tuple[Any, list[str]]:
    """Return the part of an answer that is among the choices now, and the labels of what is not."""
    known = choices_of(question)
    labels: Mapping[str, str] = choices_of(given)
    if question.kind == QuestionKind.SKILL:
        level = value["level"]
        missing = [labels.get(level, level)] if level and level not in known else []
        return ({**value, "level": ""} if missing else value), missing
    chosen = value if isinstance(value, list) else [value]
    missing = [labels.get(one, str(one)) for one in chosen if one not in known]
    kept = [one for one in chosen if one in known]
    return (kept if isinstance(value, list) else kept[0] if kept else None), missing


def _limit(item: FormItem, value: Any, before: int | None) -> list[str]:
    if not item.max_words:
        return []
    words = word_count(item.question, value)
    if words > item.max_words:
        over = words - item.max_words
        return [f"The limit is {item.max_words} words: yours has {words}, so {over} have to go before you submit"]
    if before and before != item.max_words:
        return [f"The limit was {before} words and is {item.max_words} now"]
    return []


def shown(question: Question, value: Any) -> str:
    """Write an answer for the page that lists what could be carried."""
    return value["name"] if question.kind == QuestionKind.FILE else display(question, value)

"""Five made-up people who fill in any form, each in a way that finds other faults."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from applications.queries.faults import most_links
from questions.models import FormItem, Question
from questions.states import QuestionKind

WORDS = ["I", "measured", "it", "twice", "and", "wrote", "down", "what", "I", "expected", "before", "each", "run", "."]
FAR_WORDS = ["Ик-ми́р", "été", "naïve", "שלום", "مرحبا", "研究", "Ünïcödé", "👩🏽\u200d🔬", "Ω"]
LONGEST_SAMPLE = 2000


@dataclass(frozen=True)
class Persona:
    """One made-up person: how many words, which choices, whether optional questions are answered at all."""

    key: str
    name: str
    about: str
    answers_optional: bool
    words: tuple[str, ...]
    fills_limit: bool
    choose: Callable[[list[str], int, int], list[str]]
    n_links: Callable[[int, int], int]


def _first(values: list[str], fewest: int, most: int) -> list[str]:
    return values[: max(1, fewest)]


def _last(values: list[str], fewest: int, most: int) -> list[str]:
    return values[-max(1, fewest) :]


def _all(values: list[str], fewest: int, most: int) -> list[str]:
    return values[:most]


def _few(fewest: int, most: int) -> int:
    return max(1, fewest)


def _most(fewest: int, most: int) -> int:
    return most


PERSONAS = (
    Persona("brief", "Ada Example", "answers all, in a few words", True, tuple(WORDS), False, _first, _few),
    Persona("needed", "Bo Sample", "answers only what is needed", False, tuple(WORDS), False, _first, _few),
    Persona(
        "full",
        "Chidi Specimen",
        "writes up to every limit and ticks all",
        True,
        tuple(WORDS),
        True,
        _all,
        _most,
    ),
    Persona("far", "Dînâ שם Przykład", "writes in many scripts", True, tuple(FAR_WORDS), False, _last, _few),
    Persona("other", "Eli Probe", "always takes the last choice", True, tuple(WORDS), False, _last, _few),
)


def persona(key: str) -> Persona:
    """Return the persona with this key, else the first."""
    return next((one for one in PERSONAS if one.key == key), PERSONAS[0])


def posted(item: FormItem, person: Persona) -> list[str]:
    """Return what this person's browser would post for a question."""
    if not item.required and not person.answers_optional:
        return []
    return _POSTED[QuestionKind(item.question.kind)](item, person)


def _text(item: FormItem, person: Persona) -> list[str]:
    most = item.max_words or 20
    n = most if person.fills_limit else min(most, len(person.words))
    words = [person.words[index % len(person.words)] for index in range(n)]
    if item.question.kind == QuestionKind.LONG_TEXT and n > 4:
        return [f"{' '.join(words[: n // 2])}\r\n\r\n{' '.join(words[n // 2 :])}"]
    return [" ".join(words)]


def _chosen(item: FormItem, person: Persona) -> list[str]:
    values = [choice["value"] for choice in item.question.choices]
    most = 1 if item.question.kind == QuestionKind.CHOICE else item.question.at_most or len(values)
    return person.choose(values, item.question.at_least, most)[:most]


def _yes_no(item: FormItem, person: Persona) -> list[str]:
    return person.choose(["yes", "no"], 0, 1)[:1]


def _links(item: FormItem, person: Persona) -> list[str]:
    n = person.n_links(item.question.at_least, most_links(item.question))
    return [box for number in range(n) for box in (f"https://example.org/work/{number}", " ".join(person.words[:9]))]


def _skill(item: FormItem, person: Persona) -> list[str]:
    return [_level(item.question, person), " ".join(person.words), "https://example.org/run"]


def _level(question: Question, person: Persona) -> str:
    return person.choose([choice["value"] for choice in question.choices], 0, 1)[0]


def _fixed(*values: str) -> Callable[[FormItem, Persona], list[str]]:
    def answer(item: FormItem, person: Persona) -> list[str]:
        return list(values)

    return answer


_POSTED: dict[QuestionKind, Callable[[FormItem, Persona], Any]] = {
    QuestionKind.SHORT_TEXT: _text,
    QuestionKind.LONG_TEXT: _text,
    QuestionKind.CHOICE: _chosen,
    QuestionKind.MULTI_CHOICE: _chosen,
    QuestionKind.ONE_OR_MORE: _chosen,
    QuestionKind.YES_NO: _yes_no,
    QuestionKind.NUMBER: _fixed("7"),
    QuestionKind.DATE: _fixed("2026-09-28"),
    QuestionKind.LINKS: _links,
    QuestionKind.CONSENT: _fixed("yes"),
    QuestionKind.ACKNOWLEDGEMENT: _fixed("yes"),
    QuestionKind.SKILL: _skill,
    QuestionKind.FILE: _fixed(),
    QuestionKind.AVAILABILITY: _fixed("2026-09-28", "2026-12-04", "40", "Away for one day."),
}

"""The track finder: a few questions whose answers suggest tracks. Nothing is stored, and nobody reads the answers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from streams.models import Cycle
from streams.queries.tracks import TrackRow, track_rows

#: The value of the answer that every question has.
NO_LEANING = "open"
#: Suggestions shown at most; those with the same weight as the last one are shown too.
SHOWN = 2


@dataclass(frozen=True)
class Option:
    """One answer: the tracks it speaks for, and why."""

    value: str
    label: str
    tracks: tuple[str, ...]
    because: str


@dataclass(frozen=True)
class FinderQuestion:
    """One short page of the finder."""

    key: str
    text: str
    weight: int
    options: tuple[Option, ...]


def finder_questions(cycle: Cycle) -> list[FinderQuestion]:
    """Return the cycle's questions; to each belongs the answer that speaks for nothing."""
    none = Option(NO_LEANING, "None of these, or I do not know", (), "")
    return [
        FinderQuestion(
            one["key"],
            one["text"],
            one["weight"],
            (
                *(Option(o["value"], o["label"], tuple(o["tracks"]), o["because"]) for o in one["options"]),
                none,
            ),
        )
        for one in cycle.finder
    ]


@dataclass(frozen=True)
class Suggestion:
    """A track with the answers that speak for it."""

    track: TrackRow
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class FinderPage:
    """The next question, or the suggestions once all are answered."""

    number: int
    total: int
    question: FinderQuestion | None
    given: tuple[tuple[str, str], ...]
    suggestions: tuple[Suggestion, ...]
    back_query: str


def finder_page(cycle: Cycle, answers: Mapping[str, str]) -> FinderPage:
    """Return what comes after ``answers``; what is no answer to a question is asked again."""
    given: list[tuple[FinderQuestion, Option]] = []
    waiting = None
    questions = finder_questions(cycle)
    for question in questions:
        option = next((one for one in question.options if one.value == answers.get(question.key)), None)
        if option is None:
            waiting = question
            break
        given.append((question, option))
    pairs = tuple((question.key, option.value) for question, option in given)
    suggestions = () if waiting else _suggestions(cycle, given)
    return FinderPage(len(given) + 1, len(questions), waiting, pairs, suggestions, urlencode(pairs[:-1]))


def _suggestions(cycle: Cycle, given: list[tuple[FinderQuestion, Option]]) -> tuple[Suggestion, ...]:
    weights: Counter[str] = Counter()
    for question, option in given:
        for slug in option.tracks:
            weights[slug] += question.weight
    rows = {row.slug: row for row in track_rows(cycle)}
    ranked = sorted(
        (slug for slug in weights if slug in rows), key=lambda slug: (-weights[slug], list(rows).index(slug))
    )
    if not ranked:
        return ()
    least = weights[ranked[:SHOWN][-1]]
    return tuple(
        Suggestion(rows[slug], tuple(option.because for _, option in given if slug in option.tracks))
        for slug in ranked
        if weights[slug] >= max(least, 2)
    )

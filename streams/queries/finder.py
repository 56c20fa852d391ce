"""The track finder: five questions whose answers suggest tracks. Nothing is stored, and nobody reads the answers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from streams.models import Cycle
from streams.queries.tracks import TrackRow, track_rows

EMPIRICAL, THEORY, STRATEGY = "empirical", "theory", "strategy-forecasting"
POLICY, SECURITY, BIO, FOUNDING = "policy-governance", "systems-security", "biosecurity", "founding-field-building"
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
    options: tuple[Option, ...]


NO_LEANING = Option("open", "None of these, or I do not know", (), "")
QUESTIONS = (
    FinderQuestion(
        "work",
        "What do you mainly do now, or want to do?",
        (
            Option("ml", "ML engineering: train, run and measure models", (EMPIRICAL,), "you work on models hands-on"),
            Option("maths", "Mathematics, proofs, formal models", (THEORY,), "you work with formal arguments"),
            Option("security", "Security of systems and networks", (SECURITY,), "you work on security"),
            Option("life", "Biology, medicine or public health", (BIO,), "you know the life sciences"),
            Option("public", "Law, policy, economics or social science", (POLICY, STRATEGY), "you know institutions"),
            Option("build", "Found, run or grow organisations", (FOUNDING,), "you build organisations"),
            NO_LEANING,
        ),
    ),
    FinderQuestion(
        "result",
        "Which result would please you most after ten weeks?",
        (
            Option("experiment", "An experiment that settles a question", (EMPIRICAL, BIO), "you want an experiment"),
            Option("proof", "A proof or a precise model", (THEORY,), "you want a precise argument"),
            Option("brief", "A proposal that somebody in office can use", (POLICY,), "you want a usable proposal"),
            Option("forecast", "A forecast or scenario that others can check", (STRATEGY,), "you want a forecast"),
            Option("defence", "A defence, or an attack that shows what is missing", (SECURITY,), "you want a defence"),
            Option(
                "venture", "A project or organisation that goes on without you", (FOUNDING,), "you want to start one"
            ),
            NO_LEANING,
        ),
    ),
    FinderQuestion(
        "day",
        "How would you rather spend a day?",
        (
            Option("code", "Writing and running code", (EMPIRICAL, SECURITY), "you like a day of code"),
            Option("paper", "With pencil and paper", (THEORY,), "you like pencil and paper"),
            Option("read", "Reading, asking experts, writing", (POLICY, STRATEGY), "you like reading and writing"),
            Option("people", "Bringing people together", (FOUNDING, POLICY), "you like work with people"),
            NO_LEANING,
        ),
    ),
    FinderQuestion(
        "danger",
        "Which danger do you think about most?",
        (
            Option(
                "models", "Models that hide what they can do or want", (EMPIRICAL, THEORY), "you think about models"
            ),
            Option("misuse", "Misuse for biological harm", (BIO,), "you think about biological harm"),
            Option(
                "break", "Systems that are stolen, broken into or misused", (SECURITY,), "you think about break-ins"
            ),
            Option(
                "race", "States and companies that race or fail to agree", (POLICY, STRATEGY), "you think about states"
            ),
            Option("few", "Too few people and places that work on it", (FOUNDING,), "you see too few at work"),
            NO_LEANING,
        ),
    ),
    FinderQuestion(
        "python",
        "How much do you program?",
        (
            Option("daily", "Every day", (EMPIRICAL, SECURITY), "you program every day"),
            Option("some", "Now and then", (BIO, THEORY, STRATEGY), "you program now and then"),
            Option("no", "Hardly at all", (POLICY, FOUNDING), "you hardly program"),
            NO_LEANING,
        ),
    ),
)


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
    for question in QUESTIONS:
        option = next((one for one in question.options if one.value == answers.get(question.key)), None)
        if option is None:
            waiting = question
            break
        given.append((question, option))
    pairs = tuple((question.key, option.value) for question, option in given)
    suggestions = () if waiting else _suggestions(cycle, [option for _, option in given])
    return FinderPage(len(given) + 1, len(QUESTIONS), waiting, pairs, suggestions, urlencode(pairs[:-1]))


def _suggestions(cycle: Cycle, options: list[Option]) -> tuple[Suggestion, ...]:
    # What one does now weighs twice: it is the answer that people are surest of.
    weights: Counter[str] = Counter()
    for position, option in enumerate(options):
        for slug in option.tracks:
            weights[slug] += 2 if position == 0 else 1
    rows = {row.slug: row for row in track_rows(cycle)}
    ranked = sorted(
        (slug for slug in weights if slug in rows), key=lambda slug: (-weights[slug], list(rows).index(slug))
    )
    if not ranked:
        return ()
    least = weights[ranked[:SHOWN][-1]]
    return tuple(
        Suggestion(rows[slug], tuple(option.because for option in options if slug in option.tracks))
        for slug in ranked
        if weights[slug] >= max(least, 2)
    )

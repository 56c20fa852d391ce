"""What a referee is asked, and what they have typed and sent. Nothing here is for the applicant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from applications.models import Letter, LetterAnswer, Reference
from applications.queries.fields import AnswerField, Conflict
from applications.states import ReferenceState

LONGEST = 20_000


@dataclass(frozen=True)
class LetterQuestion:
    """One field of the reference form. ``number`` is its place on the page and its name in the page's form."""

    number: int
    code: str
    label: str
    help: str = ""
    max_words: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False

    @property
    def name(self) -> str:
        """The name under which the page posts it."""
        return f"answer-{self.number}"

    def display(self, value: str) -> str:
        """Write an answer as its reader reads it."""
        return dict(self.choices).get(value, value)


KNOWN_AS = (
    ("supervised", "I supervised or managed them"),
    ("taught", "I taught them"),
    ("worked", "We worked on something together"),
    ("mentored", "I mentored or advised them"),
    ("other", "In another way (say how in your text)"),
)
LEVELS = (
    ("1", "Among the strongest 5 of 100"),
    ("2", "Among the strongest 20 of 100"),
    ("3", "In the upper half"),
    ("4", "In the lower half"),
    ("0", "I cannot compare"),
)
PROMPTS = ("saw", "strength", "support")
QUESTIONS = (
    LetterQuestion(1, "known_as", "How do you know this person?", choices=KNOWN_AS, required=True),
    LetterQuestion(
        2,
        "saw",
        "What did you see them do yourself?",
        "One or two things they made, found out or carried through, and what their part was.",
        250,
    ),
    LetterQuestion(
        3, "strength", "What are they unusually good at in their work?", "Say what you base it on, if you can.", 250
    ),
    LetterQuestion(
        4,
        "support",
        "Where would they gain most from a mentor?",
        "This helps mentors to help; it is not held against the person.",
        250,
    ),
    LetterQuestion(
        5,
        "letter",
        "Or paste a letter",
        "Instead of the three questions above. Line breaks are kept, and a letter written for another purpose will do.",
        1500,
    ),
    LetterQuestion(6, "compare_research", "Next to others at the same stage: research or analysis", choices=LEVELS),
    LetterQuestion(7, "compare_follow", "Next to others at the same stage: finishing what they begin", choices=LEVELS),
)
BY_CODE = {question.code: question for question in QUESTIONS}
BY_NAME = {question.name: question for question in QUESTIONS}
#: Written in 5 to 10 minutes; the number that the first page states.
MINUTES = 10


@dataclass(frozen=True)
class Draft:
    """What is typed so far, by code."""

    answers: dict[str, LetterAnswer]

    def value(self, code: str) -> str:
        """Return the text of one field."""
        return self.answers[code].value if code in self.answers else ""

    def version(self, code: str) -> int:
        """Return the version of one field; 0 while nothing was typed."""
        return self.answers[code].version if code in self.answers else 0

    @property
    def saved_at(self) -> datetime | None:
        """When something was last saved."""
        return max((one.saved_at for one in self.answers.values()), default=None)

    @property
    def problems(self) -> dict[str, str]:
        """What stands against sending it: a sentence by code."""
        found = {}
        for question in QUESTIONS:
            words = len(self.value(question.code).split())
            if question.max_words and words > question.max_words:
                over = words - question.max_words
                found[question.code] = f"Shorten this text: it is {over} words over the limit of {question.max_words}"
        if not self.value("known_as"):
            found["known_as"] = "Choose how you know this person"
        if not self.value("letter").strip():
            for code in PROMPTS:
                if not self.value(code).strip():
                    found.setdefault(code, "Answer this question, or paste a letter instead")
        return found

    def content(self) -> list[dict[str, str]]:
        """Return the letter as it is kept: what was answered, in the order of the form."""
        return [
            {"code": one.code, "question": one.label, "display": one.display(self.value(one.code))}
            for one in QUESTIONS
            if self.value(one.code).strip()
        ]


def draft_of(reference: Reference) -> Draft:
    """Return what the referee has typed so far."""
    return Draft({one.code: one for one in LetterAnswer.objects.filter(reference=reference)})


def letter_field(question: LetterQuestion, draft: Draft, *, shows_problem: bool = False, **changes: Any) -> AnswerField:
    """Return one field of the page; ``changes`` replaces what is stored by what was typed."""
    field = AnswerField(
        id=question.number,
        name=question.name,
        label=question.label,
        help=question.help,
        kind="choice" if question.choices else "long_text",
        value=draft.value(question.code),
        values=[],
        choices=[{"value": value, "label": label} for value, label in question.choices],
        required=question.required or question.code in PROMPTS,
        max_words=question.max_words,
        version=draft.version(question.code),
        read_by="",
        error=draft.problems.get(question.code, "") if shows_problem else "",
    )
    return replace(field, **changes)


def conflict_between(question: LetterQuestion, saved: LetterAnswer, mine: str, saved_at: str) -> Conflict:
    """Return both copies of one field, as the page shows them."""
    return Conflict(question.number, question.display(saved.value), question.display(mine), saved_at, saved.version)


@dataclass(frozen=True)
class LetterToRead:
    """One reference as somebody who may read it does."""

    name: str
    relation: str
    access_waived: bool
    submitted_at: datetime
    lines: tuple[tuple[str, str], ...]


def letters_by_reference(references: Iterable[Reference]) -> dict[int, LetterToRead]:
    """Return the newest letter of each of these references that was sent, by the reference's key.

    Callers decide who may read: staff; mentors and reviewers by the rules of their own apps, in their own queries.
    """
    rows = {one.pk: one for one in references if one.state == ReferenceState.SUBMITTED}
    newest = Letter.objects.filter(reference__in=rows).order_by("reference_id", "-submitted_at", "-pk")
    return {
        letter.reference_id: LetterToRead(
            name=rows[letter.reference_id].name,
            relation=rows[letter.reference_id].relation,
            access_waived=rows[letter.reference_id].access_waived,
            submitted_at=letter.submitted_at,
            lines=tuple((line["question"], line["display"]) for line in letter.content),
        )
        for letter in newest.distinct("reference_id")
    }


def letters_about(application_id: int) -> list[LetterToRead]:
    """Return every letter that was sent about one application (a primary key), oldest first; see above who may ask."""
    return letters_of(Reference.objects.filter(application_id=application_id, state=ReferenceState.SUBMITTED))


def letters_of(references: Iterable[Reference]) -> list[LetterToRead]:
    """Return the same as a list, oldest first."""
    return sorted(letters_by_reference(references).values(), key=lambda one: one.submitted_at)

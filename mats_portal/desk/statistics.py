"""Who applies, in numbers: what was answered to the questions with choices, counted and in groups.

Answers for statistics only and special needs are not among them: what is asked under a promise of its own is counted
elsewhere or not at all.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.queries import is_staff
from applications.models import Answer
from applications.states import AnswerScope, ApplicationState
from questions.models import FormItem, Question
from questions.states import WITH_CHOICES, DataClass, FormState, QuestionKind
from streams.models import Cycle

COUNTED_CLASSES = (DataClass.NONE, DataClass.INSTITUTION, DataClass.LOGISTICS)
#: Who does not work with the files reads no number of people below this.
FEW = 5
#: Different words of their own that are listed, the most frequent first.
LISTED = 200
S = ApplicationState
#: What people have been told when they came past the screen; a decision that is not released counts nothing.
PAST_SCREEN = (S.STAGE2, S.UNDER_REVIEW, S.FINAL, S.OFFERED, S.ACCEPTED)


@dataclass(frozen=True)
class FigureRow:
    """How many people chose one answer: of those who handed in, and of those who came past the screen."""

    label: str
    handed_in: int | str
    went_on: int | str


@dataclass(frozen=True)
class FigureGroup:
    """Answers that belong together; its own row counts each person once, however many of its answers they chose."""

    total: FigureRow
    rows: list[FigureRow]


@dataclass(frozen=True)
class QuestionFigures:
    """One question with choices. ``own_words`` are (text, people), as they were typed but for capitals and spaces."""

    code: str
    text: str
    answered: FigureRow
    groups: list[FigureGroup]
    own_words: list[tuple[str, int]]
    is_several: bool

    @property
    def bars(self) -> list[tuple[str, int]]:
        """What the plot draws: each answer with the people who handed in; hidden numbers are no bars."""
        return [
            (row.label, row.handed_in if isinstance(row.handed_in, int) else 0)
            for group in self.groups
            for row in group.rows
        ]


def who_applies(cycle: Cycle, user: Any) -> list[QuestionFigures]:
    """Return the figures of the general form's questions with choices, in a fixed number of queries."""
    items = list(_items(cycle))
    asked = [item.question for item in items if item.question.kind in WITH_CHOICES]
    handed_in = _handed_in(cycle)
    found: dict[int, list[tuple[Any, int, int]]] = {question.pk: [] for question in asked}
    counted = handed_in.filter(question__in=asked).values_list("question", "value")
    for key, value, n, n_on in counted.annotate(
        n=Count("pk"), n_on=Count("pk", filter=Q(application__released_state__in=PAST_SCREEN))
    ).order_by():
        found[key].append((value, n, n_on))
    exact = is_staff(user)
    words = _own_words(items, handed_in) if exact else {}
    return [_figures(question, found[question.pk], words.get(question.code, []), exact=exact) for question in asked]


def _items(cycle: Cycle) -> QuerySet[FormItem]:
    items = FormItem.objects.filter(version__form_id=cycle.general_form_id, version__state=FormState.PUBLISHED)
    items = items.filter(question__data_class__in=COUNTED_CLASSES)
    return items.select_related("question").order_by("order")


def _handed_in(cycle: Cycle) -> QuerySet[Answer]:
    answers = Answer.objects.filter(
        application__cycle=cycle, application__submitted_at__isnull=False, scope=AnswerScope.GENERAL
    )
    return answers.exclude(application__internal_state=S.DRAFT).exclude(value=None)


def _own_words(items: Iterable[FormItem], handed_in: QuerySet[Answer]) -> dict[str, list[tuple[str, int]]]:
    """Return what people typed where a line of text follows a choice, by the code of the question of the choice."""
    lines = {
        item.question_id: item.visible_if
        for item in items
        if item.visible_if and item.question.kind == QuestionKind.SHORT_TEXT
    }
    typed: dict[str, Counter[str]] = {shown["question"]: Counter() for shown in lines.values()}
    as_typed: dict[str, str] = {}
    asked = Q(pk=None)
    for key, shown in lines.items():
        # What was typed before another choice was made is kept for the person, and is no answer any more.
        chosen = Q(*[("value__contains", value) for value in shown["in"]], _connector=Q.OR)
        others = Answer.objects.filter(
            chosen, application=OuterRef("application"), scope=AnswerScope.GENERAL, question__code=shown["question"]
        )
        asked |= Q(Exists(others), question=key)
    for key, value, n in handed_in.filter(asked).values_list("question", "value").annotate(n=Count("pk")).order_by():
        words = " ".join(str(value).split())
        if words:
            as_typed.setdefault(words.casefold(), words)
            typed[lines[key]["question"]][words.casefold()] += n
    return {
        code: sorted(((as_typed[key], n) for key, n in counter.items()), key=lambda one: (-one[1], one[0]))[:LISTED]
        for code, counter in typed.items()
    }


def _figures(
    question: Question, found: list[tuple[Any, int, int]], own_words: list[tuple[str, int]], *, exact: bool
) -> QuestionFigures:
    def row(label: str, values: set[str]) -> FigureRow:
        chosen = [(n, n_on) for value, n, n_on in found if values & set(value if isinstance(value, list) else [value])]
        return FigureRow(
            label,
            _shown(sum(n for n, _ in chosen), exact=exact),
            _shown(sum(n_on for _, n_on in chosen), exact=exact),
        )

    groups: dict[str, list[dict[str, str]]] = {}
    for choice in question.choices:
        groups.setdefault(choice.get("group", ""), []).append(choice)
    return QuestionFigures(
        code=question.code,
        text=question.text,
        answered=row("Answered", {choice["value"] for choice in question.choices}),
        groups=[
            FigureGroup(
                row(title, {choice["value"] for choice in choices}),
                [row(choice["label"], {choice["value"]}) for choice in choices],
            )
            for title, choices in groups.items()
        ],
        own_words=own_words,
        is_several=question.kind != QuestionKind.CHOICE,
    )


def _shown(n: int, *, exact: bool) -> int | str:
    return n if exact or n == 0 or n >= FEW else f"fewer than {FEW}"

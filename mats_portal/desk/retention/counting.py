"""What is kept of answers for statistics: numbers of ten and more, in which nobody can be found again."""

from collections import Counter
from typing import Any

from applications.models import Answer, Application
from applications.states import ApplicationState
from mats_portal.desk.models import StatisticCount
from questions.models import Question
from questions.states import DataClass, QuestionKind
from streams.models import Cycle

#: A smaller number says something about people.
SMALLEST = 10
COUNTED = {QuestionKind.CHOICE, QuestionKind.MULTI_CHOICE, QuestionKind.YES_NO}


def suppressed(counts: dict[str, int]) -> dict[str, int | None]:
    """Hide every number below ten; where that hides a single one, the next smallest too: no sum gives it away."""
    shown: dict[str, int | None] = {value: n if n >= SMALLEST else None for value, n in counts.items()}
    if sum(n is None for n in shown.values()) == 1:
        rest = {value: n for value, n in shown.items() if n is not None}
        if rest:
            shown[min(rest, key=lambda value: (rest[value], value))] = None
    return shown


def count_answers(cycle: Cycle) -> int:
    """Store the numbers of a cycle once, before the answers go. Returns how many rows; a second call adds none.

    Answers in own words are not counted: they go without a trace.
    """
    if StatisticCount.objects.filter(cycle=cycle).exists():
        return 0
    counts: dict[tuple[int, str], Counter[str]] = {}
    questions: dict[int, Question] = {}
    answers = Answer.objects.filter(
        application__cycle=cycle,
        application__submitted_at__isnull=False,
        question__data_class=DataClass.DEMOGRAPHIC,
        question__kind__in=sorted(COUNTED),
    ).select_related("question", "application")
    for answer in answers.order_by("pk").iterator(chunk_size=1000):
        questions[answer.question_id] = answer.question
        for stage in _stages(answer.application):
            counts.setdefault((answer.question_id, stage), Counter()).update(_values(answer.value))
    rows = [
        StatisticCount(cycle=cycle, question=questions[pk], stage=stage, value=label_of(questions[pk], value), n=n)
        for (pk, stage), found in counts.items()
        for value, n in suppressed(_with_all(questions[pk], found)).items()
    ]
    StatisticCount.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _stages(application: Application) -> list[str]:
    accepted = application.released_state == ApplicationState.ACCEPTED
    return ["applied", "accepted"] if accepted else ["applied"]


def _values(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(one)[:100] for one in value] if isinstance(value, list) else [str(value)[:100]] if value else []


def _with_all(question: Question, found: Counter[str]) -> dict[str, int]:
    """Every offered answer has a row, chosen or not: an absent one must not tell that it was nobody's."""
    return {**{str(choice["value"])[:100]: 0 for choice in question.choices or []}, **found}


def label_of(question: Question, value: str) -> str:
    """Return an answer as it was offered."""
    labels = {str(choice["value"]): str(choice["label"]) for choice in question.choices or []}
    return labels.get(value, value)[:100]

"""What an applicant does with an evaluation: hand it in, take it back while there is time."""

from typing import Any

from django.db import transaction

from applications.domain.guards import check_not_past, check_task_is_open, check_task_window
from applications.domain.snapshots import take_snapshot
from applications.domain.values import tidy_text
from applications.models import AnswerSnapshot, EvaluationAssignment
from applications.queries.earlier import earlier_work
from applications.queries.sheets import Part, evaluation_place, handed_in, parts
from applications.queries.snapshots import latest_snapshot
from applications.queries.task_windows import writing_time
from applications.states import AnswerScope, EvaluationState
from core import clock, outbox
from core.deadlines import written
from core.refusals import Refused
from core.transitions import locked, transition

STATEMENT_CODE = "ai_statement"


@transaction.atomic
def submit_evaluation(*, assignment: EvaluationAssignment, by: Any, ai_statement: str = "") -> EvaluationAssignment:
    """Hand in an evaluation with the statement on AI tools; pressing twice is one submission.

    Raises ``Refused`` outside its time, while an answer is missing, or without the statement where one is required.
    """
    row = locked_in_window(assignment)
    if row.state == EvaluationState.SUBMITTED:
        return row
    check_task_is_open(row)
    if row.definition.is_external:
        raise Refused("This test is done at its provider.")
    place = evaluation_place(row)
    sections = parts(row.application, [place])[place]
    problems = [asked.problem for part in sections for asked in part.problems]
    if problems:
        raise Refused(f"This task is not complete. {problems[0]}.")
    statement = tidy_text(ai_statement).strip() or row.ai_statement
    if row.definition.needs_statement and not statement:
        raise Refused("Say which AI tools you used and for what. Write “none” if you used none.")
    now = clock.arrival()
    row = transition(row, "submit", by=by, submitted_at=now, ai_statement=statement)
    keep_handed_in(row, sections)
    return row


def keep_handed_in(row: EvaluationAssignment, sections: list[Part]) -> AnswerSnapshot:
    """Store what was handed in, word for word, and tell its author. Call in the transaction of the move."""
    return _keep_snapshot(row, [*handed_in(sections), *_statement_section(row)])


def _keep_snapshot(row: EvaluationAssignment, content: list[dict[str, Any]]) -> AnswerSnapshot:
    now = row.submitted_at
    snapshot = take_snapshot(
        application=row.application,
        scope=AnswerScope.EVALUATION,
        scope_key=row.public_id,
        submitted_at=now,
        content=content,
    )
    outbox.enqueue(
        key=f"task-receipt:{row.public_id}:{snapshot.public_id}",
        to=row.application.person.email,
        person=row.application.person,
        template="applications/mail/task_received.txt",
        row=row,
        snapshot=snapshot,
        received=written(now, "UTC"),
    )
    return snapshot


def _statement_section(row: EvaluationAssignment) -> list[dict[str, Any]]:
    if not row.ai_statement and not (row.by_clock and row.definition.needs_statement):
        return []
    statement = row.ai_statement or "No statement was given before the time ended."
    return [
        {
            "title": "AI tools",
            "scope": AnswerScope.EVALUATION,
            "scope_key": row.public_id,
            "items": [
                {
                    "code": STATEMENT_CODE,
                    "question": "Which AI tools you used, and for what",
                    "kind": "long_text",
                    "data_class": "none",
                    "value": row.ai_statement,
                    "display": statement,
                }
            ],
        }
    ]


@transaction.atomic
def keep_statement(*, assignment: EvaluationAssignment, text: str) -> EvaluationAssignment:
    """Keep the statement on AI tools of a task that is not handed in yet."""
    row = locked_in_window(assignment)
    check_task_is_open(row)
    row.ai_statement = tidy_text(text)
    row.save(update_fields=["ai_statement"])
    return row


@transaction.atomic
def reopen_evaluation(*, assignment: EvaluationAssignment, by: Any) -> EvaluationAssignment:
    """Take a task back to change it; the version handed in counts until it is handed in again.

    Raises ``Refused`` after its deadline.
    """
    row = locked_in_window(assignment)
    if row.state == EvaluationState.ASSIGNED and row.submitted_at:
        return row
    if row.definition.is_timed:
        raise Refused("A task with a clock is handed in once.")
    check_not_past(writing_time(row).closes)
    return transition(row, "reopen", by=by)


def locked_in_window(assignment: EvaluationAssignment) -> EvaluationAssignment:
    """Return the assignment and its application locked. Raises ``Refused`` outside the time in which it is written."""
    application = locked(assignment.application, "cycle", "person")
    row = locked(assignment, "definition")
    row.application = application
    check_task_window(row)
    return row


@transaction.atomic
def reuse_evaluation(*, assignment: EvaluationAssignment, by: Any) -> EvaluationAssignment:
    """Let the work of an earlier cycle count again, word for word. Raises ``Refused`` where there is none that may."""
    row = locked_in_window(assignment)
    if row.state == EvaluationState.SUBMITTED and row.reused_from_id:
        return row
    earlier = earlier_work(row)
    kept = latest_snapshot(earlier.application, AnswerScope.EVALUATION, earlier.public_id) if earlier else None
    if earlier is None or kept is None:
        raise Refused("There is no earlier work of this task that may count again.")
    now = clock.arrival()
    row = transition(
        row, "reuse", by=by, submitted_at=now, ai_statement=earlier.ai_statement, reused_from_id=earlier.pk
    )
    content = [{**section, "scope_key": row.public_id} for section in kept.content]
    _keep_snapshot(row, content)
    return row

"""What an applicant does with an evaluation: hand it in, take it back while there is time."""

from typing import Any

from django.db import transaction

from applications.domain.guards import check_before_official_close, check_in_stage2, check_stage2_window
from applications.domain.snapshots import take_snapshot
from applications.domain.values import tidy_text
from applications.models import EvaluationAssignment
from applications.queries.sheets import evaluation_place, handed_in, parts
from applications.states import AiPolicy, AnswerScope, EvaluationState
from core import clock, outbox
from core.deadlines import written
from core.refusals import Refused
from core.transitions import locked, transition

STATEMENT_CODE = "ai_statement"


@transaction.atomic
def submit_evaluation(*, assignment: EvaluationAssignment, by: Any, ai_statement: str = "") -> EvaluationAssignment:
    """Hand in an evaluation with the statement on AI tools; pressing twice is one submission.

    Raises ``Refused`` outside stage 2, while an answer is missing, or without the statement where one is required.
    """
    row = _locked_in_window(assignment)
    if row.state == EvaluationState.SUBMITTED:
        return row
    if row.state != EvaluationState.ASSIGNED:
        raise Refused("This task can no longer be handed in.")
    place = evaluation_place(row)
    sections = parts(row.application, [place])[place]
    problems = [asked.problem for part in sections for asked in part.problems]
    if problems:
        raise Refused(f"This task is not complete. {problems[0]}.")
    statement = tidy_text(ai_statement).strip() or row.ai_statement
    if row.definition.ai_policy == AiPolicy.ALLOWED_DISCLOSE and not statement:
        raise Refused("Say which AI tools you used and for what. Write “none” if you used none.")
    now = clock.arrival()
    row = transition(row, "submit", by=by, submitted_at=now, ai_statement=statement)
    snapshot = take_snapshot(
        application=row.application,
        scope=AnswerScope.EVALUATION,
        scope_key=row.public_id,
        submitted_at=now,
        content=[*handed_in(sections), *_statement_section(row)],
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
    return row


def _statement_section(row: EvaluationAssignment) -> list[dict[str, Any]]:
    if not row.ai_statement:
        return []
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
                    "display": row.ai_statement,
                }
            ],
        }
    ]


@transaction.atomic
def keep_statement(*, assignment: EvaluationAssignment, text: str) -> EvaluationAssignment:
    """Keep the statement on AI tools of a task that is not handed in yet."""
    row = _locked_in_window(assignment)
    if row.state != EvaluationState.ASSIGNED:
        raise Refused("This task is handed in. Reopen it to change something.")
    row.ai_statement = tidy_text(text)
    row.save(update_fields=["ai_statement"])
    return row


@transaction.atomic
def reopen_evaluation(*, assignment: EvaluationAssignment, by: Any) -> EvaluationAssignment:
    """Take a task back to change it; the version handed in counts until it is handed in again.

    Raises ``Refused`` after the published deadline of stage 2.
    """
    row = _locked_in_window(assignment)
    if row.state == EvaluationState.ASSIGNED and row.submitted_at:
        return row
    check_before_official_close(row.application, "stage2_closes")
    return transition(row, "reopen", by=by)


def _locked_in_window(assignment: EvaluationAssignment) -> EvaluationAssignment:
    application = locked(assignment.application, "cycle", "person")
    row = locked(assignment, "definition")
    row.application = application
    check_in_stage2(application)
    check_stage2_window(application)
    return row

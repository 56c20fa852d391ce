"""Tasks with a clock. The server's clock alone counts: it starts once, and lost connections do not stop it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from applications.domain.evaluations import keep_handed_in, locked_in_window
from applications.models import Accommodation, EvaluationAssignment
from applications.queries.sheets import evaluation_place, parts
from applications.queries.task_windows import writing_time
from applications.queries.timed import last_start, time_for
from applications.states import EvaluationState
from core import audit, clock
from core.deadlines import written
from core.refusals import Refused
from core.transitions import locked, transition


@transaction.atomic
def start_evaluation(*, assignment: EvaluationAssignment, by: Any) -> EvaluationAssignment:
    """Start the clock of a timed task; pressing twice starts it once.

    Raises ``Refused`` for a task without a clock, after its last start, or while another clock runs.
    """
    row = locked_in_window(assignment)
    if row.state == EvaluationState.STARTED:
        return row
    if not row.definition.is_timed:
        raise Refused("This task has no clock. Write it whenever you like.")
    if row.state != EvaluationState.ASSIGNED:
        raise Refused("This task can no longer be started.")
    running = row.application.evaluation_assignments.filter(state=EvaluationState.STARTED).select_related("definition")
    if other := running.first():
        raise Refused(f"The clock of “{other.definition.title}” is running. Hand that in first.")
    now, time = clock.arrival(), time_for(row)
    last = last_start(row, writing_time(row))
    if now > last:
        raise Refused(f"This task could be started until {written(last, 'UTC')}.")
    return transition(row, "start", by=by, started_at=now, ends_at=now + time)


@transaction.atomic
def end_timed_task(*, assignment: EvaluationAssignment, by: Any = None) -> EvaluationAssignment:
    """Hand in what was saved of a task whose time is over; with nothing saved it expires. Safe to run twice."""
    application = locked(assignment.application, "cycle", "person")
    row = locked(assignment, "definition")
    row.application = application
    if row.state != EvaluationState.STARTED:
        return row
    if clock.now() < row.ends_at:
        raise Refused("The time of this task is not over.")
    place = evaluation_place(row)
    sections = parts(application, [place])[place]
    if not any(part.is_started for part in sections):
        return transition(row, "expire", by=by)
    row = transition(row, "time_up", by=by, submitted_at=row.ends_at, by_clock=True)
    keep_handed_in(row, sections)
    return row


@transaction.atomic
def grant_time(*, person: Any, factor: Decimal, reason: str, by: Any) -> Accommodation:
    """Give a person more time on every timed task, a running one included. The record says who, never why.

    Raises ``Refused`` for a factor outside 1 to 4, or without a reason.
    """
    locked(person)
    if not Decimal(1) < factor <= Decimal(4):
        raise Refused("The factor is more than 1 and at most 4, such as 1.5.")
    if not reason.strip():
        raise Refused("Write down why, for those who have to answer for it.")
    person.accommodations.filter(ended_at=None).update(ended_at=clock.now())
    granted = Accommodation.objects.create(person=person, factor=factor, reason=reason.strip(), granted_by=by)
    audit.record("grant_time", granted, by=by)
    running = EvaluationAssignment.objects.filter(
        application__person=person, state=EvaluationState.STARTED, ends_at__gt=clock.now()
    )
    for row in running.select_related("definition", "application"):
        _stretch(locked(row, "definition"), factor)
    return granted


def _stretch(row: EvaluationAssignment, factor: Decimal) -> None:
    """Move the end of a running clock, never to an earlier moment."""
    ends_at = row.started_at + timedelta(minutes=float(row.definition.time_limit_minutes * factor))
    if ends_at > row.ends_at:
        row.ends_at = ends_at
        row.save(update_fields=["ends_at"])


@transaction.atomic
def end_accommodation(*, accommodation: Accommodation, by: Any) -> Accommodation:
    """End it for tasks that are not started yet."""
    row = locked(accommodation)
    if row.ended_at is None:
        row.ended_at = clock.now()
        row.save(update_fields=["ended_at"])
        audit.record("end_time", row, by=by)
    return row

"""What staff and leads settle about one task of one person: more time for it, or that it is not asked of them."""

from datetime import datetime
from typing import Any

from django.db import transaction

from applications.domain.timed import end_timed_task
from applications.models import Application, EvaluationAssignment, Excusal, TaskExtension
from applications.queries.calendar import dates_of, on
from applications.queries.task_windows import can_get_more_time, writing_time
from applications.states import ENDED, EvaluationState, TaskWindow
from core import audit, clock, outbox
from core.deadlines import Deadline
from core.refusals import Refused
from core.transitions import locked, transition

E = EvaluationState
#: The date of the cycle by which the work must be in, so that those who read it still can.
LATEST = {TaskWindow.STAGE2: "review_closes", TaskWindow.STREAM_STAGE: "rankings_close"}


@transaction.atomic
def extend_task(*, assignment: EvaluationAssignment, until: datetime, reason: str, by: Any) -> TaskExtension:
    """Give one person more time for one task; one that had expired is open again. The latest extension counts.

    Raises ``Refused`` without a reason, for work that is in, or for a time that is past or too late to be read.
    """
    application, row = _locked(assignment)
    reason = _reason(reason, "Write down why this person gets more time.")
    if row.definition.is_external:
        raise Refused("This test is done at its provider, which keeps its time.")
    if row.state not in {E.ASSIGNED, E.EXPIRED}:
        raise Refused(f"This task is “{row.get_state_display().lower()}”: more time would change nothing.")
    if not can_get_more_time(row):
        state = application.get_released_state_display().lower()
        raise Refused(f"This person reads “{state}” of their application: more time would change nothing.")
    published = dates_of(application.cycle)
    if until <= clock.now() or until <= published.deadline(row.window).closes_at:
        raise Refused("Choose a time that is still to come and after the published deadline.")
    latest = LATEST[TaskWindow(row.window)]
    if (instant := published.instant(latest)) is not None and until > instant:
        raise Refused(f"Choose a time up to {on(published, latest)}: later work could not be read any more.")
    row.extended_until = until
    row.save(update_fields=["extended_until"])
    granted = TaskExtension.objects.create(
        assignment=row, until=until, reason=reason, granted_by=by, granted_at=clock.now()
    )
    audit.record("extend_task", row, by=by, until=until.isoformat())
    if row.state == E.EXPIRED:
        # A clock that had run out over an empty task starts anew.
        row = transition(row, "revive", by=by, started_at=None, ends_at=None)
    _tell_of_time(application, row, granted)
    return granted


def _tell_of_time(application: Application, row: EvaluationAssignment, granted: TaskExtension) -> None:
    closes = writing_time(row).closes
    outbox.enqueue(
        key=f"task-extension:{granted.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/task_extension.txt",
        application=application,
        row=row,
        deadline=Deadline(closes.closes_at, closes.zone),
        own_time=closes.in_zone(application.person.timezone or "UTC"),
    )


@transaction.atomic
def excuse_task(*, assignment: EvaluationAssignment, reason: str, by: Any) -> EvaluationAssignment:
    """Take one task off a person: it counts as neither missing nor zero. Twice is once.

    Raises ``Refused`` without a reason, or once something was handed in: that counts.
    """
    application, row = _locked(assignment)
    if row.state == E.EXCUSED:
        return row
    reason = _reason(reason, "Write down why this person is excused.")
    if row.submitted_at:
        raise Refused("This task was handed in, and what was handed in counts.")
    if application.released_state in ENDED:
        raise Refused("This application has ended: nobody reads it any more.")
    row = transition(row, "excuse", by=by)
    given = Excusal.objects.create(assignment=row, reason=reason, given_by=by, given_at=clock.now())
    outbox.enqueue(
        key=f"task-excused:{given.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/task_excused.txt",
        application=application,
        row=row,
    )
    return row


@transaction.atomic
def ask_task_again(*, assignment: EvaluationAssignment, by: Any) -> EvaluationAssignment:
    """Take an excuse back: the task is to do while there is time for it, and has expired after that. Twice is once."""
    application, row = _locked(assignment)
    if row.state != E.EXCUSED:
        return row
    row.excusals.filter(ended_at=None).update(ended_at=clock.now(), ended_by=by)
    window = writing_time(row)
    # A test at a provider has no window: its score may come at any time.
    is_open = row.definition.is_external or window.is_open(application.released_state, clock.now())
    row = transition(row, "ask_again" if is_open else "end_late", by=by)
    if is_open and not row.definition.is_external:
        outbox.enqueue(
            key=f"task-asked-again:{row.public_id}:{clock.now():%Y%m%d%H%M%S%f}",
            to=application.person.email,
            person=application.person,
            template="applications/mail/task_asked_again.txt",
            application=application,
            row=row,
            deadline=window.closes,
        )
    return row


@transaction.atomic
def close_task(*, assignment: EvaluationAssignment, by: Any = None) -> EvaluationAssignment:
    """Settle one task whose own time is over: what was handed in before counts, else it expires. Safe to run twice.

    Raises ``Refused`` while it may still be written.
    """
    _, row = _locked(assignment)
    if row.state == E.STARTED:
        return end_timed_task(assignment=row, by=by)
    if row.state != E.ASSIGNED or row.definition.is_external:
        return row
    if writing_time(row).closes.takes(clock.now()):
        raise Refused("The time for this task is not over.")
    return transition(row, "fall_back" if row.submitted_at else "expire", by=by)


def _locked(assignment: EvaluationAssignment) -> tuple[Application, EvaluationAssignment]:
    """Lock the application, then its task: the order everywhere."""
    application = locked(assignment.application, "cycle", "person")
    row = locked(assignment, "definition")
    row.application = application
    return application, row


def _reason(text: str, missing: str) -> str:
    if not text.strip():
        raise Refused(missing)
    return text.strip()[:300]

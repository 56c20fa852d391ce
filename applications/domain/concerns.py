"""Raise a question about a submission, remind its author of it, and end it with the application."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from applications.domain.values import tidy_text
from applications.models import Application, CaseEvidence, EvaluationAssignment, IntegrityCase
from applications.queries.integrity import ZONE, end_of_day, live_case_of
from applications.states import (
    ENDED,
    LIVE_CASE,
    NOT_ALONE,
    ApplicationState,
    CaseState,
    EvaluationState,
    EvidenceKind,
)
from core import audit, clock, outbox
from core.deadlines import Deadline
from core.refusals import Refused
from core.states import MailClass
from core.transitions import locked, transition

A, E = ApplicationState, EvaluationState
#: The same words whatever the reason: a reader is not to learn of another's question.
NOT_READ_NOW = "This text is no longer being read. There is nothing to do."
DETECTOR_ALONE = (
    "The score of a detector alone is no evidence: such scores are wrong too often, most of all on mixed texts. "
    "Add what you saw yourself, or leave it."
)


class Seen(NamedTuple):
    """One thing that a concern rests on."""

    kind: str
    text: str


@transaction.atomic
def raise_concern(
    *, assignment: EvaluationAssignment, concern: str, evidence: Sequence[Seen], by: Any, note: str = ""
) -> IntegrityCase:
    """Ask the author of a submission about what was seen; grading waits until two others have decided.

    Raising it twice is one question. Raises ``Refused`` without evidence, on the score of a detector alone, or for
    what is not being read.
    """
    application = locked(assignment.application, "cycle", "person")
    row = locked(assignment, "definition")
    row.application = application
    present = live_case_of(row)
    if present is not None and present.raised_by_id == by.pk:
        return present
    if application.person_id == by.pk or row.state not in {E.SUBMITTED, E.GRADED}:
        raise Refused(NOT_READ_NOW)
    if application.released_state in ENDED | {A.OFFERED, A.ACCEPTED}:
        raise Refused(NOT_READ_NOW)
    seen = _sound(evidence)
    if not concern.strip():
        raise Refused("Write down what you saw. The person reads it.")
    now, cycle = clock.now(), application.cycle
    reply_by = end_of_day(now, cycle.concern_reply_days)
    paused_from = row.state
    transition(row, "question", by=by)
    try:
        with transaction.atomic():
            case = IntegrityCase.objects.create(
                assignment=row,
                paused_from=paused_from,
                concern=tidy_text(concern).strip(),
                note=tidy_text(note).strip(),
                raised_by=by,
                raised_at=now,
                reply_by=reply_by,
                # The end of a day is the first instant of the next one.
                decide_by=end_of_day(reply_by, cycle.concern_decision_days - 1),
            )
    except IntegrityError as error:
        raise Refused(NOT_READ_NOW) from error
    CaseEvidence.objects.bulk_create([CaseEvidence(case=case, kind=one.kind, text=one.text) for one in seen])
    audit.record("raise_concern", case, by=by, after=case.state, evidence=[str(one.kind) for one in seen])
    _ask(application, row, case, seen)
    return case


def _sound(evidence: Sequence[Seen]) -> list[Seen]:
    seen = [Seen(one.kind, tidy_text(one.text).strip()) for one in evidence]
    seen = [one for one in seen if one.text]
    if not seen:
        raise Refused("Name at least one thing that this rests on, and where it is seen.")
    if any(one.kind not in EvidenceKind.values for one in seen):
        raise Refused("Choose a kind of evidence from the list.")
    if all(one.kind in NOT_ALONE for one in seen):
        raise Refused(DETECTOR_ALONE)
    return seen


def _ask(application: Application, row: EvaluationAssignment, case: IntegrityCase, seen: Sequence[Seen]) -> None:
    closes = Deadline(case.reply_by, ZONE)
    outbox.enqueue(
        key=f"concern:{case.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/concern_question.txt",
        mail_class=MailClass.HOLD,
        application=application,
        row=row,
        case=case,
        seen=[{"kind": EvidenceKind(one.kind).label, "text": one.text} for one in seen],
        deadline=closes,
        own_time=closes.in_zone(application.person.timezone or "UTC"),
        decide_by=Deadline(case.decide_by, ZONE),
    )


@transaction.atomic
def remind_of_concern(*, case: IntegrityCase, lead: str) -> IntegrityCase:
    """Write once more to an author who has not answered; asking twice is one mail. An answer stops it."""
    case = locked(case, "assignment__application__person", "assignment__application__cycle", "assignment__definition")
    row = case.assignment
    person = row.application.person
    if case.state != CaseState.OPEN or case.statements.exists() or clock.now() >= case.reply_by:
        return case
    closes = Deadline(case.reply_by, ZONE)
    outbox.enqueue(
        key=f"concern-reminder:{case.public_id}:{lead}",
        to=person.email,
        person=person,
        template="applications/mail/concern_reminder.txt",
        application=row.application,
        row=row,
        lead=lead,
        deadline=closes,
        own_time=closes.in_zone(person.timezone or "UTC"),
    )
    return case


@transaction.atomic
def end_case(*, case: IntegrityCase, by: Any = None) -> IntegrityCase:
    """End a question whose application has ended: nothing is found, nothing counts. Twice is once."""
    locked(case.assignment.application)
    row = locked(case.assignment)
    case = locked(case)
    if case.state not in LIVE_CASE:
        return case
    case.rulings.filter(confirmed_by=None).delete()
    case = transition(case, "end", by=by, ended_at=clock.now())
    if row.state == E.INTEGRITY_REVIEW:
        transition(row, clearing(case), by=by)
    outbox.stop_waiting(key_prefix=f"concern-reminder:{case.public_id}:")
    return case


def end_cases(*, application: Application, by: Any) -> None:
    """End every open question about an application's submissions. Call under its lock."""
    cases = IntegrityCase.objects.filter(assignment__application=application, state__in=sorted(LIVE_CASE))
    for case in cases.select_related("assignment__application").order_by("pk"):
        end_case(case=case, by=by)


def clearing(case: IntegrityCase) -> str:
    """Return the move that puts the task back to where it stood."""
    return "clear_graded" if case.paused_from == E.GRADED else "clear"

"""What two people find about a question: one proposes, another confirms, and only then anything happens."""

from datetime import datetime
from typing import Any

from django.db import transaction

from applications.domain.concerns import clearing
from applications.domain.exceptions import LATEST
from applications.domain.values import tidy_text
from applications.models import CaseRuling, EvaluationAssignment, IntegrityCase, TaskExtension
from applications.queries.calendar import dates_of, on
from applications.queries.integrity import APPEALABLE, OUTCOME_WORDS, ZONE, appeal_deadline, end_of_day, reply_deadline
from applications.queries.task_windows import can_get_more_time
from applications.states import (
    APPEAL_OUTCOMES,
    FIRST_OUTCOMES,
    LIVE_CASE,
    CaseOutcome,
    CaseRound,
    CaseState,
    EvaluationState,
    TaskWindow,
)
from core import audit, clock, outbox
from core.deadlines import Deadline
from core.refusals import Refused
from core.states import MailClass
from core.transitions import locked, transition

O = CaseOutcome  # noqa: E741 -- the outcomes, as S and T elsewhere
#: What is found about a submission, and the move of its task; clearing it depends on where it stood.
VERBS = {O.REGRADE: "regrade", O.RETAKE: "retake", O.SET_ASIDE: "set_aside"}


@transaction.atomic
def propose_ruling(
    *, case: IntegrityCase, outcome: str, reason: str, by: Any, retake_until: datetime | None = None
) -> CaseRuling:
    """Propose what is found, after the author was heard; the same person may propose anew. Nothing happens yet.

    Raises ``Refused`` for the one who raised it, before the answer or its date, and for an outcome that cannot be.
    """
    case, row = _locked(case)
    round_ = _round(case)
    check_may_decide(case, by=by)
    heard_at = _heard(case, round_)
    if outcome not in (FIRST_OUTCOMES if round_ == CaseRound.FIRST else APPEAL_OUTCOMES):
        raise Refused("Choose one of the outcomes.")
    if not reason.strip():
        raise Refused("Write down why. The person reads it.")
    if outcome == O.RETAKE:
        _check_retake(row, retake_until)
    if outcome == O.REGRADE:
        _check_regrade(row)
    present = case.rulings.filter(round=round_).first()
    if present is not None and present.proposed_by_id != by.pk:
        raise Refused("Somebody has just proposed an outcome. Agree to it, or send it back.")
    ruling = present or CaseRuling(case=case, round=round_, raised_by=case.raised_by, reply_by=case.reply_by)
    ruling.outcome, ruling.reason = outcome, tidy_text(reason).strip()
    ruling.retake_until = retake_until if outcome == O.RETAKE else None
    ruling.proposed_by, ruling.proposed_at, ruling.heard_at = by, clock.now(), heard_at
    ruling.save()
    audit.record("propose_ruling", case, by=by, outcome=outcome, round=str(round_))
    return ruling


@transaction.atomic
def send_back(*, case: IntegrityCase, by: Any) -> IntegrityCase:
    """Take a proposed outcome off the table: by its proposer, or by the second person, who does not agree."""
    case, _ = _locked(case)
    check_may_decide(case, by=by)
    gone, _ = case.rulings.filter(round=_round(case), confirmed_by=None).delete()
    if gone:
        audit.record("send_back_ruling", case, by=by)
    return case


@transaction.atomic
def confirm_ruling(*, case: IntegrityCase, by: Any) -> CaseRuling:
    """Confirm what another proposed, let it happen and tell the author. Confirming twice is once.

    Raises ``Refused`` for the proposer, for the one who raised it, and when nothing is proposed.
    """
    case, row = _locked(case)
    if case.state == CaseState.DECIDED:
        found = case.rulings.filter(confirmed_by=by).order_by("-pk").first()
        if found is not None:
            return found
    round_ = _round(case)
    check_may_decide(case, by=by)
    ruling = case.rulings.filter(round=round_).first()
    if ruling is None:
        raise Refused("Nothing is proposed. Propose an outcome; another person confirms it.")
    if ruling.proposed_by_id == by.pk:
        raise Refused("You proposed this. Another person confirms it.")
    if ruling.outcome == O.RETAKE:
        _check_retake(row, ruling.retake_until)
    if ruling.outcome == O.REGRADE:
        _check_regrade(row)
    ruling.confirmed_by, ruling.confirmed_at = by, clock.now()
    if ruling.outcome in APPEALABLE:
        # Kept with the outcome: another length for the cycle does not move a date that somebody was told.
        ruling.appeal_by = end_of_day(ruling.confirmed_at, row.application.cycle.concern_appeal_days)
    ruling.save(update_fields=["confirmed_by", "confirmed_at", "appeal_by"])
    transition(case, "decide" if round_ == CaseRound.FIRST else "decide_appeal", by=by, ended_at=clock.now())
    audit.record("confirm_ruling", case, by=by, outcome=ruling.outcome, round=str(round_))
    _carry_out(case, row, ruling, by=by)
    _tell(case, row, ruling)
    return ruling


def check_may_decide(case: IntegrityCase, *, by: Any) -> None:
    """Raise ``Refused`` for whoever raised the question, handed the work in, or decided about it before."""
    if by.pk == case.raised_by_id:
        raise Refused("You raised this question. Two other people decide.")
    if by.pk == case.assignment.application.person_id:
        raise Refused("Nobody decides about their own work.")
    earlier = case.rulings.filter(confirmed_at__isnull=False)
    if any(by.pk in {one.proposed_by_id, one.confirmed_by_id} for one in earlier):
        raise Refused("You decided about this before. Two people who did not look at the appeal.")


def _locked(case: IntegrityCase) -> tuple[IntegrityCase, EvaluationAssignment]:
    """Lock the application, its task and the question: the order everywhere."""
    application = locked(case.assignment.application, "cycle", "person")
    row = locked(case.assignment, "definition")
    row.application = application
    case = locked(case, "raised_by")
    case.assignment = row
    return case, row


def _round(case: IntegrityCase) -> CaseRound:
    if case.state not in LIVE_CASE:
        raise Refused("This question is settled.")
    return CaseRound.FIRST if case.state == CaseState.OPEN else CaseRound.APPEAL


def _heard(case: IntegrityCase, round_: CaseRound) -> datetime | None:
    """Return when the author answered; nothing if they let the date go by. Raises ``Refused`` before either."""
    said = case.statements.filter(round=round_).first()
    if said is not None:
        return said.written_at
    closes = reply_deadline(case)
    if closes.takes(clock.now()):
        raise Refused(f"The person may answer until {closes.official()}. Nothing is found before that.")
    return None


def _check_retake(row: EvaluationAssignment, until: datetime | None) -> None:
    published = dates_of(row.application.cycle)
    if until is None or until <= clock.now() or until <= published.deadline(row.window).closes_at:
        raise Refused("Choose a time for the retake that is still to come and after the published deadline.")
    if not can_get_more_time(row):
        raise Refused("This task can no longer be done again: nobody would read it. Choose another outcome.")
    latest = LATEST[TaskWindow(row.window)]
    if (instant := published.instant(latest)) is not None and until > instant:
        raise Refused(f"Choose a time up to {on(published, latest)}: later work could not be read any more.")


def _check_regrade(row: EvaluationAssignment) -> None:
    if row.definition.is_external:
        raise Refused("This test is graded by its provider. Choose another outcome.")
    if dates_of(row.application.cycle).has_begun("review_closes", clock.now()):
        raise Refused("The reading has closed: nobody would grade it anew. Choose another outcome.")


def _carry_out(case: IntegrityCase, row: EvaluationAssignment, ruling: CaseRuling, *, by: Any) -> None:
    outcome = O(ruling.outcome)
    if outcome == O.GRANTED:
        graded = case.paused_from == EvaluationState.GRADED
        transition(row, "restore_graded" if graded else "restore", by=by)
    elif outcome == O.RETAKE:
        # Nothing of the first submission falls back: its words stay on record, and only there.
        transition(
            row,
            VERBS[outcome],
            by=by,
            submitted_at=None,
            started_at=None,
            ends_at=None,
            by_clock=False,
            reused_from_id=None,
            extended_until=ruling.retake_until,
        )
        TaskExtension.objects.create(
            assignment=row,
            until=ruling.retake_until,
            reason="The task may be done again.",
            granted_by=by,
            granted_at=clock.now(),
        )
    elif outcome != O.UPHELD:
        transition(row, VERBS.get(outcome) or clearing(case), by=by)


def _tell(case: IntegrityCase, row: EvaluationAssignment, ruling: CaseRuling) -> None:
    _, title, words = OUTCOME_WORDS[O(ruling.outcome)]
    person, cycle = row.application.person, row.application.cycle
    outbox.enqueue(
        key=f"concern-outcome:{case.public_id}:{ruling.round}",
        to=person.email,
        person=person,
        template="applications/mail/concern_outcome.txt",
        mail_class=MailClass.HOLD,
        application=row.application,
        row=row,
        title=title,
        words=words,
        reason=ruling.reason,
        appeal_by=appeal_deadline(ruling, cycle) if ruling.outcome in APPEALABLE else None,
        retake_until=Deadline(ruling.retake_until, ZONE) if ruling.retake_until else None,
    )

"""What the author of a submission says to a question about it, and against an outcome."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction

from applications.domain.documents import ENDINGS, MAX_BYTES, NOT_TAKEN, TOO_LARGE, tidy_name
from applications.domain.values import NoAnswer, tidy_text
from applications.engine.bounded import inspect
from applications.models import CaseStatement, IntegrityCase
from applications.models.integrity import storage_name
from applications.queries.integrity import APPEALABLE, ZONE, appeal_deadline, end_of_day, reply_deadline
from applications.states import ENDED, CaseRound, CaseState
from core import audit, clock, outbox
from core.deadlines import Deadline
from core.refusals import Refused
from core.transitions import locked, transition

MAX_CHARACTERS = 20_000


def answer_concern(*, case: IntegrityCase, text: str, by: Any, upload: File | None = None) -> CaseStatement:
    """Keep the author's answer, with a file if one came; until the date it can be written anew.

    Raises ``NoAnswer`` for a file that is not taken, ``Refused`` after the date or once it is decided. Looking into
    the file stands outside the transaction: it takes seconds.
    """
    return _say(case, CaseRound.FIRST, text, _looked_into(upload), by=by)


def appeal(*, case: IntegrityCase, text: str, by: Any, upload: File | None = None) -> CaseStatement:
    """Take the author's appeal against an outcome, once; two people who have not decided before look at it.

    Raises as ``answer_concern`` does, and where there is nothing to appeal against.
    """
    return _say(case, CaseRound.APPEAL, text, _looked_into(upload), by=by)


def _looked_into(upload: File | None) -> dict[str, Any]:
    """Return what a file is, or nothing if none came. Raises ``NoAnswer`` for one that is not taken."""
    if upload is None:
        return {}
    name = tidy_name(upload.name or "")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in ENDINGS:
        raise NoAnswer(NOT_TAKEN)
    if upload.size > MAX_BYTES:
        raise NoAnswer(TOO_LARGE)
    content = upload.read()
    finding = inspect(content, ENDINGS[ending])
    if finding.reason:
        raise NoAnswer(finding.reason)
    return {
        "content": content,
        "name": name,
        "type": finding.type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@transaction.atomic
def _say(case: IntegrityCase, round_: CaseRound, text: str, file: dict[str, Any], *, by: Any) -> CaseStatement:
    locked(case.assignment.application)
    case = locked(case, "assignment__application__cycle", "assignment__application__person", "assignment__definition")
    if case.assignment.application.person_id != by.pk:
        raise Refused("Only the person who handed it in can answer.")
    text = tidy_text(text).strip()
    if not text or len(text) > MAX_CHARACTERS:
        raise Refused(f"Write an answer, of at most {MAX_CHARACTERS} characters.")
    present = case.statements.filter(round=round_).first()
    if round_ == CaseRound.APPEAL and present is not None and present.text == text and not file:
        return present  # pressed twice
    (_check_may_answer if round_ == CaseRound.FIRST else _check_may_appeal)(case)
    statement = _kept(case, round_, text, file, present)
    # What was on its way to be found was thought of without these words.
    case.rulings.filter(round=round_, confirmed_by=None).delete()
    audit.record("answer_concern" if round_ == CaseRound.FIRST else "appeal_concern", case, by=by)
    outbox.stop_waiting(key_prefix=f"concern-reminder:{case.public_id}:")
    if round_ == CaseRound.APPEAL:
        days = case.assignment.application.cycle.concern_decision_days
        decide_by = max(case.decide_by, end_of_day(clock.now(), days))
        case = transition(case, "appeal", by=by, decide_by=decide_by, ended_at=None)
    _confirm(case, statement)
    return statement


def _check_may_answer(case: IntegrityCase) -> None:
    if case.state != CaseState.OPEN:
        raise Refused("This question is settled. There is nothing to answer any more.")
    closes = reply_deadline(case)
    if not closes.takes(clock.arrival()):
        raise Refused(f"You could answer until {closes.official()}. Write to us if something kept you from it.")


def _check_may_appeal(case: IntegrityCase) -> None:
    ruling = case.rulings.filter(round=CaseRound.FIRST, outcome__in=sorted(APPEALABLE)).first()
    application = case.assignment.application
    if case.state != CaseState.DECIDED or ruling is None or case.statements.filter(round=CaseRound.APPEAL).exists():
        raise Refused("There is nothing to appeal against, or you have done so already.")
    if application.released_state in ENDED:
        raise Refused("This application has ended: nobody reads it any more.")
    closes = appeal_deadline(ruling, application.cycle)
    if not closes.takes(clock.arrival()):
        raise Refused(f"You could appeal until {closes.official()}. Write to us if something kept you from it.")


def _kept(
    case: IntegrityCase, round_: CaseRound, text: str, file: dict[str, Any], present: CaseStatement | None
) -> CaseStatement:
    """Store the words over the earlier ones; the earlier file stays unless another came."""
    statement = present or CaseStatement(case=case, round=round_)
    statement.text, statement.written_at = text, clock.arrival()
    if file:
        if statement.name:
            earlier = statement.storage_name
            transaction.on_commit(lambda: default_storage.delete(earlier), robust=True)
        statement.storage_name = storage_name()
        for column in ("name", "type", "size", "sha256"):
            setattr(statement, column, file[column])
    statement.save()
    if file:
        # The bytes before the end of the transaction: a row never promises a file that is not there.
        default_storage.save(statement.storage_name, ContentFile(file["content"]))
    return statement


def _confirm(case: IntegrityCase, statement: CaseStatement) -> None:
    row = case.assignment
    outbox.enqueue(
        key=f"concern-answered:{case.public_id}:{statement.round}:{statement.written_at:%Y%m%d%H%M%S%f}",
        to=row.application.person.email,
        person=row.application.person,
        template="applications/mail/concern_answered.txt",
        application=row.application,
        row=row,
        statement=statement,
        is_appeal=statement.round == CaseRound.APPEAL,
        decide_by=Deadline(case.decide_by, ZONE),
    )

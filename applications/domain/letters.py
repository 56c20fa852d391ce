"""What a referee does: start, write, send, change, decline. They have no account: the record names nobody."""

import hashlib
import json

from django.db import transaction

from applications.domain.references import locked_reference, tell_applicant, write_to_referee
from applications.domain.values import tidy_text
from applications.models import Letter, LetterAnswer, Reference
from applications.queries.letters import LONGEST, LetterQuestion, draft_of
from applications.queries.references import letters_due
from applications.states import ENDED, WAITS_FOR_REFEREE, ReferenceState
from core import clock
from core.refusals import Refused, Stale
from core.transitions import transition

R = ReferenceState
CHANGED_ELSEWHERE = "This text changed in another tab. Both are kept: choose one, or keep both."


@transaction.atomic
def start_letter(*, reference: Reference) -> Reference:
    """Begin: the first thing that shows that a person, and not a scanner, has the link. Twice is once."""
    reference = locked_reference(reference)
    if reference.state in {R.STARTED, R.SUBMITTED}:
        return reference
    _check_is_open(reference)
    return transition(reference, "start", by=None, started_at=clock.now())


@transaction.atomic
def decline_reference(*, reference: Reference, reason: str = "") -> Reference:
    """Say no, with or without a reason; the applicant is told to name somebody else."""
    reference = locked_reference(reference)
    if reference.state == R.DECLINED:
        return reference
    if reference.state == R.SUBMITTED:
        raise Refused("Your reference is in. Write to us if it should not be used.")
    _check_is_open(reference)
    reference = transition(
        reference, "decline", by=None, decline_reason=tidy_text(reason).strip()[:300], ended_at=clock.now()
    )
    tell_applicant(reference, "declined")
    return reference


def save_letter_answer(*, reference: Reference, question: LetterQuestion, value: str, version: int) -> LetterAnswer:
    """Store one field that was typed over ``version`` (0: over nothing); asking twice changes nothing.

    Raises ``Stale`` when another tab stored a newer text: ``current`` holds it. Raises ``Refused`` when nothing may be
    written, or the value is none of the choices.
    """
    stored, is_late = _store(reference, question, tidy_text(value), version)
    if is_late:
        raise Stale(CHANGED_ELSEWHERE, stored)
    return stored


@transaction.atomic
def _store(reference: Reference, question: LetterQuestion, value: str, version: int) -> tuple[LetterAnswer, bool]:
    reference = locked_reference(reference)
    _check_may_write(reference)
    if question.choices and value and value not in dict(question.choices):
        raise Refused("Choose one of the answers on the page.")
    if len(value) > LONGEST:
        raise Refused(f"This text is too long to be kept: {len(value)} characters, at most {LONGEST}.")
    stored = LetterAnswer.objects.filter(reference=reference, code=question.code).first()
    if stored is None:
        return LetterAnswer.objects.create(reference=reference, code=question.code, value=value), False
    if stored.value == value:
        return stored, False
    if stored.version != version:
        return stored, True
    stored.value, stored.version, stored.saved_at = value, stored.version + 1, clock.now()
    stored.save(update_fields=["value", "version", "saved_at"])
    return stored, False


@transaction.atomic
def submit_letter(*, reference: Reference) -> Reference:
    """Send the reference, or an amended one; the earlier text stays on record. The same text again changes nothing.

    Raises ``Refused`` while something is missing, or after the deadline.
    """
    reference = locked_reference(reference)
    _check_may_write(reference)
    draft = draft_of(reference)
    if problems := draft.problems:
        raise Refused(f"The reference is not complete. {next(iter(problems.values()))}.")
    content = draft.content()
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    last = Letter.objects.filter(reference=reference).order_by("-submitted_at", "-pk").first()
    if last is not None and last.sha256 == digest:
        return reference
    now = clock.arrival()
    verb = "amend" if reference.state == R.SUBMITTED else "submit"
    reference = transition(reference, verb, by=None, submitted_at=now)
    letter = Letter.objects.create(reference=reference, content=content, sha256=digest, submitted_at=now)
    write_to_referee(reference, "thanks", key=f"referee-thanks:{letter.public_id}")
    return reference


def _check_is_open(reference: Reference) -> None:
    if reference.state not in WAITS_FOR_REFEREE:
        raise Refused("This reference is no longer asked for. There is nothing to do.")
    _check_in_time(reference)


def _check_may_write(reference: Reference) -> None:
    if reference.state == R.REQUESTED:
        raise Refused("Press Start first.")
    if reference.state not in {R.STARTED, R.SUBMITTED}:
        raise Refused("This reference is no longer asked for. There is nothing to do.")
    _check_in_time(reference)


def _check_in_time(reference: Reference) -> None:
    deadline = letters_due(reference.application)
    if not deadline.takes(clock.arrival()):
        raise Refused(f"References closed at {deadline.official()}.")
    if reference.application.released_state in ENDED:
        raise Refused("This application has ended. There is nothing to do.")

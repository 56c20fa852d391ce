"""What the grader of a task would ask its author in person."""

from collections.abc import Sequence

from core.refusals import Refused
from reviews.engine.wording import question_faults
from reviews.models import ReviewAssignment
from reviews.queries.follow_ups import MAX_CHARACTERS, MAX_QUESTIONS


def asked(questions: Sequence[str]) -> list[str]:
    """Return what was really asked: without empty lines, each question once."""
    return list(dict.fromkeys(text for one in questions if (text := one.strip())))


def check_follow_ups(
    assignment: ReviewAssignment, questions: Sequence[str], *, own_name: str = "", complete: bool = False
) -> None:
    """Refuse questions about anything but a task, more than two, and what nobody else is to read in one.

    A draft may say anything, as long as it can be kept; ``own_name`` is the grader's.
    """
    found = asked(questions)
    if found and not assignment.evaluation_id:
        raise Refused("Questions for an interview are noted on tasks alone.")
    if len(found) > MAX_QUESTIONS:
        raise Refused(f"Note at most {MAX_QUESTIONS} questions.")
    if any(len(text) > MAX_CHARACTERS for text in found):
        raise Refused(f"Write each question in at most {MAX_CHARACTERS} characters.")
    faults = [fault for text in found for fault in question_faults(text, own_name)] if complete else []
    if faults:
        raise Refused(faults[0])

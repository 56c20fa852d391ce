"""Keep blind reading blind: readers flag what names a person, leads take it out of what readers get."""

from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked, transition
from reviews.models import IdentityFlag, ReviewAssignment
from reviews.queries.access import texts_visible_to
from reviews.queries.evidence import classes_for, passage_in, sections_of, tracks_read_for


@transaction.atomic
def flag_identity(
    *, assignment: ReviewAssignment, question_code: str, passage: str, by: Any, note: str = ""
) -> IdentityFlag:
    """Say that ``passage`` of an answer gives away who wrote it. The same flag twice is one.

    Raises ``Refused`` where the reader does not have such a passage before them.
    """
    assignment = locked(assignment)
    mine = texts_visible_to(by).filter(pk=assignment.pk).first()
    if mine is None:
        raise Refused("This text is no longer yours to review.")
    passage = passage.strip()
    _demand_passage(mine, question_code, passage)
    target = mine.track_application or mine.evaluation
    assert target is not None  # a constraint of the row
    flag, is_new = IdentityFlag.objects.get_or_create(
        assignment=assignment,
        question_code=question_code,
        passage=passage,
        defaults={"application_id": target.application_id, "note": note.strip()[:300]},
    )
    if is_new:
        audit.record("flag_identity", flag, by=by, question=question_code)
    return flag


@transaction.atomic
def remove_passage(*, flag: IdentityFlag, passage: str, by: Any) -> IdentityFlag:
    """Let no blind reader get ``passage`` any more: that of the flag, or more or less of the same answer."""
    flag = locked(flag, "assignment")
    passage = passage.strip()
    text = ReviewAssignment.objects.select_related(
        "track_application__track", "evaluation__definition", "track_application", "evaluation"
    ).get(pk=flag.assignment_id)
    _demand_passage(text, flag.question_code, passage)
    return transition(flag, "remove", by=by, removed=passage, decided_by_id=by.pk, decided_at=clock.now())


@transaction.atomic
def leave_passage(*, flag: IdentityFlag, by: Any) -> IdentityFlag:
    """Decide that the passage names nobody, or is needed to judge the answer."""
    return transition(locked(flag), "leave", by=by, decided_by_id=by.pk, decided_at=clock.now())


def _demand_passage(assignment: ReviewAssignment, question_code: str, passage: str) -> None:
    sections = sections_of(assignment, classes_for(tracks_read_for(assignment)), [])
    for item in (item for section in sections for item in section.items if item.code == question_code):
        texts = [*item.paragraphs, *(part for link in item.links for part in link)]
        texts += item.correction.paragraphs if item.correction else ()
        if len(passage) >= 2 and any(passage_in(passage).search(text) for text in texts):
            return
        raise Refused("These words do not stand in that answer. Copy them from the page, within one paragraph.")
    raise Refused("Choose one of the answers on the page.")

"""Tell readers that an answer before them was put right."""

from typing import Any

from django.db.models import Q

from applications.models import AnswerCorrection
from core import clock, outbox
from reviews.models import ReviewAssignment
from reviews.queries.access import review_assignments_visible_to
from reviews.queries.evidence import classes_for, sections_of, tracks_read_for
from reviews.states import AssignmentState
from streams.queries.calendar import dates_of

#: Who has the text before them, or had.
READ = frozenset({AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED})


def tell_readers(*, correction: AnswerCorrection) -> int:
    """Write once to everybody who has begun or handed in a review of a text with this answer; returns to how many.

    Whoever does not get the answer, and whoever begins later, learns nothing. After the close of the review nobody is
    written to: there is nothing to change any more. Call in the transaction of the correction.
    """
    application = correction.snapshot.application
    if dates_of(application.cycle).has_begun("review_closes", clock.now()):
        return 0
    rows = ReviewAssignment.objects.filter(
        Q(track_application__application=application) | Q(evaluation__application=application),
        state__in=sorted(READ),
    ).select_related("reviewer", "track_application__track", "evaluation__definition", "evaluation__application")
    told = 0
    for row in rows.order_by("pk"):
        if _reads(row, correction) and review_assignments_visible_to(row.reviewer).filter(pk=row.pk).exists():
            told += 1
            outbox.enqueue(
                key=f"answer-corrected:{correction.public_id}:{row.public_id}",
                to=row.reviewer.email,
                person=row.reviewer,
                template="reviews/mail/answer_corrected.txt",
                label=row.label,
                assignment=row.public_id,
                is_handed_in=row.state == AssignmentState.SUBMITTED,
            )
    return told


def _reads(row: Any, correction: AnswerCorrection) -> bool:
    """Say whether this very correction stands on the page of the reader."""
    sections = sections_of(row, classes_for(tracks_read_for(row)), [])
    return any(
        item.code == correction.question_code and item.correction and item.correction.at == correction.accepted_at
        for section in sections
        for item in section.items
    )

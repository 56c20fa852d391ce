"""Explain a level that is far from another reader's, or keep what stood before it was changed."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core import audit, clock, outbox
from core.refusals import Refused
from reviews.domain.writable import writable_assignment
from reviews.engine.differences import apart
from reviews.models import EarlierLevels, Explanation, Review, ReviewAssignment
from reviews.queries.comparing import compare_page, is_settled, levels_of, readings_beside
from reviews.queries.rubrics import criteria_for


@transaction.atomic
def explain_levels(
    *, assignment: ReviewAssignment, texts: Mapping[str, str], wants_further: bool, by: Any
) -> ReviewAssignment:
    """Keep the own levels, and say why, criterion by criterion (codes); writing anew replaces what stood there.

    Raises ``Refused`` before the own reading is in, once the review has closed, and while a line is missing.
    """
    assignment = writable_assignment(assignment, by=by)
    page = compare_page(assignment)
    if page is None:
        raise Refused("Hand your own review in first.")
    if page.is_settled:
        raise Refused("One reading more has settled this. There is nothing to explain any more.")
    if not page.far:
        raise Refused("Nobody's levels are far from yours any more. There is nothing to explain.")
    if missing := [row.name for row in page.far if not texts.get(row.code, "").strip()]:
        raise Refused(f"Write two lines about “{missing[0]}”.")
    ids = {criterion.code: criterion.pk for criterion in criteria_for(assignment)}
    review = Review.objects.get(assignment=assignment)
    now = clock.now()
    Explanation.objects.bulk_create(
        [
            Explanation(
                review=review,
                criterion_id=ids[row.code],
                text=texts[row.code].strip()[:1000],
                wants_further=wants_further,
                written_at=now,
            )
            for row in page.far
        ],
        update_conflicts=True,
        unique_fields=["review", "criterion"],
        update_fields=["text", "wants_further", "written_at"],
    )
    audit.record("explain", assignment, by=by, criteria=[row.code for row in page.far], wants_further=wants_further)
    return assignment


def keep_earlier_levels(*, review: Review, levels: Mapping[str, int | None]) -> None:
    """Keep the levels that a reading had when it was handed in, if ``levels`` are others."""
    before = {score.criterion.code: score.value for score in review.scores.select_related("criterion")}
    if before != dict(levels):
        EarlierLevels.objects.get_or_create(
            review=review, version=review.version, defaults={"levels": before, "mean": review.mean}
        )


def ask_for_lines(*, assignment: ReviewAssignment) -> list[str]:
    """Write to the other readers of a text whose levels are far from those just handed in, once each.

    To nobody once a further reading has settled what they differed on, be it this one. Returns the criteria (codes) on
    which the own ones are far.
    """
    target = assignment.track_application or assignment.evaluation
    difference = target.application.cycle.explain_difference if target else 0
    if difference <= 0 or is_settled(assignment):
        return []
    readings = [assignment, *readings_beside(assignment).select_related("reviewer").order_by("pk")]
    if len(readings) == 1:
        return []
    found = {
        review.assignment_id: levels
        for review, levels in _with_levels(
            Review.objects.filter(assignment__in=readings).prefetch_related("scores__criterion")
        )
    }
    own = found.pop(assignment.pk)
    for other in readings[1:]:
        if apart(found[other.pk], [own], difference):
            outbox.enqueue(
                key=f"compare:{other.public_id}",
                to=other.reviewer.email,
                person=other.reviewer,
                template="reviews/mail/levels_apart.txt",
                label=other.label,
                assignment=other.public_id,
                difference=difference,
            )
    return apart(own, list(found.values()), difference)


def _with_levels(reviews: Any) -> list[tuple[Review, dict[str, int | None]]]:
    rows = list(reviews)
    return list(zip(rows, levels_of(rows), strict=True))

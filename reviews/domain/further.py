"""Ask for one reading more where two leave an application open."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from applications.models import TrackApplication
from applications.states import TrackState
from core import audit
from core.refusals import Refused
from core.transitions import locked_rows
from reviews.models import FurtherRead
from reviews.queries.access import conflicted_with
from reviews.queries.reads import reads_of
from streams.models import Track


@transaction.atomic
def ask_further_reads(*, track: Track, rows: Iterable[TrackApplication], reason: str, by: Any) -> list[FurtherRead]:
    """Ask for a further reading of each of ``rows``; whoever has one already, or is not read any more, is passed over.

    Raises ``Refused`` when nothing is left to ask for. The assignment finds the readers.
    """
    ids = [row.pk for row in rows]
    allowed = TrackApplication.objects.filter(
        pk__in=ids, track=track, internal_state=TrackState.IN_REVIEW, further_read=None
    ).exclude(conflicted_with(by, "application__person"))
    chosen = locked_rows(TrackApplication, allowed.values_list("pk", flat=True))
    reads = reads_of((row.pk for row in chosen), track.cycle.reviews_per_application)
    made = []
    for row in chosen:
        if row.internal_state != TrackState.IN_REVIEW or not reads[row.pk].are_complete:
            continue
        asked, is_new = FurtherRead.objects.get_or_create(
            track_application=row, defaults={"reason": reason[:200], "asked_by": by}
        )
        if is_new:
            audit.record("ask_further_read", row, by=by, reason=reason[:200])
            made.append(asked)
    if not made:
        raise Refused("Nothing is left to ask for: they are read by one more already, or are not read any more.")
    return made

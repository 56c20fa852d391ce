"""The record of who opened a person's file: the one thing that a page writes when it is only read."""

from typing import Any

from core import clock
from core.models import Opening


def note_opening(*, subject_id: int, viewer: Any, role: str) -> None:
    """Remember that ``viewer`` read the file of a person (primary key) as ``role`` today; again today changes nothing.

    One insert, which the database ignores where the row is there.
    """
    if subject_id == viewer.pk:
        return
    now = clock.now()
    Opening.objects.bulk_create(
        [Opening(subject_id=subject_id, viewer_id=viewer.pk, role=role, on=now.date(), first_at=now)],
        ignore_conflicts=True,
    )

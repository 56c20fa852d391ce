"""The record of who opened a person's file: the one thing that a page writes when it is only read."""

from typing import Any

from django.db import connections, router

from core import clock
from core.models import Opening

INSERT = (
    'INSERT INTO core_opening (subject_id, viewer_id, role, "on", first_at) VALUES (%s, %s, %s, %s, %s) '
    "ON CONFLICT DO NOTHING"
)


def note_opening(*, subject_id: int, viewer: Any, role: str) -> None:
    """Remember that ``viewer`` read the file of a person (primary key) as ``role`` today; again today changes nothing.

    One insert by itself, which the database ignores where the row is there: bulk_create would begin and end a
    transaction around it, two more turns for every page of a file.
    """
    if subject_id == viewer.pk:
        return
    now = clock.now()
    with connections[router.db_for_write(Opening)].cursor() as cursor:
        cursor.execute(INSERT, [subject_id, viewer.pk, role, now.date(), now])

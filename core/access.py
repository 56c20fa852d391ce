"""Who is kept from whose file, and the record of who opened one: the one thing that a page writes when it is read."""

from collections.abc import Callable
from typing import Any

from django.db import connections, router

from core import clock
from core.models import Opening

INSERT = (
    'INSERT INTO core_opening (subject_id, viewer_id, role, "on", first_at) VALUES (%s, %s, %s, %s, %s) '
    "ON CONFLICT DO NOTHING"
)

#: Functions that say from whose files a person is kept (primary keys of people); whoever knows of a reason adds one.
_reasons: list[Callable[[Any], frozenset[int]]] = []


def keep_apart(reason: Callable[[Any], frozenset[int]]) -> None:
    """Let ``reason`` say from whose files somebody is kept, everywhere."""
    if reason not in _reasons:
        _reasons.append(reason)


def kept_from(user: Any) -> frozenset[int]:
    """Return whose files are not there for ``user``, whatever their role: their own, and those of people close to them.

    Their own they read as an applicant, under /my/.
    """
    return frozenset({user.pk}).union(*(reason(user) for reason in _reasons))


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

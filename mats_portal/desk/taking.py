"""Files that a job wrote for one person: they take them, nobody else does, and each time is on the record."""

from typing import IO, Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from core import audit
from core.refusals import Refused
from core.transitions import locked


def take_file(*, row: Any, takeable: QuerySet[Any], verb: str, by: Any, **details: Any) -> IO[bytes]:
    """Open the file of ``row`` and count it, inside the caller's transaction.

    Raises ``Refused`` where the row is not among ``takeable`` any more, or its file is gone.
    """
    row = locked(row)
    if not takeable.filter(pk=row.pk).exists() or not default_storage.exists(row.storage_name):
        raise Refused("This file is no longer there. Ask for it again.")
    type(row).objects.filter(pk=row.pk).update(downloads=row.downloads + 1)
    audit.record(verb, row, by=by, **details)
    return default_storage.open(row.storage_name)

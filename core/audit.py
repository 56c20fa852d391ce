"""The append-only record of who did what. The database refuses to change or delete a line of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog
from django.db import models

if TYPE_CHECKING:
    from core.models import AuditEvent


def record(verb: str, row: models.Model, *, by: Any, before: str = "", after: str = "", **details: Any) -> None:
    """Write one line: ``by`` (``None`` for the system) did ``verb`` to ``row``. Never texts of a person."""
    _event(verb, row, by, before, after, details).save(force_insert=True)


def record_all(verb: str, rows: Iterable[tuple[models.Model, str, str]], *, by: Any) -> None:
    """Write one line for each of ``rows`` (the row, the state before, the state after), as ``record`` would."""
    from core.models import AuditEvent  # noqa: PLC0415 -- see _event

    events = (_event(verb, row, by, before, after, {}) for row, before, after in rows)
    AuditEvent.objects.bulk_create(events, batch_size=1000)


def _event(verb: str, row: models.Model, by: Any, before: str, after: str, details: dict[str, Any]) -> "AuditEvent":
    from core.models import AuditEvent  # noqa: PLC0415 -- models import transitions, which import this module

    return AuditEvent(
        actor=by,
        verb=verb,
        object_type=row._meta.label_lower,
        object_key=getattr(row, "public_id", "") or str(row.pk),
        before=before,
        after=after,
        details=details,
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )

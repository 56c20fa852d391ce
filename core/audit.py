"""The append-only record of who did what. The database refuses to change or delete a line of it."""

from typing import Any

import structlog
from django.db import models


def record(verb: str, row: models.Model, *, by: Any, before: str = "", after: str = "", **details: Any) -> None:
    """Write one line: ``by`` (``None`` for the system) did ``verb`` to ``row``. Never texts of a person."""
    from core.models import AuditEvent  # noqa: PLC0415 -- models import transitions, which import this module

    AuditEvent.objects.create(
        actor=by,
        verb=verb,
        object_type=row._meta.label_lower,
        object_key=getattr(row, "public_id", "") or str(row.pk),
        before=before,
        after=after,
        details=details,
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )

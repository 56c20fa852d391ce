"""Whose file is whose, and what the page of exports shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.states import JobState
from mats_portal.desk.exports.sets import SETS
from mats_portal.desk.models import ExportFile, SavedExport
from streams.queries.cycles import all_cycles

#: How long a file can be taken.
LIFE = timedelta(hours=24)
JOB_CHIPS = {
    JobState.QUEUED: ("wait", "Waiting"),
    JobState.RUNNING: ("wait", "Being written"),
    JobState.DONE: ("done", "Ready"),
    JobState.FAILED: ("over", "Failed"),
    JobState.CANCELLED: ("none", "Cancelled"),
}


def exports_takeable_by(user: Any) -> QuerySet[ExportFile]:
    """Return the files that ``user`` made and can take now. Nobody takes another's, whatever their role."""
    if user.is_anonymous:
        return ExportFile.objects.none()
    return ExportFile.objects.filter(
        maker_id=user.pk, ready_at__isnull=False, expires_at__gt=clock.now(), forgotten_at__isnull=True
    )


def own_exports(user: Any) -> QuerySet[ExportFile]:
    """Return what ``user`` asked for in the last 24 hours: files that can be taken, and files on their way."""
    if user.is_anonymous:
        return ExportFile.objects.none()
    now = clock.now()
    return ExportFile.objects.filter(
        Q(expires_at__gt=now) | Q(ready_at__isnull=True, created_at__gt=now - LIFE),
        maker_id=user.pk,
        forgotten_at__isnull=True,
    )


def saved_exports_of(user: Any) -> QuerySet[SavedExport]:
    """Return the choices of columns that ``user`` saved."""
    return SavedExport.objects.none() if user.is_anonymous else SavedExport.objects.filter(owner_id=user.pk)


@dataclass(frozen=True)
class ExportRow:
    """One line of the page."""

    public_id: str
    label: str
    file_format: str
    n_columns: int
    n_rows: int | None
    purpose: str
    chip: tuple[str, str]
    job_id: str
    error: str
    is_ready: bool
    expires_at: datetime | None
    downloads: int


def export_rows(user: Any) -> list[ExportRow]:
    """Return the lines of one's own exports, newest first."""
    several = len(all_cycles()) > 1
    return [
        ExportRow(
            public_id=row.public_id,
            label=_label(row, several=several),
            file_format=row.file_format.upper(),
            n_columns=len(row.columns),
            n_rows=row.n_rows,
            purpose=row.purpose,
            chip=JOB_CHIPS[JobState.DONE if row.ready_at else JobState(row.job.state)],
            job_id=row.job.public_id,
            error=row.job.error,
            is_ready=row.ready_at is not None,
            expires_at=row.expires_at,
            downloads=row.downloads,
        )
        for row in own_exports(user).select_related("job", "cycle").order_by("-created_at", "-pk")
    ]


def _label(row: ExportFile, *, several: bool) -> str:
    label = SETS[row.kind].label if row.kind in SETS else row.kind
    return f"{label}, {row.cycle}" if several else label

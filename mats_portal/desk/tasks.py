"""The calendar's doorbell, and the files that staff ask for."""

from typing import Any

from celery import shared_task
from django.urls import reverse

from core import jobs
from core.models import Job
from mats_portal.desk import phases
from mats_portal.desk.exports import domain as exports
from mats_portal.desk.models import ExportFile


@shared_task
def move_phases() -> None:
    """Do what is due."""
    phases.move_phases()


@shared_task
def forget_exports() -> None:
    """Delete files whose day is over."""
    exports.forget_exports()


@jobs.kind(exports.JOB_KIND, label="Export")
def write_export(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write one file."""
    export = exports.make_file(ExportFile(pk=job.params["export"]), progress)
    return {"rows": export.n_rows, "url": reverse("desk:exports")}

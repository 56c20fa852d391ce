"""The calendar's doorbell, and the files that staff ask for."""

from typing import Any

from celery import shared_task
from django.urls import reverse

from core import jobs
from core.models import Job
from matching.queries.mentored import mentored_before
from mats_portal.desk import phases, silence
from mats_portal.desk.catalogue import copying as cycles
from mats_portal.desk.exports import domain as exports
from mats_portal.desk.models import DeletionRequest, ExportFile, PersonCopy, RetentionRun
from mats_portal.desk.privacy import copying, deleting
from mats_portal.desk.retention import erasing
from reviews.domain.conflicts import note_closeness
from reviews.queries.closeness import find_closeness
from streams.models import Cycle
from streams.queries.cycles import address_in


@shared_task
def move_phases() -> None:
    """Do what is due."""
    phases.move_phases()


@shared_task
def count_silence() -> int:
    """Count who is left without a dated next event, and log it."""
    return silence.count_silence()


@shared_task
def forget_exports() -> None:
    """Delete files whose day is over."""
    exports.forget_exports()


@jobs.kind("reviews.find_conflicts", label="Searching for conflicts of interest")
def find_conflicts(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Look through one cycle for people who may be close: certain ones are recorded, the others wait for a person."""
    cycle = Cycle.objects.get(pk=job.params["cycle_id"])
    progress.step("Looking through lists, addresses and institutions")
    found = find_closeness(cycle, mentored=mentored_before(cycle))
    progress.step(f"Noting {len(found)} pairs")
    recorded, hinted = note_closeness(found=found, by=job.asked_by)
    return {"recorded": recorded, "hinted": hinted, "url": address_in(cycle, "reviews:staff_conflicts")}


@jobs.kind(cycles.JOB_KIND, label="Copying a cycle")
def copy_cycle(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Make a new cycle from an earlier one."""
    return cycles.do_copy(job, progress)


@jobs.kind(exports.JOB_KIND, label="Export")
def write_export(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write one file."""
    export = exports.make_file(ExportFile(pk=job.params["export"]), progress)
    return {"rows": export.n_rows, "url": address_in(export.cycle, "desk:exports")}


@shared_task
def keep_privacy() -> None:
    """Start the deletions that are due; forget copies whose week is over, and the addresses of last mails."""
    deleting.start_due()
    deleting.forget_farewells()
    copying.forget_copies()


@jobs.kind(copying.JOB_KIND, label="Copy of your data")
def write_copy(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write one person's copy."""
    copying.write_copy(PersonCopy(pk=job.params["copy"]), progress)
    return {"url": reverse("desk:data")}


@jobs.kind(erasing.JOB_KIND, label="Erasing what fell due")
def erase_due(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Carry one confirmed list out."""
    run = erasing.carry_out(RetentionRun(pk=job.params["run"]), progress)
    return {"url": reverse("desk:retention_run", args=[run.public_id])}


@jobs.kind(deleting.JOB_KIND, label="Deletion of a person")
def delete_person(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Carry one deletion out."""
    request = deleting.carry_out(DeletionRequest(pk=job.params["request"]), progress)
    return {"rows": sum(request.counts.values())}

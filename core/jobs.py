"""Work that a person waits for: one row each, safe to kill at any moment and to run again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import structlog
from celery import current_app
from django.db import connection, transaction

from core import clock
from core.advisory import JOBS, sole_holder
from core.models import Job
from core.refusals import Refused
from core.states import JobState
from core.transitions import locked
from core.transitions import transition as move

log = structlog.get_logger(__name__)


class Cancelled(Exception):
    """Somebody asked the job to stop."""


@dataclass(frozen=True)
class Kind:
    """How one kind of job is run and named."""

    name: str
    label: str
    queue: str
    handler: Callable[[Job, "Progress"], dict[str, Any]]


KINDS: dict[str, Kind] = {}


def kind(name: str, *, label: str, queue: str = "default") -> Callable[[Callable], Callable]:
    """Register the function that does jobs called ``name``: it takes the job and its progress, returns the result.

    It must be safe to run twice: it may be killed anywhere and started again.
    """

    def register(handler: Callable[[Job, "Progress"], dict[str, Any]]) -> Callable:
        KINDS[name] = Kind(name, label, queue, handler)
        return handler

    return register


def label_of(job: Job) -> str:
    """Return the name of the job for people; a kind that this release no longer knows has its own."""
    return KINDS[job.kind].label if job.kind in KINDS else job.kind


class Progress:
    """Tells the waiting person how far a job is. Call outside the transaction of the act itself."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Store the progress and a sign of life. Raises ``Cancelled`` when somebody asked for it."""
        Job.objects.filter(pk=self.job.pk).update(
            message=message[:200], done=min(done, total), total=total, beat_at=clock.wall()
        )
        if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            raise Cancelled


class Aside(Progress):
    """Tells how far an act is from inside its transaction, by a connection of its own.

    What it tells is seen at once. When somebody cancels, ``step`` raises and the transaction takes everything back:
    after its last step an act commits. Use as a context manager: the connection is closed at its end.
    """

    def __enter__(self) -> Self:
        self.connection = connection.copy()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Store the progress and a sign of life. Raises ``Cancelled`` when somebody asked for it."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_job SET message = %s, done = %s, total = %s, beat_at = %s WHERE id = %s"
                " RETURNING cancel_requested",
                [message[:200], min(done, total), total, clock.wall(), self.job.pk],
            )
            if cursor.fetchone() == (True,):
                raise Cancelled


@transaction.atomic
def start(name: str, *, by: Any, **params: Any) -> Job:
    """Ask for a job of kind ``name``; ``params`` are ids and numbers. The worker is woken after the commit."""
    job = Job.objects.create(kind=name, params=params, asked_by=by)
    transaction.on_commit(lambda: ring(job), robust=True)
    return job


def ring(job: Job) -> None:
    """Wake a worker for ``job``; the sweep finds what the bell missed."""
    queue = KINDS[job.kind].queue if job.kind in KINDS else "default"
    current_app.send_task("core.tasks.run_job", args=[job.pk], queue=queue, retry_policy={"max_retries": 0})


def run(job_id: int) -> None:
    """Run one job to its end. Does nothing if another worker is at it or it is over."""
    with sole_holder(JOBS, job_id) as alone:
        if not alone:
            return
        job = begin(job_id)
        if job is None:
            return
        try:
            result = KINDS[job.kind].handler(job, Progress(job))
        except Cancelled:
            end(job, "cancel", message="Cancelled. Nothing was changed.")
        except Refused as refusal:
            end(job, "fail", error=str(refusal)[:500])
        except Exception as error:
            log.exception("job_failed", job=job.public_id, kind=job.kind)
            end(job, "fail", error=f"Our fault ({type(error).__name__}). Nothing was changed.")
        else:
            end(job, "finish", result=result or {})


@transaction.atomic
def begin(job_id: int) -> Job | None:
    """Mark the job as running; returns ``None`` if it is over, gone, or was cancelled before it began."""
    try:
        job = locked(Job(pk=job_id), "asked_by")
    except Job.DoesNotExist:
        # The bell outlived its row: the broker is not restored with the database.
        log.warning("job_is_gone", job_id=job_id)
        return None
    if job.is_over:
        return None
    if job.cancel_requested:
        move(job, "cancel", by=job.asked_by, ended_at=clock.now())
        return None
    return move(
        job,
        "start",
        by=job.asked_by,
        started_at=clock.now(),
        beat_at=clock.wall(),
        attempts=job.attempts + 1,
        done=0,
        message="",
    )


@transaction.atomic
def end(job: Job, verb: str, **changes: Any) -> None:
    """Close a running job."""
    move(locked(job), verb, by=job.asked_by, ended_at=clock.now(), **changes)


@transaction.atomic
def cancel(*, job: Job, by: Any) -> Job:
    """Ask the job to stop: at once if it waits, at its next step if it runs. Raises ``Refused`` if it is over."""
    job = locked(job)
    if job.is_over:
        raise Refused("This job is over already.")
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    if job.state == JobState.QUEUED:
        move(job, "cancel", by=by, ended_at=clock.now(), message="Cancelled before it began.")
    return job


@transaction.atomic
def run_again(*, job: Job, by: Any) -> Job:
    """Queue a failed or cancelled job again."""
    job = locked(job)
    if not job.is_over or job.state == JobState.DONE:
        raise Refused("Only a failed or cancelled job can be run again.")
    move(job, "requeue", by=by, cancel_requested=False, error="", ended_at=None)
    transaction.on_commit(lambda: ring(job), robust=True)
    return job


def revive() -> int:
    """Wake workers for jobs that wait and for jobs whose worker died. Returns how many."""
    woken = 0
    for job in Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).order_by("pk"):
        if job.state == JobState.RUNNING:
            with sole_holder(JOBS, job.pk) as nobody_works_on_it:
                if not nobody_works_on_it:
                    continue
        ring(job)
        woken += 1
    return woken

"""Jobs: progress, cancel, failure in words, one runner."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from core import jobs
from core.models import Job
from core.refusals import Refused
from core.states import JobState


@pytest.fixture
def kind() -> Iterator[dict[str, Any]]:
    """A kind of job whose work a test can choose."""
    work: dict[str, Any] = {"act": lambda _job, _progress: {"answer": 42}, "runs": 0}

    @jobs.kind("test.work", label="Testing")
    def run(job: Job, progress: jobs.Progress) -> dict[str, Any]:
        work["runs"] += 1
        return work["act"](job, progress)

    yield work
    del jobs.KINDS["test.work"]


def test_a_job_stores_its_result(db: None, kind: dict[str, Any]) -> None:
    job = jobs.start("test.work", by=None, n=1)

    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (JobState.DONE, {"answer": 42}, 1)


def test_a_job_that_is_over_does_not_run_again(db: None, kind: dict[str, Any]) -> None:
    job = jobs.start("test.work", by=None)
    for _ in range(5):
        jobs.run(job.pk)

    assert kind["runs"] == 1


def test_a_bell_for_a_job_that_is_gone_is_let_pass(db: None, kind: dict[str, Any]) -> None:
    job = jobs.start("test.work", by=None)
    Job.objects.all().delete()

    jobs.run(job.pk)

    assert kind["runs"] == 0


def test_a_refusal_is_shown_and_a_fault_is_not(db: None, kind: dict[str, Any]) -> None:
    def refuse(job: Job, progress: jobs.Progress) -> dict[str, Any]:
        raise Refused("There is nothing to do.")

    def break_down(job: Job, progress: jobs.Progress) -> dict[str, Any]:
        raise KeyError("a secret name")

    shown = []
    for act in (refuse, break_down):
        kind["act"] = act
        job = jobs.start("test.work", by=None)
        jobs.run(job.pk)
        job.refresh_from_db()
        shown.append((job.state, job.error))

    assert shown == [
        (JobState.FAILED, "There is nothing to do."),
        (JobState.FAILED, "Our fault (KeyError). Nothing was changed."),
    ]


def test_cancel_stops_at_the_next_step(db: None, kind: dict[str, Any]) -> None:
    def act(job: Job, progress: jobs.Progress) -> dict[str, Any]:
        progress.step("one", 1, 3)
        jobs.cancel(job=job, by=None)
        progress.step("two", 2, 3)
        raise AssertionError("must not come here")

    kind["act"] = act
    job = jobs.start("test.work", by=None)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.message) == (JobState.CANCELLED, 2, "Cancelled. Nothing was changed.")
    with pytest.raises(Refused, match="over already"):
        jobs.cancel(job=job, by=None)


def test_a_waiting_job_is_cancelled_at_once_and_can_be_run_again(db: None, kind: dict[str, Any]) -> None:
    job = jobs.start("test.work", by=None)
    job = jobs.cancel(job=job, by=None)
    assert job.state == JobState.CANCELLED

    jobs.run_again(job=job, by=None)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.threat("T33")
def test_five_deliveries_at_once_run_once(transactional_db: None, kind: dict[str, Any]) -> None:
    job = jobs.start("test.work", by=None)
    barrier, started = threading.Barrier(5), threading.Event()
    kind["act"] = lambda _job, _progress: {"waited": started.wait(0.2)}

    def deliver() -> None:
        barrier.wait()
        jobs.run(job.pk)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert kind["runs"] == 1
    assert Job.objects.get().state == JobState.DONE

"""A worker killed in the middle of a release: nothing is released, no mail is decided; the next run does it whole."""

import resource
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app

from applications.domain import invariants as applying_invariants
from applications.models import Application, StreamApplication, TrackApplication
from core import clock, jobs, outbox
from core.models import AuditEvent, DemoClock, Job, OutboxMail
from core.states import JobState, MailState
from reviews.domain import invariants
from reviews.domain.batches import approve_batch, release_batch
from reviews.domain.undo import request_undo
from reviews.models import DecisionBatch
from tests.faults.workers import Workers, empty_broker, sessions, until
from tests.reviews.crowd import crowd, proposed
from tests.reviews.factories import add_rubrics
from tests.worlds import World, small_world

POINTS = {
    "in the second chunk": ("applications.domain.releases:_release_part:before", 2),
    "after the mails, before the end": ("core.outbox:enqueue_all:after", 1),
    "after the commit": ("reviews.domain.batches:release_batch:after", 1),
}


@pytest.fixture
def world(transactional_db: None) -> World:
    world = small_world()
    add_rubrics(world)
    # The workers' clock is the demo's.
    DemoClock.objects.create(offset=world.moments["advanced"] - clock.wall())
    return world


def approved(world: World, n: int) -> DecisionBatch:
    batch = proposed(world, crowd(world, n))
    with clock.at(world.moments["review"]):
        return approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])


def released() -> tuple[int, int, int, int]:
    """Count what a release has done: results shown, streams passed on or ended, applications moved, mails."""
    return (
        TrackApplication.objects.exclude(released_state="in_review").count(),
        StreamApplication.objects.exclude(released_state="submitted").count(),
        Application.objects.exclude(released_state="under_review").count(),
        OutboxMail.objects.filter(key__startswith="decision:").count(),
    )


@pytest.mark.threat("T34")
@pytest.mark.parametrize("point", POINTS)
def test_killed_release_is_all_or_nothing_and_done_by_the_next_run(point: str, world: World, workers: Workers) -> None:
    n, others = 600, sessions()
    batch = approved(world, n)
    where, nth = POINTS[point]
    workers.start(kill_at=where, nth=nth, parent=True)
    with clock.at(world.moments["advanced"]):
        job = jobs.start("reviews.release", by=world.people["staff a"], batch_id=batch.pk)
    until(workers.mark.exists, "the kill point is reached")
    workers.kill_all()
    until(lambda: sessions() <= others, "the dead worker's database session is gone")

    assert released() == ((n,) * 4 if point == "after the commit" else (0,) * 4)
    workers.start()
    jobs.revive()
    until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done")

    assert released() == (n,) * 4
    assert AuditEvent.objects.filter(verb="release", object_key=batch.public_id).count() == 1


ACTS = {
    "approve": ("applications.domain.gates:decide_tracks:after", 1),
    "take back": ("applications.domain.gates:_take_back_part:before", 2),
}
EMPTY, WHOLE = "nothing", "everything"


def asked(world: World, act: str, n: int) -> tuple[Job, Callable[[], str]]:
    """Ask for one large act by its job. Returns it, and what tells how far the act is."""
    maker, second = world.people["staff a"], world.people["staff b"]
    if act == "approve":
        batch = proposed(world, crowd(world, n))
        moved = TrackApplication.objects.exclude(internal_state="in_review")
        job = jobs.start("reviews.approve", by=second, batch_id=batch.pk, version=batch.version)
        return job, lambda: {0: EMPTY, n: WHOLE}[moved.count()]
    batch = release_batch(batch=approved(world, n), by=maker)
    counter = request_undo(batch=batch, reason="The line was typed wrongly.", by=maker)
    job = jobs.start("reviews.undo", by=second, batch_id=counter.pk, version=counter.version)
    return job, lambda: {(n,) * 4: EMPTY, (0, 0, 0, n): WHOLE}[released()]


@pytest.mark.threat("T34")
@pytest.mark.parametrize("point", ACTS)
def test_killed_act_on_a_large_batch_is_all_or_nothing_and_done_by_the_next_run(
    point: str, world: World, workers: Workers
) -> None:
    n, others = 600, sessions()
    where, nth = ACTS[point]
    with clock.at(world.moments["advanced"]):
        job, extent = asked(world, point, n)
    # The crowd was inserted in bulk, without snapshots and scores: what else holds before has to hold after.
    sound = [one for one in [*invariants.ALL, *applying_invariants.ALL] if not one().exists()]
    assert len(sound) > 12
    workers.start(kill_at=where, nth=nth, parent=True)
    until(workers.mark.exists, "the kill point is reached")
    workers.kill_all()
    until(lambda: sessions() <= others, "the dead worker's database session is gone")

    assert extent() == EMPTY
    workers.start()
    jobs.revive()
    until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done")

    assert extent() == WHOLE
    assert DecisionBatch.objects.count() == {"approve": 1, "take back": 2}[point]
    for statement in sound:
        assert not statement().exists(), statement.__name__


def timed_release(world: World, n: int, folder: Path) -> dict[str, float]:
    """Approve and release ``n`` decisions here. Returns seconds of each act."""
    batch = proposed(world, crowd(world, n))
    figures = {}
    with clock.at(world.moments["review"]):
        begun = time.perf_counter()
        batch = approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
        figures["approve"] = time.perf_counter() - begun
    job = jobs.start("reviews.release", by=world.people["staff a"], batch_id=batch.pk)
    with clock.at(world.moments["advanced"]):
        begun = time.perf_counter()
        jobs.run(job.pk)
        figures["release"] = time.perf_counter() - begun
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    assert released() == (n,) * 4
    assert OutboxMail.objects.values("key").distinct().count() == n
    counter = None
    for name, by, params in (("ask to undo", "staff a", {"reason": "The line was wrong."}), ("undo", "staff b", {})):
        target = {"batch_id": (counter or batch).pk, **({"version": counter.version} if counter else params)}
        with clock.at(world.moments["advanced"]):
            job = jobs.start(f"reviews.{name.replace(' to ', '_')}", by=world.people[by], **target)
            begun = time.perf_counter()
            jobs.run(job.pk)
            figures[name] = time.perf_counter() - begun
        job.refresh_from_db()
        assert job.state == JobState.DONE, job.error
        counter = batch.counter_batches.get()
    assert released() == (0, 0, 0, n)
    figures["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def test_release_of_many_stays_within_a_budget_of_time(world: World, tmp_path: Path) -> None:
    figures = timed_release(world, 600, tmp_path)

    assert figures["release"] < 20
    assert figures["approve"] < 20
    assert figures["undo"] < 20


@pytest.mark.prove
def test_release_of_22_000_decisions(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = timed_release(world, 22_000, tmp_path)

    with capsys.disabled():
        print("\n22,000 decisions:", {name: round(value, 1) for name, value in figures.items()})


def killed_and_resumed(job: Job, workers: Workers, where: str, extent: Callable[[], tuple]) -> tuple[tuple, float]:
    """Kill the worker in the middle of a job and start another. Returns what the kill left, and seconds to the end."""
    others, long = sessions(), 1200
    workers.start(kill_at=where, nth=22, parent=True)
    until(workers.mark.exists, "the kill point is reached", long)
    workers.kill_all()
    until(lambda: sessions() <= others, "the dead worker's database session is gone", long)
    left, begun = extent(), time.perf_counter()
    workers.start()
    jobs.revive()
    until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done", long)
    workers.kill_all()
    return left, time.perf_counter() - begun


@pytest.mark.prove
@pytest.mark.threat("T34")
def test_killed_release_of_22_000_and_its_taking_back_are_all_or_nothing(
    world: World, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    n, maker, second = 22_000, world.people["staff a"], world.people["staff b"]
    batch = approved(world, n)
    with clock.at(world.moments["advanced"]):
        job = jobs.start("reviews.release", by=maker, batch_id=batch.pk)
    left, to_release = killed_and_resumed(job, workers, "applications.domain.releases:_release_part:before", released)
    assert left == (0,) * 4
    assert released() == (n,) * 4
    assert OutboxMail.objects.values("person").distinct().count() == OutboxMail.objects.count() == n

    with clock.at(world.moments["advanced"]):
        batch.refresh_from_db()
        counter = request_undo(batch=batch, reason="The line was typed wrongly.", by=maker)
        job = jobs.start("reviews.undo", by=second, batch_id=counter.pk, version=counter.version)
    left, to_undo = killed_and_resumed(job, workers, "applications.domain.gates:_take_back_part:before", released)
    assert left == (n,) * 4
    assert released() == (0, 0, 0, n)
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {"stopped"}
    with capsys.disabled():
        print(f"\n22,000 decisions, killed in the middle: nothing done; again {to_release:.0f} s, undo {to_undo:.0f} s")


def put_clock(world: World, moment: str, minutes: int = 0) -> None:
    """Move the workers' clock."""
    DemoClock.objects.update(offset=world.moments[moment] + timedelta(minutes=minutes) - clock.wall())


def seconds_to(condition: Callable[[], bool], what: str) -> float:
    """Wait for long if need be, and return for how long."""
    begun = time.perf_counter()
    until(condition, what, 3600)
    return time.perf_counter() - begun


@pytest.mark.prove
@pytest.mark.threat("T34")
def test_22_000_decision_mails_leave_once_each_through_a_kill(
    world: World, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    """The small version is ``test_mail_kills``."""
    n, mails = 22_000, OutboxMail.objects.all()
    batch = approved(world, n)
    put_clock(world, "advanced")
    workers.start()
    job = jobs.start("reviews.release", by=world.people["staff a"], batch_id=batch.pk)
    seconds_to(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done")
    assert released() == (n,) * 4
    assert not mails.exclude(state=MailState.QUEUED).exists(), "nothing leaves within the time to think again"
    workers.kill_all()
    empty_broker()

    put_clock(world, "advanced", minutes=15)
    workers.start(kill_at="core.outbox:hand_over:after", nth=n // 2, parent=True)
    outbox.ring()
    seconds_to(mails.filter(state=MailState.SENT).exists, "sending began")
    first = seconds_to(workers.mark.exists, "the kill point is reached")
    workers.kill_all()
    assert mails.filter(state=MailState.SENT).count() == n // 2 - 1

    seconds_to(lambda: mails.filter(claimed_at__lt=clock.wall() - timedelta(seconds=1)).exists(), "the claim is stale")
    workers.start()
    current_app.send_task("core.tasks.sweep_outbox", queue="mail")
    seconds_to(lambda: mails.filter(state=MailState.SENT).count() > n // 2, "sending goes on")
    second = seconds_to(
        lambda: not mails.filter(state__in=[MailState.QUEUED, MailState.SENDING]).exists(), "outbox drained"
    )
    delivered = workers.delivered()
    assert set(delivered) == {outbox.message_id(mail) for mail in mails}, "each arrived, that of the kill too"
    assert max(delivered.values()) == 1
    assert mails.filter(state=MailState.UNKNOWN).count() == 1, "about that one a person has to say so"
    assert mails.filter(state=MailState.SENT).count() == n - 1
    with capsys.disabled():
        print(f"\n{n} mails: {n / 2 / first:.0f} a second until the kill, {n / 2 / second:.0f} after it; 1 unknown")

"""A worker killed anywhere in a match run: started again it gives the very result of a run that nobody disturbed."""

import random
import time

import pytest

from core import clock, jobs
from core.models import DemoClock, Job
from core.states import JobState
from matching.domain.runs import start_run
from matching.models import MatchRun
from matching.states import RunState
from tests.faults.workers import Workers, sessions, until
from tests.matching.scenes import Scene, computed, ranked_scene

POINTS = {
    "before it begins": "core.jobs:begin:before",
    "after it began": "core.jobs:begin:after",
    "before the freeze": "matching.domain.runs:freeze_inputs:before",
    "after the freeze": "matching.domain.runs:freeze_inputs:after",
    "before the solution": "matching.engine.solver:match:before",
    "after the certificate": "matching.engine.certificate:verify:after",
    "before it is stored": "matching.domain.runs:store_result:before",
    "after it is stored": "matching.domain.runs:store_result:after",
    "before the job is closed": "core.jobs:end:before",
}
SEED = "of the test"


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    scene = ranked_scene(extra=30)
    # The workers' clock is the demo's: moved by one row to after the lock.
    DemoClock.objects.create(offset=scene.world.moments["matching"] - clock.wall())
    return scene


def undisturbed(scene: Scene) -> tuple[str, str]:
    """Compute the same run here, and put it aside."""
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene, SEED)
    return run.inputs_sha256, run.result_sha256


def asked(scene: Scene) -> MatchRun:
    with clock.at(scene.world.moments["matching"]):
        return start_run(cycle=scene.world.cycle, seed=SEED, by=scene.world.people["staff a"])


def finish(workers: Workers, job: Job, others: set[int]) -> None:
    """Let the sweep find the job of the dead worker, and a healthy one do it."""
    bury(workers, others)
    workers.start()
    jobs.revive()
    until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done")


def bury(workers: Workers, others: set[int]) -> None:
    """End what is left of the workers and wait until the database has noticed."""
    workers.kill_all()
    until(lambda: sessions() <= others, "the dead worker's database session is gone")


@pytest.mark.threat("T34")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_ends_as_if_nothing_had_happened(point: str, scene: Scene, workers: Workers) -> None:
    expected, others = undisturbed(scene), sessions()
    workers.start(kill_at=POINTS[point], parent=True)
    run = asked(scene)
    until(workers.mark.exists, "the kill point was reached")
    workers.kill_all()
    assert Job.objects.get(pk=run.job_id).state in {JobState.QUEUED, JobState.RUNNING}, "unfinished at the kill"

    finish(workers, run.job, others)

    run.refresh_from_db()
    assert (run.inputs_sha256, run.result_sha256) == expected
    assert run.state == RunState.COMPUTED
    assert MatchRun.objects.filter(number=run.number).count() == 1


@pytest.mark.threat("T34")
def test_runs_killed_at_random_end_as_if_nothing_had_happened(scene: Scene, workers: Workers) -> None:
    """Ten kills while the job runs, at moments drawn from a fixed seed."""
    expected, draw, others = undisturbed(scene), random.Random(20261122), sessions()
    run, kills = asked(scene), 0
    points = [*POINTS.values()]
    for _ in range(10):
        # The whole worker: a pool child alone is replaced at once, and the job may end before we look.
        workers.start(kill_at=draw.choice(points[:7]), parent=True)
        jobs.revive()
        until(workers.mark.exists, "the kill point was reached")
        bury(workers, others)
        assert Job.objects.get(pk=run.job_id).state in {JobState.QUEUED, JobState.RUNNING}, "unfinished at the kill"
        kills += 1

    finish(workers, run.job, others)

    run.refresh_from_db()
    assert kills == 10
    assert (run.inputs_sha256, run.result_sha256) == expected


@pytest.mark.threat("T33")
def test_five_bells_for_one_run_compute_it_once(scene: Scene, workers: Workers) -> None:
    run = asked(scene)
    workers.start()
    for _ in range(5):
        jobs.ring(run.job)
    until(lambda: Job.objects.get(pk=run.job_id).state == JobState.DONE, "the job is done")
    time.sleep(1)

    assert Job.objects.get(pk=run.job_id).attempts == 1

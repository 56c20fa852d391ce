"""A worker killed while it erases what fell due: started again it leaves what an undisturbed one leaves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from applications.models import Answer, Application
from core import clock, jobs
from core.models import AuditEvent, DemoClock, Job
from core.states import JobState
from mats_portal.desk.models import RetentionRun
from mats_portal.desk.retention import erasing
from tests.applications.factories import under_review
from tests.faults.workers import Workers, until
from tests.worlds import World, small_world

POINTS = {
    "in the middle of the rows": ("mats_portal.desk.retention.erasing:delete_rows:before", 2),
    "before it is written down": ("mats_portal.desk.retention.erasing:settle_item:before", 2),
}
LATER = datetime(2027, 12, 5, tzinfo=UTC)


@pytest.fixture
def world(transactional_db: None, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    world = small_world()
    for who in ("applicant", "other applicant"):
        application = under_review(world, who)
        application.track_applications.update(internal_state="not_advanced", released_state="not_advanced")
    Application.objects.update(internal_state="closed", released_state="closed")
    DemoClock.objects.create(offset=LATER - clock.wall())
    return world


@pytest.mark.threat("T38")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_erasure_ends_as_a_whole_one(point: str, world: World, workers: Workers) -> None:
    where, nth = POINTS[point]
    workers.start(kill_at=where, nth=nth, parent=True)
    with clock.at(LATER):
        run = erasing.propose_run(cycle=world.cycle, kind="unsuccessful", by=world.people["staff a"])
        run = erasing.confirm_run(run=run, by=world.people["staff b"])
    until(workers.mark.exists, "the kill point was reached")
    workers.kill_all()
    job = Job.objects.get(pk=run.job_id)
    assert job.state in {JobState.QUEUED, JobState.RUNNING}, "unfinished at the kill"

    workers.start()

    def done() -> bool:
        jobs.revive()
        return Job.objects.get(pk=job.pk).state == JobState.DONE

    until(done, "the job is done")
    run = RetentionRun.objects.get(pk=run.pk)
    assert (run.state, run.items.filter(done_at=None).count()) == ("done", 0)
    assert run.counts["applications.Answer"] > 0
    assert not Answer.objects.exists()
    assert Application.objects.count() == 2
    assert AuditEvent.objects.filter(verb="erase_application").count() == 2

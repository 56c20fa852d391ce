"""A worker killed anywhere while it deletes a person: started again it leaves what an undisturbed one leaves."""

from pathlib import Path

import pytest

from accounts.models import User
from applications.models import Answer, Application
from core import clock, jobs
from core.models import AuditEvent, DemoClock, Job, OutboxMail
from core.states import JobState
from mats_portal.desk.models import DeletionRequest, DeletionState
from mats_portal.desk.privacy import deleting
from tests.applications.factories import under_review
from tests.faults.workers import Workers, until
from tests.worlds import MOMENTS, World, small_world

DELETING = "mats_portal.desk.privacy.deleting"
POINTS = {
    "before it is counted": (f"{DELETING}:begin:before", 1),
    "after leaving the cycle": (f"{DELETING}:leave_cycles:after", 1),
    "in the middle of the rows": (f"{DELETING}:delete_rows:before", 2),
    "while texts are taken out": (f"{DELETING}:empty_rows:after", 2),
    "after the last word": (f"{DELETING}:empty_account:after", 1),
    "before the job is closed": ("core.jobs:end:before", 1),
}


@pytest.fixture
def world(transactional_db: None, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    world = small_world()
    under_review(world)
    DemoClock.objects.create(offset=MOMENTS["offers"] + deleting.COOLING - clock.wall())
    return world


@pytest.mark.threat("T38")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_deletion_ends_as_a_whole_one(point: str, world: World, workers: Workers) -> None:
    person = world.people["applicant"]
    address = person.email
    with clock.at(MOMENTS["review"]):
        request = deleting.request_deletion(person=person, by=person)
    where, nth = POINTS[point]
    workers.start(kill_at=where, nth=nth, parent=True)
    with clock.at(MOMENTS["offers"] + deleting.COOLING):
        assert deleting.start_due() == 1
    until(workers.mark.exists, "the kill point was reached")
    workers.kill_all()
    job = DeletionRequest.objects.get(pk=request.pk).job
    assert job.state in {JobState.QUEUED, JobState.RUNNING}, "unfinished at the kill"

    workers.start()

    def done() -> bool:
        jobs.revive()
        return Job.objects.get(pk=job.pk).state == JobState.DONE

    until(done, "the job is done")
    request.refresh_from_db()
    assert request.state == DeletionState.DONE
    assert request.counts["applications.Answer"] > 0, "counted before the first row went"
    assert not Answer.objects.filter(application__person=person).exists()
    assert Application.objects.filter(person=person).count() == 1
    assert User.objects.get(pk=person.pk).email.endswith("@deleted.invalid")
    assert AuditEvent.objects.filter(verb="delete_person").count() == 1
    assert OutboxMail.objects.filter(key__startswith=deleting.FAREWELL).count() == 1, "one last word"
    left = OutboxMail.objects.exclude(key__startswith=deleting.FAREWELL).filter(to=address)
    assert not left.exists()

"""A worker killed anywhere while it writes an export: started again it leaves one whole file."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from core import clock, jobs
from core.models import AuditEvent, DemoClock, Job
from core.states import JobState
from mats_portal.desk.exports.domain import request_export
from mats_portal.desk.models import ExportFile
from tests.faults.workers import Workers, until
from tests.matching.scenes import Scene, ranked_scene

WRITING = "mats_portal.desk.exports.domain"
POINTS = {
    "before it begins": "core.jobs:begin:before",
    "before the rows": f"{WRITING}:_cells:before",
    "after the rows": f"{WRITING}:_sha256:before",
    "after the file was kept": f"{WRITING}:finish_export:before",
    "after it was noted": f"{WRITING}:finish_export:after",
    "before the job is closed": "core.jobs:end:before",
}


@pytest.fixture
def scene(transactional_db: None, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    scene = ranked_scene(extra=20)
    DemoClock.objects.create(offset=scene.world.moments["matching"] - clock.wall())
    return scene


@pytest.mark.threat("T34")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_export_ends_as_one_whole_file(point: str, scene: Scene, workers: Workers) -> None:
    workers.start(kill_at=POINTS[point], parent=True)
    with clock.at(scene.world.moments["matching"]):
        export = request_export(
            kind="people",
            cycle=scene.world.cycle,
            columns=["reference", "name", "tracks"],
            filters={},
            purpose="A list that survives",
            file_format="xlsx",
            by=scene.world.people["staff a"],
        )
    until(workers.mark.exists, "the kill point was reached")
    workers.kill_all()
    assert Job.objects.get(pk=export.job_id).state in {JobState.QUEUED, JobState.RUNNING}, "unfinished at the kill"

    workers.start()
    jobs.revive()

    def done() -> bool:
        jobs.revive()
        return Job.objects.get(pk=export.job_id).state == JobState.DONE

    until(done, "the job is done")
    export = ExportFile.objects.get(pk=export.pk)
    assert export.n_rows == 26
    assert default_storage.size(export.storage_name) == export.size
    assert [file.name for file in (workers.folder / "media" / "exports").iterdir()] == [
        export.storage_name.removeprefix("exports/")
    ]
    assert AuditEvent.objects.filter(verb="make_export").count() == 1

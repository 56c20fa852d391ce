"""Files: whose rows and columns they hold, who takes them, and for how long."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import RoleGrant, User
from applications.models import Application, TrackApplication
from core import clock, jobs
from core.models import AuditEvent, Job
from core.refusals import Refused
from core.states import JobState
from matching.models import Offer
from mats_portal.desk.exports import domain
from mats_portal.desk.exports.sets import SETS
from mats_portal.desk.models import ExportFile
from mats_portal.desk.tasks import forget_exports
from questions.models import FormItem, Question
from tests.desk.exports.making import SETTINGS, as_user, keys, made, parsed
from tests.desk.exports.planting import planted
from tests.matching.scenes import Scene
from tests.worlds import MOMENTS


@pytest.mark.parametrize(("kind", "model"), [("people", Application), ("offers", Offer), ("reading", TrackApplication)])
def test_file_has_all_rows_and_says_how_many(scene, staff, kind, model):
    export = made(scene, staff, kind)

    head, *rows = parsed(export)

    assert head == [column.label for column in SETS[kind].columns(scene.world.cycle) if column.key in export.columns]
    assert len(rows) == export.n_rows == model.objects.count() > 4
    assert export.size == default_storage.size(export.storage_name)


def test_filters_hold_for_the_file(scene, staff):
    export = made(scene, staff, columns=["reference", "name"], filters={"q": "ada", "track": "", "none": "x"})

    assert [row[1] for row in parsed(export)[1:]] == ["Ada"]
    assert export.filters == {"q": "ada"}


def test_own_record_is_in_no_file_that_a_person_makes(scene, staff):
    ada = scene.finalists["ada"]
    Application.objects.filter(pk=ada.pk).update(person=staff)

    for kind in SETS:
        assert ada.reference not in [row[0] for row in parsed(made(scene, staff, kind))]
        other = scene.world.people["staff b"]
        assert ada.reference in [row[0] for row in parsed(made(scene, other, kind))], "control: others see it"


def test_demographics_are_no_column_and_logistics_are_for_admins(scene, staff):
    version = scene.world.cycle.general_form.versions.get()
    for number, data_class in enumerate(["demographic", "special"]):
        question = Question.objects.create(code=data_class, kind="short_text", text="?", data_class=data_class)
        FormItem.objects.create(version=version, question=question, order=90 + number, section="motivation")

    offered = {column.key for column in SETS["people"].columns(scene.world.cycle)}

    assert {"answer-why", "answer-places"} <= offered
    assert offered & {"answer-demographic", "answer-special"} == set()
    for locked in ("answer-places", "answer-demographic"):
        with pytest.raises(Refused):
            made(scene, staff, columns=["reference", locked])
    assert made(scene, scene.world.people["admin"], columns=["answer-places"]).n_rows == 6


def test_rights_are_asked_again_when_the_file_is_written(scene, staff):
    export = domain.request_export(kind="people", cycle=scene.world.cycle, by=staff, **SETTINGS, columns=["reference"])
    RoleGrant.objects.filter(user=staff).update(revoked_at=clock.now())

    jobs.run(export.job_id)

    job = Job.objects.get(pk=export.job_id)
    assert (job.state, job.error) == (JobState.FAILED, "Only staff make exports.")
    assert not default_storage.exists(export.storage_name)


@pytest.mark.threat("T02")
def test_only_the_maker_takes_a_file(scene, staff):
    export = made(scene, staff, file_format="xlsx")
    url = f"/console/exports/{export.public_id}/file/"

    response = as_user(staff).post(url)

    assert b"".join(response.streaming_content) == default_storage.open(export.storage_name).read()
    assert response.headers["Content-Disposition"].startswith('attachment; filename="people-autumn-2026-')
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for name in ("staff b", "admin", "observer", "ada", "empirical lead", "alpha mentor"):
        assert as_user(scene.user(name)).post(url).status_code == 404, name
    assert Client().post(url).status_code == 302
    assert as_user(staff).get(url).status_code == 405
    export.refresh_from_db()
    assert export.downloads == 1
    assert AuditEvent.objects.filter(verb="download_export", actor=staff, object_key=export.public_id).count() == 1


def test_file_lies_under_a_name_that_nobody_guesses_readable_by_the_server_alone(scene, staff, settings):
    export = made(scene, staff)
    path = settings.MEDIA_ROOT / export.storage_name

    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(path.name) == 32
    assert export.public_id not in path.name
    assert staff.public_id not in path.name


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 404), (1, 404)])
def test_file_can_be_taken_for_a_day_to_the_second(scene, staff, seconds, status):
    export = made(scene, staff)
    end = MOMENTS["offers"] + timedelta(hours=24)

    with clock.at(end + timedelta(seconds=seconds)):
        forget_exports()
        client = as_user(staff)
        assert client.post(f"/console/exports/{export.public_id}/file/").status_code == status
        listed = export.public_id in client.get("/console/exports/").content.decode()

    assert listed == (status == 200)
    assert default_storage.exists(export.storage_name) == (status == 200)


def test_forgetting_twice_forgets_once_and_spares_what_is_fresh(scene, staff):
    old = made(scene, staff)
    with clock.at(MOMENTS["offers"] + timedelta(hours=20)):
        fresh = made(scene, staff)

    with clock.at(MOMENTS["offers"] + timedelta(hours=25)):
        assert (domain.forget_exports(), domain.forget_exports()) == (1, 0)

    assert not default_storage.exists(old.storage_name)
    assert default_storage.exists(fresh.storage_name)
    assert AuditEvent.objects.filter(verb="forget_export").count() == 1


def test_job_run_again_leaves_one_and_the_same_file(scene, staff, settings):
    export = made(scene, staff, file_format="xlsx")
    before = (export.sha256, export.ready_at)
    # As if killed before the row was written: the file is there, perhaps only half of it.
    (settings.MEDIA_ROOT / export.storage_name).write_bytes(b"half")
    ExportFile.objects.filter(pk=export.pk).update(ready_at=None)
    Job.objects.filter(pk=export.job_id).update(state=JobState.RUNNING)

    jobs.run(export.job_id)
    jobs.run(export.job_id)

    export.refresh_from_db()
    assert (export.sha256, export.ready_at) == before
    assert len(parsed(export)) == 7
    assert len(list((settings.MEDIA_ROOT / "exports").iterdir())) == 1


def queries(scene: Scene, staff: User, kind: str) -> int:
    export = domain.request_export(
        kind=kind, cycle=scene.world.cycle, by=staff, **SETTINGS, columns=keys(kind, scene, staff)
    )
    with CaptureQueriesContext(
        connection,
    ) as captured:
        jobs.run(export.job_id)
    return len(captured)


@pytest.mark.parametrize("kind", list(SETS))
def test_number_of_queries_does_not_grow_with_the_rows(scene, staff, kind):
    few = queries(scene, staff, kind)
    planted(scene)

    assert queries(scene, staff, kind) == few

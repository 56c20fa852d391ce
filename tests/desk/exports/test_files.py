"""Exports: what is in a file, that it is no formula, whose it is, and for how long."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl.utils.escape import unescape

from accounts.models import RoleGrant, User
from applications.domain.snapshots import take_snapshot
from applications.models import AnswerSnapshot, Application, StreamApplication, TrackApplication
from applications.states import AnswerScope, ApplicationState
from core import clock, jobs
from core.models import AuditEvent, Job
from core.refusals import Refused
from core.states import JobState
from matching.models import MatchRun, Offer
from mats_portal.desk.exports import domain
from mats_portal.desk.exports.sets import SETS
from mats_portal.desk.exports.writing import write_csv, write_xlsx
from mats_portal.desk.models import ExportFile, SavedExport
from mats_portal.desk.tasks import forget_exports
from questions.models import FormItem, Question
from streams.models import Site, Stream, Track
from tests.desk.formulas import FORMULAS
from tests.matching.scenes import Scene, offered_scene
from tests.worlds import MOMENTS, person

SETTINGS: dict[str, Any] = {"filters": {}, "purpose": "A test of the files", "file_format": "csv"}


@pytest.fixture
def scene(db, settings, tmp_path: Path) -> Iterator[Scene]:
    settings.MEDIA_ROOT = tmp_path / "media"
    scene, _ = offered_scene()
    with clock.at(MOMENTS["offers"]):
        yield scene


@pytest.fixture
def staff(scene: Scene) -> User:
    return scene.world.people["staff a"]


def keys(kind: str, scene: Scene, user: User) -> list[str]:
    """Return every column that ``user`` may take."""
    return [column.key for column in SETS[kind].columns(scene.world.cycle) if not domain.lock_reason(column, user)]


def made(scene: Scene, by: User, kind: str = "people", **settings: Any) -> ExportFile:
    """Ask for a file and let the job write it."""
    asked = SETTINGS | {"columns": keys(kind, scene, by)} | settings
    export = domain.request_export(kind=kind, cycle=scene.world.cycle, by=by, **asked)
    jobs.run(export.job_id)
    export.refresh_from_db()
    assert export.job.state == JobState.DONE, export.job.error
    return export


def plain(value: Any) -> Any:
    """Return what a spreadsheet shows; the library leaves the escapes of the format standing."""
    return unescape(value) if isinstance(value, str) else "" if value is None else value


def parsed(export: ExportFile) -> list[list[Any]]:
    """Read a file back: the head, then the rows."""
    data = default_storage.open(export.storage_name).read()
    if export.file_format == "csv":
        return list(csv.reader(io.StringIO(data.decode(), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    types = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert types <= {"s", "n"}, "no cell is a formula"
    return [[plain(cell.value) for cell in row] for row in sheet.iter_rows()]


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def planted(scene: Scene) -> dict[str, set[str]]:
    """Give each of sixty people, streams and tracks one of the texts in everything that a column shows.

    Returns, for each set and column, the texts that must come back.
    """
    cycle, run = scene.world.cycle, MatchRun.objects.get()
    question = Question.objects.get(code="why")
    for number, text in enumerate(FORMULAS):
        who = person(f"planted {number}")
        User.objects.filter(pk=who.pk).update(display_name=text, email=f"{text}@{number}.example")
        track = Track.objects.create(cycle=cycle, slug=f"t{number}", name=text, summary="-", order=100 + number)
        site = Site.objects.create(slug=f"s{number}", name=text, city="-", timezone="UTC")
        stream = Stream.objects.create(
            cycle=cycle, slug=f"x{number}", title=text, summary="-", host_org=text, site=site,
            selection_mode="joint_selection",
        )  # fmt: skip
        application = Application.objects.create(
            person=who, cycle=cycle, reference=text[:20], internal_state="final", released_state="final",
            submitted_at=clock.now(),
        )  # fmt: skip
        TrackApplication.objects.create(application=application, track=track)
        wish = StreamApplication.objects.create(application=application, stream=stream)
        item = {
            "code": question.code, "kind": question.kind, "data_class": "none", "value": text, "display": text,
        }  # fmt: skip
        take_snapshot(
            application=application, scope=AnswerScope.GENERAL, scope_key="", submitted_at=clock.now(),
            content=[{"title": "", "items": [item]}],
        )  # fmt: skip
        Offer.objects.create(
            application=application, stream_application=wish, stream=stream, run=run, seat=1, expires_at=clock.now()
        )
    every = set(FORMULAS)
    addresses = {f"{text}@{number}.example" for number, text in enumerate(FORMULAS)}
    with_state = {f"{text}: chosen" for text in FORMULAS}
    return {
        "people": {"Reference": {text[:20] for text in FORMULAS}, "Name": every, "E-mail address": addresses,
                   "Tracks": with_state, "Streams": {f"{text}: draft" for text in FORMULAS}, "Why?": every},
        "offers": {"Reference": {text[:20] for text in FORMULAS}, "Name": every, "E-mail address": addresses,
                   "Stream": every, "Site": every, "Host organisation": every},
        "reading": {"Reference": {text[:20] for text in FORMULAS}, "Track": every},
    }  # fmt: skip


@pytest.mark.threat("T11")
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_sixty_formulas_in_every_text_column_come_back_as_text(scene, file_format):
    assert len(set(FORMULAS)) == 60
    admin, expected = scene.world.people["admin"], planted(scene)
    # The first word of a track's state is the table's, not ours to repeat here.
    label = TrackApplication.objects.filter(track__slug="t0").get().get_internal_state_display().lower()
    expected["people"]["Tracks"] = {f"{text}: {label}" for text in FORMULAS}
    cells = 0
    for kind, columns in expected.items():
        head, *rows = parsed(made(scene, admin, kind, file_format=file_format))
        for name, texts in columns.items():
            found = [row[head.index(name)] for row in rows]
            if file_format == "csv":
                starts = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
                assert [cell for cell in found if cell.lstrip(" ").startswith(starts)] == []
                found = [cell.removeprefix("'") for cell in found]
            assert texts <= set(found), (kind, name, texts - set(found))
            cells += len(texts)
    assert cells == 14 * 60


@pytest.mark.threat("T11")
def test_control_a_plain_writer_lets_formulas_through():
    book = openpyxl.Workbook()
    book.active.append(["=1+1"])
    file = io.BytesIO()
    book.save(file)

    assert openpyxl.load_workbook(file).active["A1"].data_type == "f"


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_odd_letters_and_long_numbers_come_back(write):
    cells = ["_x000D_ and _xyz_", "a\u0001b", "tab\tline\nend\r\n", "😀", 12, None]
    file = io.BytesIO()

    assert write(file, ["a"] * 6, [cells] * 3, "mark & foot") == 3

    if write is write_csv:
        assert list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))[1] == [*cells[:4], "12", ""]
    else:
        sheet = openpyxl.load_workbook(file).active
        assert [plain(cell.value) for cell in sheet[2]] == [*cells[:5], ""]
        assert (sheet.cell(2, 1).number_format, sheet.cell(2, 5).data_type) == ("@", "n")
        assert sheet.oddFooter.left.text == "mark && foot"


def test_what_a_spreadsheet_cannot_hold_is_refused():
    with pytest.raises(Refused, match="32767 characters"):
        write_xlsx(io.BytesIO(), ["a"], [["x" * 32_768]])

    assert write_csv(io.BytesIO(), ["a"], [["x" * 32_768]]) == 1


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_memory_does_not_grow_with_the_rows(write, tmp_path):
    def peak(n_rows: int) -> int:
        with (tmp_path / "file").open("wb") as file:
            tracemalloc.start()
            assert write(file, ["a"] * 4, (["text" * 25, "=1", number, None] for number in range(n_rows))) == n_rows
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(100)
    assert peak(20_000) < peak(500) + 200_000


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


def test_pages_ask_the_same_number_of_queries_for_one_file_and_for_many(scene, staff):
    client = as_user(staff)
    made(scene, staff)
    client.get("/console/exports/")
    with CaptureQueriesContext(connection) as one:
        client.get("/console/exports/")
    for _ in range(5):
        made(scene, staff)
    with CaptureQueriesContext(connection) as many:
        assert client.get("/console/exports/").content.count(b"Download<") == 6

    assert len(many) == len(one)


def test_counts_come_before_the_file_and_the_choice_is_kept(scene, staff):
    client = as_user(staff)
    page = client.get("/console/exports/new/?set=people").content.decode()
    assert "6 rows of Autumn 2026" in page
    assert "Locked: Only admins export logistics and documents." in page

    chosen = {"columns": ["reference", "email"], "file_format": "csv", "purpose": "Seats for the opening day"}
    chosen |= {"save_as": "Addresses", "track": "empirical"}
    check = client.post("/console/exports/new/?set=people", chosen)
    assert "6 rows, 2 columns, contains contact data" in check.content.decode()
    assert not ExportFile.objects.exists()

    made_it = client.post("/console/exports/new/?set=people", chosen | {"act": "make"})
    export = ExportFile.objects.get()
    assert made_it.headers["Location"] == export.job.get_absolute_url()
    assert (export.columns, export.filters) == (["reference", "email"], {"track": "empirical"})
    saved = SavedExport.objects.get()
    again = client.get(f"/console/exports/new/?set=people&saved={saved.public_id}").content.decode()
    assert [key for key in ("reference", "email", "name") if f'id="column-{key}" checked' in again] == [
        "reference",
        "email",
    ]

    assert (
        as_user(scene.world.people["staff b"]).post(f"/console/exports/choices/{saved.public_id}/remove/").status_code
        == 404
    )
    client.post(f"/console/exports/choices/{saved.public_id}/remove/")
    assert not SavedExport.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"purpose": " "}, "Say what the file is for."),
        ({"purpose": "why"}, "Say it in a sentence."),
        ({"columns": []}, "Choose at least one column."),
        ({"columns": ["answer-places"]}, "The column “answer-places” cannot be chosen."),
        ({"columns": ["password"]}, "The column “password” cannot be chosen."),
    ],
)
def test_form_says_what_is_wrong_and_makes_nothing(scene, staff, spoil, said):
    chosen = {"columns": ["reference"], "file_format": "csv", "purpose": "Seats for the opening day", "act": "make"}

    response = as_user(staff).post("/console/exports/new/?set=people", chosen | spoil)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not ExportFile.objects.exists()


def test_unknown_set_is_not_there_and_nothing_yet_is_said(scene, staff):
    assert as_user(staff).get("/console/exports/new/?set=secrets").status_code == 404
    assert "No exports in the last 24 hours." in as_user(staff).get("/console/exports/").content.decode()


def test_nobody_but_staff_exports(scene):
    for name in ("observer", "empirical lead", "alpha mentor", "reviewer a", "ada"):
        assert as_user(scene.user(name)).get("/console/exports/").status_code == 403, name
        with pytest.raises(Refused):
            made(scene, scene.user(name), columns=["reference"])
    assert Application.objects.filter(internal_state=ApplicationState.OFFERED).exists(), "liveness: there are people"
    assert AnswerSnapshot.objects.exists()

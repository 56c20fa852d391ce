"""Making a file the way a person does, and reading it back."""

import csv
import io
from typing import Any

import openpyxl
from django.core.files.storage import default_storage
from django.test import Client
from openpyxl.utils.escape import unescape

from accounts.models import User
from core import jobs
from core.states import JobState
from mats_portal.desk.exports import domain
from mats_portal.desk.exports.sets import SETS
from mats_portal.desk.models import ExportFile
from tests.matching.scenes import Scene

SETTINGS: dict[str, Any] = {"filters": {}, "purpose": "A test of the files", "file_format": "csv"}


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

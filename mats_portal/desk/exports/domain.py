"""Ask for a file, make it, take it, forget it."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from core import audit, clock, jobs
from core.refusals import Refused
from core.transitions import locked
from mats_portal.desk.exports.queries import LIFE, exports_takeable_by
from mats_portal.desk.exports.sets import SETS, Cell, Column, ExportSet, lock_reason
from mats_portal.desk.exports.writing import write_csv, write_xlsx
from mats_portal.desk.models import ExportFile, ExportFormat, SavedExport
from mats_portal.desk.taking import take_file
from streams.models import Cycle

JOB_KIND = "desk.export"
WRITERS = {ExportFormat.CSV: write_csv, ExportFormat.XLSX: write_xlsx}
#: Rows fetched at a time from the cursor on the server.
CHUNK = 1000


@transaction.atomic
def request_export(
    *,
    kind: str,
    cycle: Cycle,
    columns: Sequence[str],
    filters: Mapping[str, str],
    purpose: str,
    file_format: str,
    by: Any,
) -> ExportFile:
    """Ask for a file; a job writes it. Raises ``Refused`` without a purpose or for a column that is not theirs."""
    chosen = _chosen(SETS[kind], cycle, columns, by)
    if not purpose.strip():
        raise Refused("Say what the file is for.")
    kept = {name: filters[name] for name in SETS[kind].filters if filters.get(name)}
    export = ExportFile.objects.create(
        maker=by,
        cycle=cycle,
        kind=kind,
        filters=kept,
        columns=[column.key for column in chosen],
        file_format=file_format,
        purpose=purpose.strip(),
    )
    export.job = jobs.start(JOB_KIND, by=by, export=export.pk)
    export.save(update_fields=["job"])
    audit.record("request_export", export, by=by, set=kind, columns=export.columns, purpose=export.purpose)
    return export


def make_file(export: ExportFile, progress: jobs.Progress) -> ExportFile:
    """Write the file of ``export``. Killed anywhere and run again, it leaves the same one file."""
    export = ExportFile.objects.select_related("maker", "cycle").get(pk=export.pk)
    if export.ready_at:
        return export
    if export.forgotten_at:
        raise Refused("This export was asked for too long ago. Ask for it again.")
    kind = SETS[export.kind]
    # Their rights are those of now, not of the moment of asking.
    columns = _chosen(kind, export.cycle, export.columns, export.maker)
    rows = kind.rows(export.maker, export.cycle, export.filters)
    total = rows.count()
    with tempfile.TemporaryFile() as file:  # has no name: it vanishes with the process, whatever happens to that
        cells = _cells(kind.gather(rows, export.columns), columns, progress, total)
        mark = f"{export.maker.email} · {export.public_id} · {export.purpose}"
        n_rows = WRITERS[ExportFormat(export.file_format)](file, [column.label for column in columns], cells, mark)
        size, sha256 = file.tell(), _sha256(file)
        progress.step("Keeping the file", total, total)
        default_storage.delete(export.storage_name)  # what a killed run may have left
        default_storage.save(export.storage_name, File(file))
    return finish_export(export=export, n_rows=n_rows, size=size, sha256=sha256)


@transaction.atomic
def finish_export(*, export: ExportFile, n_rows: int, size: int, sha256: str) -> ExportFile:
    """Let the maker take the file from now on, for a day."""
    export = locked(export)
    now = clock.now()
    export.n_rows, export.size, export.sha256 = n_rows, size, sha256
    export.ready_at, export.expires_at = now, now + LIFE
    export.save(update_fields=["n_rows", "size", "sha256", "ready_at", "expires_at"])
    audit.record("make_export", export, by=export.maker, rows=n_rows, sha256=sha256)
    return export


@transaction.atomic
def take_export(*, export: ExportFile, by: Any) -> IO[bytes]:
    """Open the file for its maker and note that it was taken. Raises ``Refused`` if it is not there for them."""
    return take_file(row=export, takeable=exports_takeable_by(by), verb="download_export", by=by, sha256=export.sha256)


@transaction.atomic
def save_choice(*, kind: str, name: str, columns: Sequence[str], by: Any) -> SavedExport:
    """Keep a choice of columns under ``name``; an older one of that name is replaced."""
    saved, _ = SavedExport.objects.update_or_create(
        owner=by, name=name.strip(), defaults={"kind": kind, "columns": list(columns)}
    )
    audit.record("save_export_choice", saved, by=by, set=kind, columns=list(columns))
    return saved


@transaction.atomic
def remove_choice(*, saved: SavedExport, by: Any) -> None:
    """Forget a saved choice of columns."""
    audit.record("remove_export_choice", saved, by=by)
    saved.delete()


def forget_exports() -> int:
    """Delete the files whose day is over, and what unfinished jobs left. Returns how many; safe to run twice."""
    now = clock.now()
    old = ExportFile.objects.filter(forgotten_at__isnull=True, created_at__lte=now - LIFE).order_by("pk")
    forgotten = 0
    for pk in old.values_list("pk", flat=True):
        with transaction.atomic():
            export = locked(ExportFile(pk=pk))
            if export.forgotten_at or (export.expires_at and export.expires_at > now):
                continue
            # The file first: a kill in between leaves a row that is looked at again, never a file without one.
            default_storage.delete(export.storage_name)
            ExportFile.objects.filter(pk=pk).update(forgotten_at=now)
            audit.record("forget_export", export, by=None)
        forgotten += 1
    return forgotten


def _chosen(kind: ExportSet, cycle: Cycle, keys: Sequence[str], user: Any) -> list[Column]:
    """Return the columns called ``keys`` in the order of the set. Raises ``Refused`` for one that is not theirs."""
    if not user.has_perm("desk.make_exports"):
        raise Refused("Only staff make exports.")
    known = {column.key: column for column in kind.columns(cycle)}
    for key in keys:
        if key not in known:
            raise Refused(f"There is no column “{key}” in this set any more. Choose the columns anew.")
        if reason := lock_reason(known[key], user):
            raise Refused(f"{known[key].label}: {reason}")
    chosen = [column for key, column in known.items() if key in keys]
    if not chosen:
        raise Refused("Choose at least one column.")
    return chosen


def _cells(rows: Any, columns: list[Column], progress: jobs.Progress, total: int) -> Iterator[list[Cell]]:
    """Yield the cells of each row from a cursor on the server, and say now and then how far it is."""
    for number, row in enumerate(rows.iterator(chunk_size=CHUNK)):
        if number % CHUNK == 0:
            progress.step("Writing rows", number, max(total, number))
        yield [column.cell(row) for column in columns]


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a file as good as any
    file.seek(0)
    return found

"""A copy of everything the portal holds of one person: asked for, written by a job, taken by nobody else, forgotten."""

import hashlib
import json
import tempfile
import zipfile
from datetime import timedelta
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from core import audit, clock, jobs, outbox
from core.transitions import locked
from mats_portal.desk.models import PersonCopy
from mats_portal.desk.privacy.holding import Holding
from mats_portal.desk.privacy.queries import COPY_LIFE, copies_takeable_by
from mats_portal.desk.privacy.registry import HOLDINGS
from mats_portal.desk.taking import take_file
from reviews.queries.results import result_pages

JOB_KIND = "desk.copy"
#: One copy an hour is enough; it costs a job and a file.
PAUSE = timedelta(hours=1)


@transaction.atomic
def request_copy(*, person: Any, by: Any) -> PersonCopy:
    """Ask for a copy of everything; while one is being written or is fresh, that one is meant."""
    person = locked(person)
    fresh = PersonCopy.objects.filter(person=person, requested_at__gt=clock.now() - PAUSE).order_by("-pk").first()
    if fresh is not None:
        return fresh
    copy = PersonCopy.objects.create(person=person)
    copy.job = jobs.start(JOB_KIND, by=by, copy=copy.pk)
    copy.save(update_fields=["job"])
    audit.record("request_copy", copy, by=by)
    return copy


def write_copy(copy: PersonCopy, progress: jobs.Progress) -> PersonCopy:
    """Write the file of ``copy``. Killed anywhere and run again, it leaves the same one file."""
    copy = PersonCopy.objects.select_related("person").get(pk=copy.pk)
    if copy.ready_at:
        return copy
    with tempfile.TemporaryFile() as file:  # has no name: it vanishes with the process
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            _fill(archive, copy.person, progress)
        size = file.tell()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        default_storage.delete(copy.storage_name)  # what a killed run may have left
        default_storage.save(copy.storage_name, File(file))
    return finish_copy(copy=copy, size=size, sha256=sha256)


@transaction.atomic
def finish_copy(*, copy: PersonCopy, size: int, sha256: str) -> PersonCopy:
    """Let the person take the file from now on, for a week, and tell them."""
    copy = locked(copy, "person")
    now = clock.now()
    copy.size, copy.sha256, copy.ready_at, copy.expires_at = size, sha256, now, now + COPY_LIFE
    copy.save(update_fields=["size", "sha256", "ready_at", "expires_at"])
    audit.record("make_copy", copy, by=None, size=size)
    outbox.enqueue(
        key=f"copy-ready:{copy.public_id}",
        to=copy.person.email,
        person=copy.person,
        template="desk/mail/copy_ready.txt",
        path=reverse("desk:data"),
        until=copy.expires_at,
    )
    return copy


@transaction.atomic
def take_copy(*, copy: PersonCopy, by: Any) -> IO[bytes]:
    """Open the file for its person and note that it was taken. Raises ``Refused`` if it is gone."""
    return take_file(row=copy, takeable=copies_takeable_by(by), verb="download_copy", by=by)


def forget_copies() -> int:
    """Delete the copies whose week is over, and what unfinished jobs left. Returns how many; safe to run twice."""
    forgotten = 0
    for copy in PersonCopy.objects.filter(requested_at__lte=clock.now() - COPY_LIFE).order_by("pk"):
        if copy.expires_at and copy.expires_at > clock.now():
            continue
        with transaction.atomic():
            # The file first: a kill in between leaves a row that is looked at again, never a file without one.
            default_storage.delete(copy.storage_name)
            audit.record("forget_copy", copy, by=None)
            copy.delete()
        forgotten += 1
    return forgotten


def _fill(archive: zipfile.ZipFile, person: Any, progress: jobs.Progress) -> None:
    """Write the data, the files, and a page in words."""
    shown = [holding for holding in HOLDINGS if holding.copied]
    data: dict[str, Any] = {"made_at": clock.now(), "results": _results(person)}
    for number, holding in enumerate(shown):
        progress.step("Gathering your data", number, len(shown))
        data[holding.model] = rows_told(holding, person.pk)
        _add_files(archive, holding, person.pk)
    archive.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
    withheld = [holding for holding in HOLDINGS if holding.withheld]
    archive.writestr("README.txt", render_to_string("desk/copy_readme.txt", {"shown": shown, "withheld": withheld}))


def rows_told(holding: Holding, person_id: int) -> list[dict[str, Any]]:
    """Return the rows of one model as the person's copy has them."""
    rows = holding.rows_of(person_id).filter(holding.told).order_by("pk").distinct()
    return list(rows.values(*holding.copied))


def _results(person: Any) -> list[dict[str, Any]]:
    """Return the released outcomes as the page of results shows them, and nothing else of any decision."""
    return [
        {
            "application": page.reference,
            "cycle": page.cycle,
            "results": [
                {"track": row.track, "result": row.headline, "text": row.text, "notes_for_you": list(row.notes)}
                for row in page.results
            ],
        }
        for page in result_pages(person)
    ]


def _add_files(archive: zipfile.ZipFile, holding: Holding, person_id: int) -> None:
    if not holding.files or holding.model == "desk.PersonCopy":
        return
    folder = holding.model.rpartition(".")[2].lower()
    names = holding.rows_of(person_id).filter(holding.told).order_by("pk").values_list(holding.files, flat=True)
    for number, name in enumerate(filter(None, names), 1):
        if default_storage.exists(name):
            with default_storage.open(name) as stored:
                archive.writestr(f"files/{folder}-{number}", stored.read())

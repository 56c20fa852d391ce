"""Exports in a bucket: a real server that speaks S3 runs beside the test, and people take their files as always."""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import User
from core import clock, jobs
from core.models import AuditEvent, Job
from core.states import JobState
from core.storage import AWAY, IN_MEMORY_BYTES, StoreIsAway
from mats_portal.desk.exports import domain
from mats_portal.desk.models import ExportFile
from mats_portal.embedded.process import dies_with_launcher
from mats_portal.settings import storage
from tests.faults.workers import until
from tests.matching.scenes import Scene, offered_scene
from tests.ports import free_port
from tests.worlds import MOMENTS

BUCKET = "portal-documents"
KEYS = {"STORAGE_ACCESS_KEY": "portal-key", "STORAGE_SECRET_KEY": "portal-secret"}


@dataclass
class Store:
    """A server process that speaks S3, and a look at it past the portal."""

    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def operator(self) -> Any:
        """A client of the bucket's owner, with nothing of ours in between."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["STORAGE_ACCESS_KEY"],
            aws_secret_access_key=KEYS["STORAGE_SECRET_KEY"],
        )

    def start(self) -> None:
        """Start it with nothing in it but an empty bucket."""
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        output = self.log.open("ab")
        self.process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={"PATH": os.environ["PATH"]},
            preexec_fn=dies_with_launcher(signal.SIGKILL),
        )
        until(lambda: self.status("/moto-api/") == 200, "the store answers")
        self.operator.create_bucket(Bucket=BUCKET)

    def stop(self) -> None:
        """End it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def status(self, path: str) -> int:
        """Return what a stranger without a key gets; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def names(self) -> list[str]:
        """Return the names of all objects."""
        return [found["Key"] for found in self.operator.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def store(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store(tmp_path / "store.log")
    store.start()
    for name, value in (KEYS | {"STORAGE_BUCKET": BUCKET, "STORAGE_ENDPOINT": store.endpoint}).items():
        monkeypatch.setenv(name, value)
    assert storage.unsafe_values() == []
    settings.STORAGES = settings.STORAGES | {"default": storage.default_storage()}
    settings.MEDIA_ROOT = tmp_path / "media"
    yield store
    store.stop()


@pytest.fixture
def scene(db: None) -> Iterator[Scene]:
    scene, _ = offered_scene()
    with clock.at(MOMENTS["offers"]):
        yield scene


@pytest.fixture
def staff(scene: Scene) -> User:
    return scene.world.people["staff a"]


def asked(scene: Scene, by: User, file_format: str = "csv") -> ExportFile:
    """Ask for a file."""
    return domain.request_export(
        kind="offers",
        cycle=scene.world.cycle,
        columns=["reference", "stream", "state"],
        filters={},
        purpose="A test of the bucket",
        file_format=file_format,
        by=by,
    )


def made(scene: Scene, by: User, file_format: str = "csv") -> ExportFile:
    """Ask for a file and let the job write it."""
    export = asked(scene, by, file_format)
    jobs.run(export.job_id)
    export.refresh_from_db()
    assert export.job.state == JobState.DONE, export.job.error
    return export


def take(user: User, export: ExportFile) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.post(f"/console/exports/{export.public_id}/file/")


@pytest.mark.threat("T02")
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_export_lies_in_the_bucket_and_only_its_maker_takes_it(
    store: Store, scene: Scene, staff: User, file_format: str, tmp_path: Path
) -> None:
    export = made(scene, staff, file_format)
    stored = store.operator.get_object(Bucket=BUCKET, Key=export.storage_name)

    response = take(staff, export)
    body = b"".join(response.streaming_content)

    assert store.names() == [export.storage_name]
    assert len(export.storage_name.removeprefix("exports/")) == 32
    assert (stored["CacheControl"], stored["ContentDisposition"]) == ("private, no-store", "attachment")
    assert (response.status_code, hashlib.sha256(body).hexdigest()) == (200, export.sha256)
    assert body == stored["Body"].read()
    assert response.headers["Content-Length"] == str(export.size)
    for name in ("staff b", "admin", "ada"):
        assert take(scene.user(name), export).status_code == 404, name
    # The store itself gives it to nobody without a key; the bucket is there, so a wrong name is another answer.
    assert store.status(f"/{BUCKET}/{export.storage_name}") == 403
    assert not (tmp_path / "media").exists()


def test_control_the_store_serves_an_object_that_is_opened_on_purpose(store: Store) -> None:
    store.operator.put_object(Bucket=BUCKET, Key="open", Body=b"x", ACL="public-read")

    assert store.status(f"/{BUCKET}/open") == 200


def test_export_leaves_the_bucket_when_its_day_is_over(store: Store, scene: Scene, staff: User) -> None:
    made(scene, staff)

    with clock.at(MOMENTS["offers"] + timedelta(hours=25)):
        assert (domain.forget_exports(), domain.forget_exports()) == (1, 0)

    assert store.names() == []


def test_job_run_again_writes_the_same_one_object(store: Store, scene: Scene, staff: User) -> None:
    export = made(scene, staff)
    # As if killed before the row was written: half of the file is there.
    store.operator.put_object(Bucket=BUCKET, Key=export.storage_name, Body=b"half")
    ExportFile.objects.filter(pk=export.pk).update(ready_at=None)
    Job.objects.filter(pk=export.job_id).update(state=JobState.RUNNING)

    jobs.run(export.job_id)

    assert store.names() == [export.storage_name]
    assert hashlib.sha256(default_storage.open(export.storage_name).read()).hexdigest() == export.sha256


def test_store_that_is_away_is_said_in_a_sentence_and_nothing_is_noted(store: Store, scene: Scene, staff: User) -> None:
    export, later = made(scene, staff), asked(scene, staff)
    store.stop()

    response = take(staff, export)
    jobs.run(later.job_id)

    export.refresh_from_db()
    later.job.refresh_from_db()
    assert response.status_code == 409
    assert AWAY in response.content.decode()
    assert export.downloads == 0
    assert not AuditEvent.objects.filter(verb="download_export").exists()
    assert (later.job.state, later.job.error) == (JobState.FAILED, AWAY)


def test_documents_have_no_address_and_are_never_written_over(store: Store) -> None:
    first = default_storage.save("documents/same", ContentFile(b"first"))
    second = default_storage.save("documents/same", ContentFile(b"second"))

    assert first != second
    assert default_storage.open(first).read() == b"first"
    assert default_storage.size(second) == 6
    with pytest.raises(NotImplementedError, match="no address"):
        default_storage.url(first)


def test_large_document_is_handed_on_from_a_file_and_not_from_memory(store: Store) -> None:
    name = default_storage.save("documents/large", ContentFile(b"0123456789abcdef" * (IN_MEMORY_BYTES // 8)))

    with default_storage.open(name) as file:
        on_disk = file.file._rolled
        size = sum(len(chunk) for chunk in file.chunks())

    assert (on_disk, size) == (True, 2 * IN_MEMORY_BYTES)


def test_missing_object_is_a_missing_file_and_a_missing_bucket_is_our_fault(store: Store) -> None:
    assert not default_storage.exists("documents/nothing")
    with pytest.raises(FileNotFoundError):
        default_storage.open("documents/nothing")
    store.operator.delete_bucket(Bucket=BUCKET)

    with pytest.raises(StoreIsAway):
        default_storage.save("documents/new", ContentFile(b"x"))

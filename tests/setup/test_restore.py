"""A restore drill: dump, restore into another database, and what `after_restore` makes of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connections

from accounts.models import User
from core import chain, clock, outbox
from core.models import OutboxMail
from core.states import MailState
from mats_portal.desk.models import DeletionRequest
from mats_portal.embedded.postgres import installed
from tests.applications import factories, files
from tests.faults.workers import test_database_url as database_url
from tests.setup.test_settings import ROOT
from tests.worlds import person, small_world

TEMPLATE = "desk/mail/deletion_asked.txt"


@dataclass
class Drill:
    """A backup of the test's database and its files, and the database that it is restored into."""

    folder: Path
    media: Path
    name: str

    def tool(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        wheel = installed()
        surroundings = {**os.environ, "LD_LIBRARY_PATH": str(wheel.libraries)}
        done = subprocess.run(
            [str(wheel.folder / "bin" / name), *arguments],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr

    @property
    def url(self) -> str:
        """Where the restored database is."""
        return urlunsplit(urlsplit(database_url())._replace(path=f"/{self.name}"))

    def back_up(self) -> None:
        """Dump the database, then copy the files: in this order every row finds its file."""
        self.tool("pg_dump", "-Fc", "-f", str(self.folder / "portal.dump"), database_url())
        shutil.copytree(self.media, self.folder / "media")

    def restore(self) -> None:
        """Restore both."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{self.name}"')
        self.tool("pg_restore", "--no-owner", "-d", self.url, str(self.folder / "portal.dump"))

    def after_restore(self, *arguments: str) -> tuple[int, str]:
        """Run the command on what was restored; return its exit status and what it printed."""
        surroundings = {
            **os.environ,
            "DATABASE_URL": self.url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "DJANGO_SETTINGS_MODULE": "mats_portal.settings.test",
        }
        command = [sys.executable, "manage.py", "after_restore", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def ask(self, question: str) -> list[tuple]:
        """Ask the restored database."""
        with psycopg.connect(self.url) as restored:
            return restored.execute(question).fetchall()


@pytest.fixture
def drill(transactional_db: None, tmp_path: Path, settings) -> Iterator[Drill]:
    settings.MEDIA_ROOT = tmp_path / "here"
    drill = Drill(tmp_path / "kept", tmp_path / "here", f"restored_{os.getpid()}")
    drill.folder.mkdir()
    yield drill
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{drill.name}" WITH (FORCE)')


def written(key: str, to: User, **more: object) -> OutboxMail:
    """Decide on one mail."""
    outbox.enqueue(key=key, to=to.email, person=to, template=TEMPLATE, due_at=clock.now(), path="/my/", **more)
    return OutboxMail.objects.get(key=key)


def test_restored_portal_sends_nothing_twice_misses_no_file_and_brings_nobody_back(drill: Drill) -> None:
    world = small_world()
    files.ask_for_file(world.cycle.general_form)
    draft = factories.draft(world)
    with clock.at(world.moments["open"]):
        document = files.document_of(files.send(draft))
    left_since, gone = written("left-since", draft.person), person("gone")
    OutboxMail.objects.exclude(pk=left_since.pk).update(state=MailState.SENT, sent_at=clock.now())
    chain.seal()
    head = chain.verify(kept="").head

    drill.back_up()
    # What happened after the backup: a mail left, and somebody was deleted.
    OutboxMail.objects.filter(pk=left_since.pk).update(state=MailState.SENT, sent_at=clock.now())
    connections.close_all()
    drill.restore()
    ledger = drill.folder / "deleted.txt"
    ledger.write_text(f"{gone.public_id}\n")
    status, said = drill.after_restore("--kept", head, "--deleted", str(ledger))

    assert status == 0, said
    assert "1 mails that may have left are held" in said
    assert "Workers may start." in said
    assert drill.ask("SELECT state, count(*) FROM core_outboxmail WHERE state <> 'sent' GROUP BY 1") == [("unknown", 1)]
    due = drill.ask("SELECT u.public_id, d.due_at <= now() FROM desk_deletionrequest d JOIN accounts_user u"
                    " ON u.id = d.person_id")  # fmt: skip
    assert due == [(gone.public_id, True)]
    assert DeletionRequest.objects.count() == 0, "the drill touches the copy only"
    assert drill.ask("SELECT count(*) FROM applications_document") == [(1,)]

    # The same command finds what a careless restore leaves behind.
    stored = drill.folder / "media" / document.storage_name
    stored.write_bytes(b"another file")
    (stored.parent / "stray").write_bytes(b"x")
    status, said = drill.after_restore("--kept", f"{head}0")
    assert status == 1
    assert f"the file of document {document.public_id} is another one" in said
    assert "documents/stray belongs to no document" in said
    assert "BROKEN  record" in said
    assert "0 mails that may have left are held" in said
    stored.unlink()
    assert f"the file of document {document.public_id} is missing" in drill.after_restore()[1]


def test_nobody_is_held_for_a_mail_that_cannot_have_left_yet(db) -> None:
    to = person("reader")
    waiting = {
        "due": written("due", to),
        "later": written("later", to, not_before=clock.now() + timedelta(hours=2)),
        "code": written("code", to, is_secret=True),
    }

    assert outbox.doubt_waiting() == 1

    found = {name: OutboxMail.objects.get(pk=mail.pk).state for name, mail in waiting.items()}
    assert found == {"due": MailState.UNKNOWN, "later": MailState.QUEUED, "code": MailState.STOPPED}

"""Real worker processes on the test database, and the folder where their mail lands."""

import email
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from redis import Redis

from mats_portal.embedded.process import dies_with_launcher
from tests.roles import acting


def test_database_url() -> str:
    """Return the address of the database that the test itself uses, for the role that it has."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    if acting.role:
        parts = parts._replace(netloc=f"{acting.role}@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def empty_broker() -> None:
    """Forget the bells that tests in this process rang for rows that their rollback took away."""
    Redis.from_url(os.environ["REDIS_URL"], db=0).flushdb()


def sessions() -> set[int]:
    """Return the other sessions on this database: those of worker processes, and what earlier tests left open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until ``condition`` holds. Raises ``AssertionError`` naming ``what`` after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


@dataclass
class Workers:
    """Starts workers, kills them, reads what they sent."""

    folder: Path
    running: list[subprocess.Popen] = field(default_factory=list)

    @property
    def mailbox(self) -> Path:
        """The folder the mails land in."""
        return self.folder / "mailbox"

    @property
    def mark(self) -> Path:
        """The file that says that the kill point was reached."""
        return self.folder / "mark"

    def start(self, *, kill_at: str = "", nth: int = 1, parent: bool = False) -> subprocess.Popen:
        """Start a worker for all queues; it dies at ``kill_at`` if given."""
        self.mark.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "DATABASE_URL": test_database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "TEST_MAILBOX": str(self.mailbox),
            "KILL_AT": kill_at,
            "KILL_NTH": str(nth),
            "KILL_MARK": str(self.mark),
            "KILL_PARENT": "1" if parent else "",
        }
        log = (self.folder / "worker.log").open("ab")
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "tests.faults.app",
                "worker",
                "-Q",
                "default,mail,match",
                "--concurrency",
                "1",
                "--without-gossip",
                "--without-mingle",
                "--loglevel",
                "WARNING",
            ],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # However the suite ends: no process of it stays.
            preexec_fn=dies_with_launcher(signal.SIGKILL),
        )
        self.running.append(worker)
        return worker

    def kill_all(self) -> None:
        """End every worker and its children at once."""
        for worker in self.running:
            try:
                os.killpg(worker.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            worker.wait(timeout=60)
        self.running.clear()

    def delivered(self) -> Counter[str]:
        """Count the mails that reached the sink, by Message-ID."""
        found: Counter[str] = Counter()
        for file in sorted(self.mailbox.glob("*.log")) if self.mailbox.exists() else []:
            for part in file.read_text().split("-" * 79):
                if message_id := email.message_from_string(part.lstrip())["Message-ID"]:
                    found[message_id] += 1
        return found

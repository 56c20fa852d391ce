"""The whole portal as processes: web server, worker and beat on the test's database."""

import email
import email.policy
import http.client
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from mats_portal.embedded.process import dies_with_launcher
from tests.faults.workers import test_database_url, until
from tests.ports import free_port


def status_of(port: int, path: str) -> int:
    """Ask a local server and return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    connection.request("GET", path)
    return connection.getresponse().status


@dataclass
class Stack:
    """Starts and stops the processes; reads the mails that the worker delivered."""

    folder: Path
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the portal answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all and wait until the portal answers."""
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "mats_portal"]
        commands = {
            "web": [
                *python,
                "gunicorn",
                "mats_portal.wsgi",
                "--bind",
                f"127.0.0.1:{self.port}",
                "--workers",
                "1",
                "--threads",
                "4",
            ],
            "worker": [
                *celery,
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
            "beat": [*celery, "beat", "--schedule", str(self.folder / "beat"), "--loglevel", "WARNING"],
        }
        surroundings = {
            **os.environ,
            "DATABASE_URL": test_database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.journeys.settings",
            "PORTAL_VAR_DIR": str(self.folder),
            "PORTAL_BASE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        for name, command in commands.items():
            log = (self.folder / f"{name}.log").open("ab")
            self.processes.append(
                subprocess.Popen(
                    command,
                    env=surroundings,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=dies_with_launcher(signal.SIGKILL),
                )
            )
        until(self._answers, f"the portal answers; see {self.folder}")

    def _answers(self) -> bool:
        try:
            return status_of(self.port, "/livez") == 200
        except OSError:
            return False

    def stop(self) -> None:
        """End all processes and their children."""
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait(timeout=60)

    def mails_to(self, address: str) -> list[email.message.EmailMessage]:
        """Return the mails that were delivered to ``address``, oldest first."""
        found = []
        files = sorted((self.folder / "mailbox").glob("*.log"), key=lambda file: file.stat().st_mtime)
        for file in files:
            for part in file.read_text().split("-" * 79):
                message = email.message_from_string(part.lstrip(), policy=email.policy.default)
                if message["To"] == address:
                    found.append(message)
        return found

    def code_for(self, address: str) -> str:
        """Wait for the newest sign-in code of ``address`` and return it."""
        until(lambda: bool(self.mails_to(address)), f"a mail reaches {address}")
        return re.search(r"Your code: (\S+)", self.mails_to(address)[-1].get_content())[1]

    def errors(self) -> list[str]:
        """Return the lines in which the web server owned up to a fault of ours."""
        log = (self.folder / "web.log").read_text(errors="replace")
        return [line for line in log.splitlines() if "Internal Server Error" in line or "status=500" in line]

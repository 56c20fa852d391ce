"""The services of docker-compose.yml, each started by its own command with production's settings.

No container is built: what differs from a container is the servers' addresses, the port, and the folders. One person
signs up, applies and gets the receipt through them, by plain requests as the proxy in front hands them on.
"""

import email
import email.policy
import http.client
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F

from applications.models import Application
from core import clock, database_roles
from mats_portal.embedded.process import dies_with_launcher
from streams.models import KeyDate
from tests.faults.workers import empty_broker, until
from tests.faults.workers import test_database_url as database_url
from tests.ports import free_port
from tests.setup.test_containers import OURS, command
from tests.setup.test_settings import PRODUCTION, ROOT
from tests.worlds import small_world

HOST = PRODUCTION["ALLOWED_HOSTS"]
ADDRESS = "newcomer@example.org"
PASSWORD = "kT0Vq8wYz3nB7uLx1eRj"
LIVING = ["web", "worker-default", "worker-mail", "worker-match", "beat"]


def as_role(name: str) -> str:
    """Return the address of this test's database for one of its roles."""
    parts = urlsplit(database_url())
    if name == database_roles.APP:
        parts = parts._replace(netloc=f"{name}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts)


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that takes everything and keeps it."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.taken: list[tuple[str, email.message.EmailMessage]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]

    def texts_to(self, address: str) -> list[str]:
        """Return what was sent to one address, oldest first, subject first."""
        return [
            f"{mail['Subject']}\n{mail.get_content()}" for recipient, mail in list(self.taken) if recipient == address
        ]


class MailSession(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs to hand over mails."""

    def handle(self) -> None:
        """Answer line by line until the client leaves."""
        recipients: list[str] = []
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipients.append(line[line.index("<") + 1 : line.index(">")])
            if verb == "DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                mail = email.message_from_bytes(text, policy=email.policy.default)
                self.server.taken += [(recipient, mail) for recipient in recipients]
                recipients = []
            self.say("221 bye" if verb == "QUIT" else "250 ok")

    def say(self, line: str) -> None:
        """Send one line."""
        self.wfile.write(line.encode() + b"\r\n")


@dataclass
class Services:
    """The processes and where the web server answers."""

    folder: Path
    mail: MailServer
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def surroundings(self, name: str) -> dict[str, str]:
        """Return the variables that compose gives the service, with the servers of this suite."""
        given = {
            key: PRODUCTION.get(key, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
            for key, value in OURS[name]["environment"].items()
        }
        given |= {
            "DATABASE_URL": as_role(*re.findall(r"//(\w+):", OURS[name]["environment"]["DATABASE_URL"])),
            "APP_DATABASE_PASSWORD": PASSWORD,
            "READER_DATABASE_PASSWORD": PASSWORD,
            "REDIS_URL": os.environ["REDIS_URL"],
            "CACHE_URL": os.environ["REDIS_URL"],
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "LOG_LEVEL": "INFO",
        }
        image = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "mats_portal.settings.production",
            "STATIC_ROOT": str(self.folder / "static"),
            "PORTAL_VAR_DIR": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }
        return image | given

    def words(self, name: str) -> list[str]:
        """Return the service's own command; only port, folder and the name of the container are this machine's."""
        local = {"0.0.0.0:8000": f"127.0.0.1:{self.port}", "worker@%h": f"worker@{name}"}
        return [local.get(word, word.replace("/tmp/", f"{self.folder}/")) for word in command(name)]

    def finish(self, *words: str, name: str = "migrate") -> str:
        """Run a command to its end as the named service."""
        done = subprocess.run(words, cwd=ROOT, env=self.surroundings(name), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start one service and leave it running."""
        log = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(
            self.words(name),
            cwd=ROOT,
            env=self.surroundings(name),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_launcher(signal.SIGKILL),
        )

    def log(self, name: str) -> str:
        """Return what a service has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> dict[str, int]:
        """End all as a container runtime does; return how each ended."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        ends = {}
        for name, process in self.running.items():
            try:
                ends[name] = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                ends[name] = process.wait(timeout=60)
        return ends


@dataclass
class Visitor:
    """A browser without script, behind the proxy that ends TLS."""

    port: int
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def ask(self, method: str, path: str, fields: dict | None = None, *, tls: bool = True) -> tuple[int, str, str]:
        """Return status, target of a redirect, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Host": HOST, "Cookie": "; ".join(f"{c.key}={c.value}" for c in self.cookies.values())}
        if tls:
            headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Origin": f"https://{HOST}"}
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields, doseq=True)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for value in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(value)
        return answer.status, answer.headers.get("Location", ""), answer.read().decode(errors="replace")

    def get(self, path: str) -> str:
        """Return a page that must be there."""
        status, target, text = self.ask("GET", path)
        assert status == 200, (path, status, target)
        return text

    def post(self, page: str, fields: dict, action: str = "") -> str:
        """Fill in the form on ``page``, send it, and return where it leads."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page))[1]
        status, target, text = self.ask("POST", action or page, {"csrfmiddlewaretoken": token, **fields})
        assert status == 302, (page, status, re.findall(r"(?s)<main.*?</main>", text))
        return target

    def signs_up(self, mail: MailServer) -> None:
        """Make an account and confirm it by the code in the mail."""
        target = self.post("/account/signup/", {"email": ADDRESS, "display_name": "New Comer"})
        until(lambda: bool(mail.texts_to(ADDRESS)), "the code arrives")
        code = re.search(r"Your code: (\S+)", mail.texts_to(ADDRESS)[-1])[1]
        self.post(target, {"code": code})

    def fills_in(self, path: str) -> None:
        """Answer every question of a section and go on."""
        page = self.get(path)
        fields: dict[str, object] = dict(
            re.findall(r'<input type="hidden" name="((?:version|back|has)[^"]*)" value="([^"]*)"', page)
        )
        for name in set(re.findall(r'name="(answer-\d+)"', page)):
            ticks = re.findall(rf'type="(?:checkbox|radio)" name="{name}" value="([^"]+)"', page)
            is_link = re.search(rf'inputmode="url"[^>]* name="{name}"', page)
            fields[name] = ticks[:1] or (["https://example.org/runs", "Both runs."] if is_link else "I ran it twice.")
        assert any(name.startswith("answer-") for name in fields), path
        self.post(path, fields)


@pytest.fixture
def services(transactional_db: None, tmp_path: Path) -> Iterator[Services]:
    world = small_world()
    # Production's clock cannot be moved, so the window is: it is open now.
    KeyDate.objects.update(starts_at=F("starts_at") + (clock.wall() - world.moments["open"]))
    # The bells and the heartbeat must be of these processes, not of tests before this one.
    empty_broker()
    cache.clear()
    mail = MailServer()
    started = Services(tmp_path, mail)
    yield started
    started.stop()
    mail.shutdown()
    shutil.rmtree(tmp_path / "static", ignore_errors=True)


def sessions_by_role(since: datetime) -> set[str]:
    """Return the roles that have connected to the database since an instant, but for this test's own connection.

    Browsers of earlier tests may still hold a connection of the test run's own web server.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND backend_start >= %s",
            [since],
        )
        return {name for (name,) in cursor.fetchall()}


def is_true(check: Callable[[], bool]) -> bool:
    """Say whether ``check`` holds; a server that does not answer yet is a no."""
    try:
        return check()
    except OSError:
        return False


@pytest.mark.owner
def test_an_application_is_sent_and_receipted_through_every_service(services: Services) -> None:
    """Nothing here needs a superuser, the demo or a shell on the server."""
    begun = clock.wall()
    services.finish(*services.words("migrate"))
    for name in LIVING[1:]:
        services.start(name)
    services.finish("python", "manage.py", "collectstatic", "--noinput", name="web")
    services.start("web")
    visitor, probe = Visitor(services.port), Visitor(services.port)
    until(lambda: is_true(lambda: probe.ask("GET", "/livez", tls=False)[0] == 200), "the web server answers")

    visitor.signs_up(services.mail)
    visitor.post("/my/", {}, "/my/application/start/")
    track = re.search(r'name="tracks"[^>]*value="([^"]+)"', visitor.get("/my/application/tracks/"))[1]
    visitor.post("/my/application/tracks/", {"tracks": track})
    sections = set(re.findall(r'href="(/my/application/[\w-]+/)"', visitor.get("/my/application/")))
    for path in sorted(sections - {"/my/application/tracks/", "/my/application/check/", "/my/application/withdraw/"}):
        visitor.fills_in(path)
    receipt = visitor.post("/my/application/check/", {}, "/my/application/submit/")
    application = Application.objects.get(person__email=ADDRESS)

    assert application.released_state == "submitted"
    assert application.reference in visitor.get(receipt)
    until(lambda: any(application.reference in text for text in services.mail.texts_to(ADDRESS)), "the receipt")
    until(lambda: probe.ask("GET", "/healthz", tls=False)[0] == 200, "beat, broker and a worker are alive")
    for name in ("worker-default", "worker-mail", "worker-match"):
        until(lambda name=name: f"worker@{name} ready" in services.log(name), f"{name} is ready")
    for path in ("/demo/", "/demo/clock/"):
        assert visitor.ask("GET", path)[0] == 404
    assert "/demo/" not in Visitor(services.port).get("/account/login/")
    assert visitor.ask("GET", "/", tls=False)[:2] == (301, f"https://{HOST}/")
    stylesheet = re.search(r'href="(/static/css/portal\.\w+\.css)"', visitor.get("/"))[1]
    assert visitor.ask("GET", stylesheet)[0] == 200
    assert sessions_by_role(begun) == {database_roles.APP}
    assert {name for name, process in services.running.items() if process.poll() is not None} == set()
    ends = services.stop()
    assert set(ends.values()) <= {0, -signal.SIGTERM}, ends
    for name in LIVING:
        assert "Traceback" not in services.log(name), services.log(name)

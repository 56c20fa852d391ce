"""Speed of the portal's pages: every figure beside the bare limit of the same machine in the same run.

Two synchronous gunicorn workers, a closed loop of eight connections on loopback, the database waiting for the disk at
each commit.
"""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from applications.models import Answer
from applications.states import AnswerScope
from benchmarks.load import Ask, Outcome, measure
from benchmarks.seed import Cohort
from core import jobs, visitors
from mats_portal.desk.exports.domain import make_file, request_export
from mats_portal.desk.exports.sets import SETS, lock_reason
from questions.models import FormItem
from tests.journeys.stack import free_port, status_of

CONNECTIONS = 8
CSRF = "c" * 32


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    outcome: Outcome
    queries: int
    #: The bare view measured just before it: other work on the machine comes and goes, and slows both.
    limit: Outcome
    processor_ms: float | None = None


@contextmanager
def server(settings_module: str, folder: Path, *, workers: int = 2, options: tuple[str, ...] = ()) -> Iterator[int]:
    """Run gunicorn; yields the port."""
    port = free_port()
    path = folder / f"{settings_module}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "mats_portal.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--workers", str(workers), "--log-level", "warning", *options),
            ],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": settings_module},
            stdout=log,
            stderr=log,
        )
        try:
            _wait(port, process, path)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"the web server did not start:\n{log.read_text()}")
        try:
            status_of(port, "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the web server does not answer")


def signed_in(user: User) -> Client:
    """Return a client with a session of ``user`` in the database."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["csrftoken"] = CSRF
    return client


def headers_of(client: Client) -> dict[str, str]:
    """Return what a browser with this session would send."""
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
    return {"Cookie": cookies, "X-CSRFToken": CSRF}


def getting(path: str, clients: list[Client]) -> Ask:
    """Ask for one page, each connection as somebody else."""
    heads = [headers_of(client) for client in clients]
    return lambda n: ("GET", path, heads[n % len(heads)], b"")


def processor_ms(client: Client, path: str, times: int = 10) -> float:
    """Return the Python process's own time for rendering a page: what other work moves least."""
    client.get(path)
    begun = time.process_time()
    for _ in range(times):
        visitors.forget()
        client.get(path)
    return (time.process_time() - begun) * 1000 / times


def queries_of(client: Client, path: str) -> int:
    """Count the queries of one request that renders its page, once this process keeps the configuration."""
    client.get(path)
    visitors.forget()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
        b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code != 200:
        raise SystemExit(f"{path} answers {response.status_code}")
    return len(queries)


@dataclass
class Limits:
    """Measures the bare views: one SELECT and a template; the same with one UPDATE."""

    port: int
    seconds: float
    reading: Ask
    writing: Ask

    @classmethod
    def of(cls, port: int, cohort: Cohort, seconds: float) -> "Limits":
        """Sign eight people in."""
        heads = [headers_of(signed_in(user)) for user in cohort.drafters[:CONNECTIONS]]
        return cls(
            port,
            seconds,
            lambda n: ("GET", "/read/", heads[n], b""),
            lambda n: ("POST", "/write/", heads[n], b"x=1"),
        )

    def read(self) -> Outcome:
        """Measure reading."""
        return measure(self.port, self.reading, seconds=self.seconds, must=b"reads", runs=1)

    def write(self) -> Outcome:
        """Measure writing."""
        return measure(self.port, self.writing, seconds=self.seconds, must=b"changed", runs=1)


def page_rows(port: int, limits: Limits, cohort: Cohort, seconds: float) -> Iterator[Row]:
    """Measure every scenario."""
    nobody = [Client(headers={"host": "127.0.0.1"})]
    staff = [signed_in(cohort.staff)]
    readers = [signed_in(user) for user in cohort.readers[:CONNECTIONS]]
    stream = cohort.pattern["review"].stream_applications.order_by("pk").first().stream
    for name, path, clients, must in (
        ("public page: home", "/", nobody, b"</html>"),
        ("public page: catalogue, 23 streams", "/streams/", nobody, b"</html>"),
        ("public page: one stream", f"/streams/{stream.slug}/", nobody, b"</html>"),
        ("reviewer's list", "/review/", readers, b"</html>"),
        ("staff list, 50 rows", "/console/people/", staff, b"Person "),
    ):
        limit = limits.read()
        outcome = measure(port, getting(path, clients), seconds=seconds, must=must)
        yield Row(name, outcome, queries_of(clients[0], path), limit, processor_ms(clients[0], path))
    texts = [user.review_assignments.order_by("position").first().public_id for user in cohort.readers[:CONNECTIONS]]
    heads = [headers_of(client) for client in readers]
    limit = limits.read()
    outcome = measure(port, lambda n: ("GET", f"/review/{texts[n]}/", heads[n], b""), seconds=seconds, must=b"rubric")
    path = f"/review/{texts[0]}/"
    yield Row("review page", outcome, queries_of(readers[0], path), limit, processor_ms(readers[0], path))
    yield _scores(port, limits.write(), readers, texts, seconds)
    yield _autosaves(port, limits.write(), cohort, seconds)


def _scores(port: int, limit: Outcome, readers: list[Client], texts: list[str], seconds: float) -> Row:
    """Save a draft of all scores, as the page does: each connection its own text, each save on the newest version."""
    heads, asked = [headers_of(client) for client in readers], []
    for client, text in zip(readers, texts, strict=True):
        page = client.get(f"/review/{text}/").content.decode()
        fields = dict.fromkeys(re.findall(r'name="(score-[^"]+)"', page), "3")
        version = int(re.search(r'name="version" value="(\d+)"', page)[1])  # type: ignore[index]  # it stands there
        asked.append((f"/review/{text}/", fields, count(version)))

    def ask(n: int) -> tuple[str, str, dict[str, str], bytes]:
        path, fields, versions = asked[n]
        version = next(versions)
        typed = {"feedback_public": f"Draft {version}.", "note_internal": "", "confidence": "medium"}
        return "POST", path, heads[n], urlencode(fields | typed | {"version": version, "act": "draft"}).encode()

    outcome = measure(port, ask, expect=302, seconds=seconds)
    with CaptureQueriesContext(connection) as queries:
        method, path, _, body = ask(0)
        sent = readers[0].post(path, body.decode(), content_type="application/x-www-form-urlencoded")
    if sent.status_code != 302:
        raise SystemExit(f"{method} {path} answers {sent.status_code}")
    return Row("score POST (draft of all criteria)", outcome, len(queries), limit)


def long_answer_of(client: Client) -> tuple[str, str]:
    """Return the address of a section with a long answer, and that answer's name on the page."""
    listed = client.get("/my/application/").content.decode()
    for path in re.findall(r'href="(/my/application/[\w-]+/)"', listed):
        if found := re.search(r'<textarea[^>]*name="(answer-\d+)"', client.get(path).content.decode()):
            return path, found[1]
    raise SystemExit("no section asks for a long answer")


def stored_answer(user: User, name: str) -> Answer:
    """Return what is stored of the answer called ``name`` on the page."""
    item = FormItem.objects.get(pk=int(name.removeprefix("answer-")))
    return Answer.objects.get(application__person=user, question=item.question_id, scope=AnswerScope.GENERAL)


def _autosaves(port: int, limit: Outcome, cohort: Cohort, seconds: float) -> Row:
    """Save one long answer, each connection its own application, each save on the newest version."""
    clients = [signed_in(user) for user in cohort.drafters[:CONNECTIONS]]
    heads, asked = [headers_of(client) for client in clients], []
    section, _ = long_answer_of(clients[0])
    for client in clients:
        page = client.get(section).content.decode()
        name = re.search(r'<textarea[^>]*name="(answer-\d+)"', page)[1]  # type: ignore[index]  # chosen above
        version = int(re.search(rf'name="version-{name.removeprefix("answer-")}" value="(\d+)"', page)[1])  # type: ignore[index]
        asked.append((name, count(version)))

    def ask(n: int) -> tuple[str, str, dict[str, str], bytes]:
        name, versions = asked[n]
        version = next(versions)
        fields = {"field": name, "value": f"What I wrote at save {version}. " * 20, "version": version}
        return "POST", section, heads[n], urlencode(fields).encode()

    outcome = measure(port, ask, seconds=seconds, must=b"version")
    with CaptureQueriesContext(connection) as queries:
        method, path, _, body = ask(0)
        sent = clients[0].post(path, body.decode(), content_type="application/x-www-form-urlencoded")
    if sent.status_code != 200:
        raise SystemExit(f"{method} {path} answers {sent.status_code}")
    return Row("autosave of one answer", outcome, len(queries), limit)


def export_line(port: int, cohort: Cohort) -> str:
    """Time the list of all offers as CSV beside a COPY of the same rows, both read to the end."""
    client = signed_in(cohort.staff)
    path = "/console/offers/export.csv"
    outcome = measure(port, getting(path, [client]), seconds=0.1, connections=1, runs=1, must=b"\r\n")
    took = min(outcome.took)
    begun = time.perf_counter()
    rows = 0
    with connection.cursor() as cursor, cursor.copy(COPY) as lines:
        for block in lines:
            rows += bytes(block).count(b"\n")
    copied = time.perf_counter() - begun
    return (
        f"CSV export of {rows:,} offers: {took:.2f} s; by COPY: {copied:.3f} s; ratio {took / copied:.0f}; "
        f"{outcome.bytes_read / len(outcome.took) / 1e6:.1f} MB; {queries_of(client, path)} queries"
    )


def file_lines(cohort: Cohort) -> Iterator[str]:
    """Time the whole list of people as a file of a job, in this process, with the memory it took beyond the start."""
    for file_format in ("csv", "xlsx"):
        columns = [
            column.key for column in SETS["people"].columns(cohort.cycle) if not lock_reason(column, cohort.staff)
        ]
        export = request_export(
            kind="people",
            cycle=cohort.cycle,
            columns=columns,
            filters={},
            purpose="measuring",
            file_format=file_format,
            by=cohort.staff,
        )
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        export = make_file(export, jobs.Progress(export.job))
        took = time.perf_counter() - begun
        default_storage.delete(export.storage_name)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        yield (
            f"{file_format.upper()} of {export.n_rows:,} people by a job, {len(columns)} columns: {took:.1f} s, "
            f"{(export.size or 0) / 1e6:.1f} MB, {grown / 1024:.0f} MiB more memory"
        )


COPY = """COPY (
    SELECT a.reference, u.display_name, u.email, s.title, o.state, o.sent_at, o.expires_at, o.replied_at, o.seat
    FROM matching_offer o JOIN applications_application a ON a.id = o.application_id
    JOIN accounts_user u ON u.id = a.person_id JOIN streams_stream s ON s.id = o.stream_id
) TO STDOUT WITH CSV"""


def head() -> str:
    """Return the line above the table."""
    return (
        f"{'':<40}{'/s':>7}{'p50 ms':>8}{'p95 ms':>8}{'bare /s':>9}{'ratio':>7}{'queries':>9}{'own ms':>8}{'wrong':>7}"
    )


def line(row: Row) -> str:
    """Return one line of the table."""
    found, limit = row.outcome, row.limit.per_second
    own = "" if row.processor_ms is None else f"{row.processor_ms:.1f}"
    return (
        f"{row.name:<40}{found.per_second:>7.0f}{found.percentile(0.5):>8.1f}{found.percentile(0.95):>8.1f}{limit:>9.0f}"
        f"{found.per_second / limit:>7.2f}{row.queries:>9}{own:>8}{found.wrong.total():>7}"
        + (f"  {dict(found.wrong)}" if found.wrong else "")
    )

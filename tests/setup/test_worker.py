"""A real worker on a real broker: a task rung by name is done, and its log lines lead back to the request."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from django.core.cache import cache

from mats_portal.celery import app
from mats_portal.embedded.process import dies_with_launcher

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
SIGN_OF_LIFE = "worker-heartbeat"


@pytest.fixture
def worker_log(tmp_path) -> Iterator[Path]:
    """The log of a worker that serves all queues, with the demo's settings for their readable lines."""
    app.control.purge()
    cache.delete(SIGN_OF_LIFE)
    log = tmp_path / "worker.log"
    surroundings = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mats_portal.settings.demo",
        "PORTAL_VAR_DIR": str(tmp_path),
        "ALLOWED_HOSTS": "localhost",
    }
    command = [sys.executable, "-m", "celery", "-A", "mats_portal", "worker", "-Q", "default,mail,match", "-c", "1"]
    with open(log, "wb") as output:
        worker = subprocess.Popen(
            command,
            cwd=ROOT,
            env=surroundings,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=dies_with_launcher(signal.SIGKILL),
        )
    yield log
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_SECONDS) == 0


def test_worker_does_what_was_rung_and_logs_the_requests_id(worker_log):
    with structlog.contextvars.bound_contextvars(request_id="request-of-this-test"):
        app.send_task("core.tasks.heartbeat")

    give_up = time.monotonic() + PATIENCE_SECONDS
    while cache.get(SIGN_OF_LIFE) is None:
        assert time.monotonic() < give_up, worker_log.read_text()
        time.sleep(0.1)
    assert any(
        "task_started" in line and "core.tasks.heartbeat" in line and "request-of-this-test" in line
        for line in worker_log.read_text().splitlines()
    ), worker_log.read_text()

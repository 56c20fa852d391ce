"""Fixtures of the tests that kill processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from tests.faults.workers import Workers


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    """Real workers on the test database, and an empty broker before and after."""
    broker = Redis(unix_socket_path=settings.CELERY_BROKER_URL.removeprefix("redis+socket://").split("?")[0], db=0)
    broker.flushdb()
    crew = Workers(tmp_path)
    yield crew
    crew.kill_all()
    broker.flushdb()

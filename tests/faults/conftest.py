"""Fixtures of the tests that kill processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.workers import Workers, empty_broker


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    """Real workers on the test database, and an empty broker before and after."""
    empty_broker()
    crew = Workers(tmp_path)
    yield crew
    crew.kill_all()
    empty_broker()

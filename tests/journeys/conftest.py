"""Fixtures of the browser journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser

from tests.faults.workers import empty_broker
from tests.journeys.stack import Stack


@pytest.fixture
def stack(transactional_db: None, tmp_path: Path, browser: Browser) -> Iterator[Stack]:
    """The portal with the real catalogue and the programme's people, and nobody who has applied."""
    from mats_portal.demo.people import invent_team  # noqa: PLC0415 -- apps are not loaded while conftest is imported
    from streams.models import Cycle  # noqa: PLC0415

    call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
    invent_team(cycle=Cycle.objects.get(is_public_current=True))
    empty_broker()
    portal = Stack(tmp_path)
    portal.start()
    yield portal
    for number, window in enumerate(page for context in browser.contexts for page in context.pages):
        window.screenshot(path=tmp_path / f"window-{number}.png", full_page=True)
    portal.stop()
    connection.close()

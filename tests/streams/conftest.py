"""The real catalogue, imported once for each module and taken back after it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction

from core import clock
from mats_portal.desk.catalogue.importing import import_catalogue
from streams.models import Cycle

REAL = Path(__file__).parents[2] / "catalogue" / "autumn-2026"
OPEN = datetime(2026, 6, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def _imported(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        import_catalogue(path=REAL, by=None)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def cycle(_imported, db) -> Iterator[Cycle]:
    """Autumn 2026 on a day on which applications are open; what a test changes is taken back after it."""
    with clock.at(OPEN):
        yield Cycle.objects.get()

"""What is kept of the configuration is given up at once when it changes, by whatever way and in every process."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, editions
from questions.models import Question
from streams.domain.streams import pause_stream
from streams.models import Cycle, KeyDate, ResearchArea, Stream, Track
from streams.queries import current_cycle, dates_of, key_instant, stream_page, track_rows
from tests.faults.workers import test_database_url as database_url
from tests.worlds import MOMENTS, small_world

WITH_THE_DATE = ["/", "/dates/", "/tracks/empirical/", "/dates.ics"]


def page(address: str) -> str:
    return Client().get(address).content.decode()


@pytest.fixture
def world(db):
    with clock.at(MOMENTS["open"]):
        yield small_world()


def by_domain(world):
    pause_stream(stream=world.streams["alpha"], reason="The mentor is away.", by=world.people["staff a"])


def by_rows(world):
    KeyDate.objects.filter(code="general_closes").update(label="Close")


def by_sql(world):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE streams_track SET name = 'Other' WHERE slug = 'theory'")


def by_deleting(world):
    world.streams["beta"].agreements.get().delete()


def by_linking(world):
    world.streams["alpha"].research_areas.add(ResearchArea.objects.create(slug="new", name="New"))


def by_a_lower_app(world):
    Question.objects.filter(code="fit").update(effort_minutes=9)


@pytest.mark.parametrize("change", [by_domain, by_rows, by_sql, by_deleting, by_linking, by_a_lower_app])
def test_every_change_begins_a_new_edition(world, change):
    before = editions.edition()
    assert editions.edition() == before

    change(world)

    assert editions.edition() != before


def test_what_applicants_write_begins_none(world):
    before = editions.edition()
    world.people["applicant"].save()

    assert editions.edition() == before


@pytest.mark.parametrize("address", WITH_THE_DATE)
def test_changed_date_shows_at_once(world, address):
    before = page(address)
    assert page(address) == before or address == "/dates.ics"  # the feed says when it was made

    KeyDate.objects.filter(code="general_closes").update(starts_at=MOMENTS["open"] + timedelta(days=17, minutes=1))
    after = page(address)

    assert ("20260618T1201" if address == "/dates.ics" else "18 June") in after
    assert ("20260608T1200" if address == "/dates.ics" else "7 June") not in after
    assert ("20260608T1200" if address == "/dates.ics" else "7 June") in before


def test_stream_that_is_paused_says_so_at_once(world):
    address = "/streams/alpha/"
    assert "Add to my application" in page(address)

    pause_stream(stream=world.streams["alpha"], reason="The mentor is away.", by=world.people["staff a"])

    assert "The mentor is away." in page(address)
    assert "Add to my application" not in page(address)


def test_stream_that_is_no_longer_public_is_gone_at_once(world):
    assert "Stream Alpha" in page("/streams/")
    Stream.objects.filter(slug="alpha").update(state="draft")

    assert "Stream Alpha" not in page("/streams/")
    assert Client().get("/streams/alpha/").status_code == 404


def test_what_was_never_committed_is_not_kept(world):
    before = track_rows(world.cycle)
    with transaction.atomic():
        Track.objects.filter(slug="theory").update(name="Uncommitted")
        assert [row.name for row in track_rows(world.cycle)] == ["Empirical", "Uncommitted"]
        transaction.set_rollback(True)

    assert track_rows(world.cycle) == before
    Track.objects.filter(slug="theory").update(name="Committed")
    assert [row.name for row in track_rows(world.cycle)] == ["Empirical", "Committed"]


def test_page_asks_for_the_edition_once(world):
    page("/")
    with CaptureQueriesContext(connection) as asked:
        page("/")

    assert [query["sql"].count("core_edition") for query in asked] == [1]


def test_request_that_writes_reads_what_it_wrote(world):
    with editions.one_reading():
        dates_of(world.cycle)
        moved = key_instant(world.cycle, "general_closes") + timedelta(days=1)
        KeyDate.objects.filter(code="general_closes").update(starts_at=moved)

        assert key_instant(world.cycle, "general_closes") == moved


def test_request_that_is_rolled_back_reads_what_stands(world):
    with editions.one_reading():
        with transaction.atomic():
            Track.objects.filter(slug="theory").update(name="Taken back")
            assert "Taken back" in {row.name for row in track_rows(world.cycle)}
            transaction.set_rollback(True)

        assert {row.name for row in track_rows(world.cycle)} == {"Empirical", "Theory"}


def test_request_that_wrote_something_asks_once_more(world):
    with CaptureQueriesContext(connection) as asked, editions.one_reading():
        dates_of(world.cycle)
        world.people["applicant"].save()
        for _ in range(3):
            dates_of(world.cycle)

    assert sum("core_edition" in query["sql"] for query in asked) == 2


def test_cycle_that_a_caller_changes_stays_as_it_is_for_others(world):
    current_cycle().name = "Spoilt"

    assert current_cycle().name == "Autumn 2026"


def tables_of(sql: str) -> set[str]:
    return set(re.findall(r'(?:FROM|JOIN) "(\w+)"', sql))


def test_every_table_that_is_kept_announces_its_changes(world):
    editions.forget()
    for address in [*WITH_THE_DATE, "/how-it-works/", "/streams/", "/streams/alpha/", "/streams/beta/", "/tracks/"]:
        page(address)
    client = Client()
    client.force_login(world.people["reviewer a"])
    client.get("/review/")
    reads = editions.kept_reads.keys()
    assert {stream_page.__wrapped__, track_rows.__globals__["_track_rows"].__wrapped__} < {read for read, _, _ in reads}

    read_from = set()
    for read, args, kwargs in reads:
        editions.forget()
        with CaptureQueriesContext(connection) as asked:
            read(*args, **dict(kwargs))
        read_from |= {table for query in asked for table in tables_of(query["sql"])} - {"core_edition"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'new_edition'")
        announcing = {row[0] for row in cursor.fetchall()}

    assert len(read_from) > 15
    assert read_from <= announcing


READER = """
import sys
import django
django.setup()
from streams.queries import current_cycle, key_instant
for _ in sys.stdin:
    print(key_instant(current_cycle(), "general_closes").isoformat(), flush=True)
"""


@pytest.fixture
def other_process(transactional_db) -> Iterator[subprocess.Popen]:
    """Another process that says, for each line it gets, when the applications close."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER],
        env={**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "mats_portal.settings.test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait(timeout=60)
    process.stdout.close()


def test_another_process_sees_a_changed_date_once_it_is_committed(other_process):
    def there() -> str:
        other_process.stdin.write("\n")
        other_process.stdin.flush()
        return other_process.stdout.readline().strip()

    cycle = small_world().cycle
    old = key_instant(cycle, "general_closes")
    assert there() == there() == old.isoformat()

    for days in (1, 2):
        seen = there()
        with transaction.atomic():
            KeyDate.objects.filter(code="general_closes").update(starts_at=old + timedelta(days=days))
            assert key_instant(cycle, "general_closes") == old + timedelta(days=days)
            assert there() == seen
        assert there() == (old + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("commits", [True, False])
def test_changes_side_by_side_do_not_wait_and_both_count(transactional_db, commits):
    small_world()
    changed, finish = threading.Event(), threading.Event()

    def beside() -> None:
        try:
            with transaction.atomic():
                Track.objects.filter(slug="theory").update(name="Beside")
                changed.set()
                finish.wait(20)
                transaction.set_rollback(not commits)
        finally:
            connections.close_all()

    other = threading.Thread(target=beside)
    cycle = Cycle.objects.get()
    names = [[row.name for row in track_rows(cycle)]]
    other.start()
    assert changed.wait(20)
    Track.objects.filter(slug="empirical").update(name="First")
    names.append([row.name for row in track_rows(cycle)])
    finish.set()
    other.join(20)
    names.append([row.name for row in track_rows(cycle)])

    assert names == [
        ["Empirical", "Theory"],
        ["First", "Theory"],
        ["First", "Beside" if commits else "Theory"],
    ]

"""The chain over the record: every kind of tampering by somebody who can switch the triggers off is found."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from core import audit, chain
from core.models import AuditEvent, AuditSeal, Job
from tests.roles import as_owner

N = 12


@contextmanager
def as_the_owner() -> Iterator[Callable[[str], None]]:
    """Run statements that no trigger stops."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor.execute
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def events(db: None) -> list[AuditEvent]:
    job = Job.objects.create(kind="test")
    for number in range(N):
        audit.record(f"act {number}", job, by=None, count=number, label="ünï\u2028", share=0.1)
    chain.seal()
    return list(AuditEvent.objects.order_by("pk"))


def test_what_was_sealed_is_found_whole_and_sealing_twice_seals_once(events: list[AuditEvent]) -> None:
    audit.record("later", Job.objects.get(), by=None)

    verdict = chain.verify()

    assert (verdict.n_sealed, verdict.n_unsealed, verdict.problems) == (N, 1, ())
    assert (chain.seal(), chain.seal()) == (1, 0)
    assert chain.verify(kept=verdict.head).problems == ()
    assert chain.verify().n_unsealed == 0


def test_long_records_are_sealed_in_bites(db: None, monkeypatch) -> None:
    monkeypatch.setattr(chain, "BITE", 5)
    job = Job.objects.create(kind="test")
    for number in range(N):
        audit.record(f"act {number}", job, by=None)

    assert chain.seal() == N
    assert list(AuditSeal.objects.order_by("number").values_list("number", flat=True)) == list(range(1, N + 1))
    assert chain.verify().problems == ()


RECORD, SEALS = AuditEvent._meta.db_table, AuditSeal._meta.db_table
TAMPERINGS = {
    "edit of a verb": ["UPDATE {record} SET verb = 'nothing' WHERE id = {fifth}"],
    "edit of the details": ["UPDATE {record} SET details = details || '{{\"count\": 0}}' WHERE id = {fifth}"],
    "edit of the time": ["UPDATE {record} SET at = at + interval '1 microsecond' WHERE id = {fifth}"],
    "delete of a line and its link": [
        "DELETE FROM {seals} WHERE event_id = {fifth}",
        "DELETE FROM {record} WHERE id = {fifth}",
    ],
    "delete with the numbers closed up": [
        "DELETE FROM {seals} WHERE event_id = {fifth}",
        "DELETE FROM {record} WHERE id = {fifth}",
        "UPDATE {seals} SET number = number + 1000 WHERE number > 5",
        "UPDATE {seals} SET number = number - 1001 WHERE number > 1000",
    ],
    "reorder": [
        "UPDATE {seals} SET event_id = -1 WHERE event_id = {fifth}",
        "UPDATE {seals} SET event_id = {fifth} WHERE event_id = {sixth}",
        "UPDATE {seals} SET event_id = {sixth} WHERE event_id = -1",
    ],
    "a line put under another's link": ["UPDATE {seals} SET event_id = {extra} WHERE event_id = {fifth}"],
}


@pytest.mark.threat("T39")
@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found(events: list[AuditEvent], tampering: str) -> None:
    assert chain.verify().problems == ()
    audit.record("extra", Job.objects.get(), by=None)
    extra = AuditEvent.objects.latest("pk").pk

    with as_the_owner() as run:
        for statement in TAMPERINGS[tampering]:
            run(statement.format(record=RECORD, seals=SEALS, fifth=events[4].pk, sixth=events[5].pk, extra=extra))

    assert chain.verify().problems != ()


@pytest.mark.threat("T39")
def test_a_cut_end_is_found_by_the_head_that_was_kept_elsewhere(events: list[AuditEvent]) -> None:
    kept = chain.verify().head

    with as_the_owner() as run:
        run(f"DELETE FROM {SEALS} WHERE number > {N - 3}")
        run(f"DELETE FROM {RECORD} WHERE id > {events[N - 4].pk}")

    assert chain.verify().problems == ()  # alone, the chain cannot know how long it was
    assert chain.verify(kept=kept).problems == (
        f"The link {kept} is not in the chain: it was cut off or written anew.",
    )


@pytest.mark.threat("T39")
def test_a_chain_written_anew_is_found_by_the_head_that_was_kept_elsewhere(events: list[AuditEvent]) -> None:
    kept = chain.verify().head

    with as_the_owner() as run:
        run(f"UPDATE {RECORD} SET verb = 'nothing' WHERE id = {events[4].pk}")
        run(f"DELETE FROM {SEALS}")
    chain.seal()

    assert chain.verify().problems == ()
    assert len(chain.verify(kept=kept).problems) == 1


def test_the_command_ends_with_one_and_names_the_line(events: list[AuditEvent]) -> None:
    said = StringIO()
    call_command("verify_record", stdout=said)
    with as_the_owner() as run:
        run(f"UPDATE {RECORD} SET verb = 'nothing' WHERE id = {events[4].pk}")

    with pytest.raises(CommandError) as ended:
        call_command("verify_record", stdout=said)

    assert ended.value.returncode == 1
    assert said.getvalue().startswith(f"{N} lines are as they were sealed; 0 wait for their seal.\nHead, to be kept")
    assert f"Link 5 does not fit its line (event {events[4].pk})" in said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_sealing_at_the_same_time_makes_one_chain_and_late_commits_are_not_lost() -> None:
    """One act is still open while others are sealed; its line has a lower key than theirs."""
    job = Job.objects.create(kind="test")
    begun, go_on = threading.Event(), threading.Event()

    def slow_act() -> None:
        with transaction.atomic():
            audit.record("slow", job, by=None)
            begun.set()
            go_on.wait(20)
        connection.close()

    slow = threading.Thread(target=slow_act)
    slow.start()
    begun.wait(20)
    for number in range(N):
        audit.record(f"act {number}", job, by=None)

    def seal() -> None:
        chain.seal()
        connection.close()

    sealers = [threading.Thread(target=seal) for _ in range(4)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join(20)
    go_on.set()
    slow.join(20)

    assert chain.seal() in {1, 1 + N}
    verdict = chain.verify()
    assert (verdict.n_sealed, verdict.n_unsealed, verdict.problems) == (N + 1, 0, ())
    assert AuditSeal.objects.get(event__verb="slow").number == N + 1

"""Three roles: what the portal's own may not do to the record, and what the reader may not see."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from psycopg.errors import InsufficientPrivilege, RaiseException, ReadOnlySqlTransaction

from core import audit, chain
from core.database_roles import APP, READER, append_only_tables, missing_roles
from core.models import AuditEvent, AuditSeal
from tests.worlds import person

pytestmark = pytest.mark.owner
PASSWORD = "kT0Vq8wYz3nB7uLx1eRj"
RECORD, SEALS = AuditEvent._meta.db_table, AuditSeal._meta.db_table
Connect = Callable[[str], psycopg.Connection]


@pytest.fixture
def sign_in(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Prepare the database as a deployment does; connect as one of its roles."""
    monkeypatch.setenv("APP_DATABASE_PASSWORD", PASSWORD)
    monkeypatch.setenv("READER_DATABASE_PASSWORD", PASSWORD)
    call_command("prepare_database", verbosity=0)
    audit.record("test", person("ada"), by=None)
    chain.seal()
    opened = []

    def sign_in(role: str) -> psycopg.Connection:
        parts = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        if role != "owner":
            parts = parts._replace(netloc=f"{role}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}")
        opened.append(psycopg.connect(urlunsplit(parts), autocommit=True))
        return opened[-1]

    yield sign_in
    for one in opened:
        one.close()


def refused(session: psycopg.Connection, statement: str) -> str:
    """Return why the database did not run it."""
    try:
        session.execute(statement)
    except psycopg.Error as error:
        return type(error).__name__
    return "ran"


@pytest.mark.threat("T39")
def test_the_portals_role_cannot_touch_the_record_nor_any_table(sign_in: Connect) -> None:
    session = sign_in(APP)
    statements = [
        f"UPDATE {RECORD} SET verb = 'nothing'",
        f"DELETE FROM {RECORD}",
        f"TRUNCATE {RECORD} CASCADE",
        f"UPDATE {SEALS} SET hash = hash",
        f"DELETE FROM {SEALS}",
        f"ALTER TABLE {RECORD} DISABLE TRIGGER ALL",
        f"DROP TABLE {SEALS}",
        "SET session_replication_role = replica",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        f"ALTER ROLE {APP} SUPERUSER",
        "DELETE FROM django_migrations",
    ]

    outcomes = {statement: refused(session, statement) for statement in statements}

    assert outcomes == dict.fromkeys(statements, InsufficientPrivilege.__name__)
    assert AuditEvent.objects.filter(verb="test").exists()


def test_control_the_owner_can_once_the_trigger_is_off(sign_in: Connect) -> None:
    """Against the owner helps the chain alone: the same statements run, and the walk finds what they did."""
    session = sign_in("owner")
    with pytest.raises(RaiseException):
        session.execute(f"UPDATE {RECORD} SET verb = 'nothing'")

    session.execute(f"ALTER TABLE {RECORD} DISABLE TRIGGER USER")
    session.execute(f"UPDATE {RECORD} SET verb = 'nothing'")
    session.execute(f"ALTER TABLE {RECORD} ENABLE TRIGGER USER")

    assert chain.verify().problems != ()


def test_control_the_portals_role_writes_lines_and_rows(sign_in: Connect) -> None:
    session = sign_in(APP)
    one = AuditEvent.objects.get(verb="test")

    session.execute(
        f"INSERT INTO {RECORD} (at, verb, object_type, object_key, before, after, details, request_id)"
        " VALUES (now(), 'by the portal', 'x', 'x', '', '', '{}', '')"
    )
    renamed = session.execute("UPDATE accounts_user SET display_name = 'Renamed'").rowcount

    assert AuditEvent.objects.filter(verb="by the portal", pk__gt=one.pk).exists()
    assert renamed == 1


def test_every_table_has_its_rights(sign_in: Connect) -> None:
    session = sign_in(APP)
    tables = {row[0] for row in session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def allowed(role: str, right: str) -> set[str]:
        rows = session.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(%s, oid, %s)",
            [role, right],
        )
        return {row[0] for row in rows}

    assert tables >= {model._meta.db_table for model in apps.get_models()}
    assert allowed(APP, "SELECT") == tables
    assert allowed(APP, "INSERT") == tables - {"django_migrations"}
    for right in ("UPDATE", "DELETE"):
        assert allowed(APP, right) == tables - {"django_migrations", *append_only_tables()}
    assert {RECORD, SEALS, "matching_lotterycommitment"} <= set(append_only_tables())
    for right in ("TRUNCATE", "REFERENCES", "TRIGGER"):
        assert allowed(APP, right) == set()
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        assert allowed(READER, right) == set()


def test_the_reader_reads_and_sees_nothing_that_opens_an_account(sign_in: Connect) -> None:
    session = sign_in(READER)
    closed = ["django_session", "mfa_authenticator", "usersessions_usersession", "core_outboxmail"]

    (name,) = session.execute("SELECT email FROM accounts_user").fetchone()

    assert name
    assert {table: refused(session, f"SELECT 1 FROM {table}") for table in closed} == dict.fromkeys(
        closed, InsufficientPrivilege.__name__
    )
    assert refused(session, "SELECT password FROM accounts_user") == InsufficientPrivilege.__name__
    assert refused(session, "SELECT seed FROM matching_lotterycommitment") == InsufficientPrivilege.__name__
    assert refused(session, "CREATE TEMPORARY TABLE mine (x int)") in {
        InsufficientPrivilege.__name__,
        ReadOnlySqlTransaction.__name__,
    }


def test_running_it_again_changes_nothing_and_needs_no_password(sign_in: Connect, monkeypatch) -> None:
    monkeypatch.delenv("APP_DATABASE_PASSWORD")
    monkeypatch.delenv("READER_DATABASE_PASSWORD")
    call_command("prepare_database", verbosity=0)

    assert sign_in(APP).execute("SELECT count(*) FROM accounts_user").fetchone() == (1,)


def test_a_new_password_is_given_to_the_role_and_stands_nowhere(sign_in: Connect, monkeypatch) -> None:
    def stored() -> str:
        return sign_in("owner").execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [APP]).fetchone()[0]

    before = stored()
    monkeypatch.setenv("APP_DATABASE_PASSWORD", f"{PASSWORD}x")
    call_command("prepare_database", verbosity=0)

    assert stored() != before
    assert stored().startswith("SCRAM-SHA-256$")
    assert PASSWORD not in stored()


def test_a_role_that_is_not_there_is_named_with_the_value_it_needs(transactional_db: None, monkeypatch) -> None:
    monkeypatch.setattr("core.database_roles.APP", "portal_nobody")
    monkeypatch.delenv("APP_DATABASE_PASSWORD", raising=False)

    assert "portal_nobody" in missing_roles()
    monkeypatch.undo()
    with connection.cursor() as cursor:
        for role in {APP, READER} - set(missing_roles()):
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")
    with pytest.raises(CommandError, match=f"no role {APP}: set APP_DATABASE_PASSWORD.* no role {READER}"):
        call_command("prepare_database", verbosity=0)

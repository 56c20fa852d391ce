"""Three roles in the database: the owner migrates, the portal works without the right to change the record, and reports
only read.

The portal's role has no right to make, change or drop a table, and none to change, delete or empty tables that are
append-only. The reader sees everything but what opens an account. All rights are taken and given anew each time, in
one transaction: what a new migration brought is covered, and nothing is ever without its rights.
"""

from typing import Any

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from psycopg import sql

APP, READER = "portal_app", "portal_reader"
#: Only the owner keeps the list of migrations.
OWNERS_OWN = ("django_migrations",)


def append_only_tables() -> list[str]:
    """Return the tables whose rows a trigger keeps from every change: the same list, from the same declaration."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, pgtrigger.Protect)
        and trigger.condition is None
        and {"UPDATE", "DELETE"} <= set(str(trigger.operation).split(" OR "))
    )


def missing_roles() -> list[str]:
    """Return which of the two roles the server does not have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[APP, READER]])
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in (APP, READER) if name not in present]


@transaction.atomic
def keep_role(name: str, password: str) -> None:
    """Make the role, or give it this password."""
    verb = "CREATE" if name in missing_roles() else "ALTER"
    with connection.cursor() as cursor:
        # Hashed here: what the server may write to its log opens nothing.
        hashed = cursor.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        _run(
            cursor, verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}",
            sql.Identifier(name), sql.Literal(hashed),
        )  # fmt: skip


@transaction.atomic
def give_rights() -> None:
    """Take every right of the two roles and give the right ones."""
    app, reader = sql.Identifier(APP), sql.Identifier(READER)
    with connection.cursor() as cursor:
        database = sql.Identifier(connection.settings_dict["NAME"])
        _run(cursor, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
        _run(cursor, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in (app, reader):
            _run(cursor, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", role)
            _run(cursor, "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}", role)
            _run(cursor, "REVOKE ALL ON SCHEMA public FROM {}", role)
            _run(cursor, "GRANT CONNECT ON DATABASE {} TO {}", database, role)
            _run(cursor, "GRANT USAGE ON SCHEMA public TO {}", role)
        _give_app(cursor, app)
        _give_reader(cursor, reader)


def _give_app(cursor: Any, app: sql.Identifier) -> None:
    _run(cursor, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}", app)
    _run(cursor, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", app)
    for table in append_only_tables():
        _run(cursor, "REVOKE UPDATE, DELETE ON {} FROM {}", sql.Identifier(table), app)
    for table in OWNERS_OWN:
        _run(cursor, "REVOKE INSERT, UPDATE, DELETE ON {} FROM {}", sql.Identifier(table), app)


def _give_reader(cursor: Any, reader: sql.Identifier) -> None:
    _run(cursor, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", reader)
    for label in settings.DATABASE_READER_SEES_NO_TABLE:
        _run(cursor, "REVOKE SELECT ON {} FROM {}", _table(label), reader)
    for label, secret in settings.DATABASE_READER_SEES_NO_COLUMN.items():
        open_columns = [f.column for f in apps.get_model(label)._meta.local_concrete_fields if f.column not in secret]
        _run(cursor, "REVOKE SELECT ON {} FROM {}", _table(label), reader)
        columns = sql.SQL(", ").join(map(sql.Identifier, open_columns))
        _run(cursor, "GRANT SELECT ({}) ON {} TO {}", columns, _table(label), reader)
    _run(cursor, "ALTER ROLE {} SET default_transaction_read_only = on", reader)


def _table(label: str) -> sql.Identifier:
    model: type[models.Model] = apps.get_model(label)
    return sql.Identifier(model._meta.db_table)


def _run(cursor: Any, statement: str, *parts: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(*parts))

"""The suite as the role that the portal has in production, not as the owner of the tables: ``--as-portal-app``.

The database is prepared as at a deployment (core.database_roles). From then on every connection of the test run, and
of the processes it starts, has that role's rights. Only emptying the tables after a test is the owner's work, and
what stands in ``as_owner()`` or in a test marked ``owner``: things that the portal never does.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.backends.signals import connection_created
from psycopg import sql

from core import database_roles


@dataclass
class Acting:
    """As whom the suite asks the database; None is the owner."""

    role: str | None = None


acting = Acting()


def put_on(connection: Any, **_: Any) -> None:
    """Give a connection the rights of the role in force."""
    if connection.connection is not None:
        role = sql.SQL("SET ROLE {}").format(sql.Identifier(acting.role)) if acting.role else sql.SQL("RESET ROLE")
        connection.connection.execute(role)


@contextmanager
def as_role(role: str | None) -> Iterator[None]:
    """Ask the database as this role for the length of the block."""
    before = acting.role
    if role == before:
        yield
        return
    acting.role = role
    put_on(connection)
    try:
        yield
    finally:
        acting.role = before
        put_on(connection)


def as_owner() -> AbstractContextManager[None]:
    """Ask the database as the owner of the tables for the length of a block."""
    return as_role(None)


def prepare() -> None:
    """Make the roles and give them their rights, as a deployment does."""
    for name in (database_roles.APP, database_roles.READER):
        database_roles.keep_role(name, "of no use elsewhere")
    database_roles.give_rights()


@contextmanager
def portal_app() -> Iterator[None]:
    """Prepare the database and work on it as the portal's role."""
    prepare()
    empty = connection.ops.execute_sql_flush

    def empty_as_owner(statements: list[str]) -> None:
        with as_owner():
            empty(statements)

    connection_created.connect(put_on)
    try:
        with as_role(database_roles.APP), patch.object(connection.ops, "execute_sql_flush", empty_as_owner):
            yield
    finally:
        connection_created.disconnect(put_on)

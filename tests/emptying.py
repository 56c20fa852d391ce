"""Empty tables after a test that committed: by DELETE, and only what the test can have written.

Django truncates every table and then writes all content types and permissions anew. A TRUNCATE gives each table and
each index a new file, which for a hundred nearly empty tables takes a second on a busy machine; deleting their few
rows takes a twentieth of it. Once the database has counted rows by itself, which it does about once a minute, they are
truncated all the same: a planner that remembers three rows would go through six hundred in the slowest way.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.test.testcases import TransactionTestCase

truncate_everything = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
#: Written by the migrations and by nobody else.
KEPT = {"django_content_type", "auth_permission"}


@cache
def tables() -> list[str]:
    """Return the tables that a test may have written to."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(connection.ops.quote_name(name) for name in names if name not in KEPT)


def may_switch_triggers_off() -> bool:
    """Say whether the database's user may: some tables refuse to lose rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
        return bool(cursor.fetchone()[0])


def were_counted() -> bool:
    """Say whether the planner believes to know how many rows there are; a TRUNCATE makes it forget that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_class WHERE reltuples >= 0 AND oid = ANY(%s::regclass[]))", [tables()]
        )
        return bool(cursor.fetchone()[0])


def empty_tables(test: Any) -> None:
    """Leave nothing of a test behind. A process of the test that is still writing is waited for, as by a TRUNCATE."""
    if not may_switch_triggers_off():
        truncate_everything(test)
        return
    if were_counted():
        acts = [f"TRUNCATE {', '.join(tables())}"]
    else:
        lock = f"LOCK TABLE {', '.join(tables())} IN SHARE ROW EXCLUSIVE MODE"
        acts = [lock, *(f"DELETE FROM {name}" for name in tables())]
    connection.ops.execute_sql_flush(["; ".join(["SET LOCAL session_replication_role = replica", *acts])])

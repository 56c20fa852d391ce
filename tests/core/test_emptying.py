"""After a test that committed nothing is left of it, and what belongs to the schema is."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from core import audit
from core.models import AuditEvent
from tests.emptying import empty_tables, may_switch_triggers_off, tables, were_counted
from tests.worlds import small_world


def filled() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables()))
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.owner
@pytest.mark.parametrize("is_counted", [False, True])
@pytest.mark.django_db(transaction=True)
def test_everything_goes_but_what_the_migrations_wrote(is_counted: bool) -> None:
    world = small_world()
    if is_counted:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE streams_cycle")
        assert were_counted()
    audit.record("visit", world.cycle, by=None)
    assert len(filled()) > 10
    assert AuditEvent.objects.exists(), "whose rows a trigger keeps otherwise"

    empty_tables(None)

    assert filled() == []
    assert not were_counted()
    assert Permission.objects.exists()
    assert may_switch_triggers_off()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",), "the triggers are on again"

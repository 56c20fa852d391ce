"""Tell of closed applications, and of tracks not advanced, where they stood before: as the record has it.

Of rows without a line in the record the earliest phase is taken that fits: a way back then leads less far, never too
far. In pieces of their own, so that nobody waits for a large table.
"""

from django.db import migrations

PIECE = 5000
CLOSED = """
UPDATE applications_application a SET closed_from = coalesce(
    (SELECT e.before FROM core_auditevent e
     WHERE e.object_type = 'applications.application' AND e.object_key = a.public_id AND e.verb = 'close'
     AND e.before IN ('in_screen', 'stage2', 'under_review', 'final') ORDER BY e.id DESC LIMIT 1),
    CASE WHEN EXISTS (SELECT 1 FROM applications_streamapplication s WHERE s.application_id = a.id)
         THEN 'stage2' ELSE 'in_screen' END)
WHERE a.internal_state = 'closed' AND a.closed_from = '' AND a.id > %s AND a.id <= %s
"""
NOT_ADVANCED = """
UPDATE applications_trackapplication t SET not_advanced_from = coalesce(
    (SELECT e.before FROM core_auditevent e
     WHERE e.object_type = 'applications.trackapplication' AND e.object_key = t.public_id
     AND e.verb IN ('fail_screen', 'not_advance') AND e.before IN ('in_screen', 'in_review', 'held')
     ORDER BY e.id DESC LIMIT 1),
    'in_screen')
WHERE t.internal_state = 'not_advanced' AND t.not_advanced_from = '' AND t.id > %s AND t.id <= %s
"""


def tell(apps, schema_editor):
    """Fill both columns in, piece by piece; safe to run again."""
    with schema_editor.connection.cursor() as cursor:
        for table, statement in (("applications_application", CLOSED), ("applications_trackapplication", NOT_ADVANCED)):
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608 -- one of two names above
            (last,) = cursor.fetchone()
            for start in range(0, last, PIECE):
                cursor.execute(statement, [start, start + PIECE])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("applications", "0012_where_it_was_closed"), ("core", "0008_accents")]

    operations = [
        # Nothing to take back: the columns go with the migration before.
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]

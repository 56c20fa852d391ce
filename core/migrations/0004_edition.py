"""A table of editions of the configuration, and the function with which triggers begin a new one."""

from django.db import migrations, models

# Rows that a transaction in progress is about to replace are passed over: nobody waits, and its rows stay until then.
NEW_EDITION = """
CREATE FUNCTION core_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM core_edition WHERE id IN (SELECT id FROM core_edition FOR UPDATE SKIP LOCKED);
    INSERT INTO core_edition (id) VALUES (gen_random_uuid());
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_audit_chain")]

    operations = [
        migrations.CreateModel(name="Edition", fields=[("id", models.UUIDField(primary_key=True, serialize=False))]),
        migrations.RunSQL(NEW_EDITION, "DROP FUNCTION core_new_edition()"),
    ]

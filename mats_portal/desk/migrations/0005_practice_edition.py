"""A change of the practice sets begins a new edition of the configuration: see ``core.editions``."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0004_new_editions"), ("reviews", "0004_practice")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE ON reviews_practiceitem"
            " FOR EACH STATEMENT EXECUTE FUNCTION core_new_edition()",
            "DROP TRIGGER new_edition ON reviews_practiceitem",
        )
    ]

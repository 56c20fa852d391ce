from core.ids import public_id
from django.db import migrations


def name_and_publish(apps, schema_editor):
    """The newest version of each rubric is in force, as it was before there were states; each gets its own address."""
    Rubric = apps.get_model("reviews", "Rubric")
    in_force = {}
    for rubric in Rubric.objects.order_by("version"):
        in_force[rubric.track_id, rubric.definition_id] = rubric.pk
    for rubric in Rubric.objects.all():
        rubric.public_id = public_id()
        rubric.state = "published" if rubric.pk in in_force.values() else "retired"
        rubric.save(update_fields=["public_id", "state"])


class Migration(migrations.Migration):
    """Say of each stored version whether it is in force."""

    dependencies = [("reviews", "0009_rubric_versions")]

    # Going back drops both columns: there is nothing to undo.
    operations = [migrations.RunPython(name_and_publish, migrations.RunPython.noop)]

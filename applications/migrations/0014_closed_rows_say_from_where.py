"""Hold both columns to the states: checked for new rows at once, for old ones without keeping anybody waiting."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('applications', '0013_where_rows_were_closed'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_from__in', ('in_screen', 'stage2', 'under_review', 'final')), ('internal_state', 'closed')), models.Q(models.Q(('internal_state', 'closed'), _negated=True), ('closed_from', '')), _connector='OR'), name='application_closed_from_a_phase'),
        ),
        AddConstraintNotValid(
            model_name='trackapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('internal_state', 'not_advanced'), ('not_advanced_from__in', ('in_screen', 'in_review', 'held'))), models.Q(models.Q(('internal_state', 'not_advanced'), _negated=True), ('not_advanced_from', '')), _connector='OR'), name='track_application_not_advanced_somewhere'),
        ),
        ValidateConstraint(model_name='application', name='application_closed_from_a_phase'),
        ValidateConstraint(model_name='trackapplication', name='track_application_not_advanced_somewhere'),
    ]

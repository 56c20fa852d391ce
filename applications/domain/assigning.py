"""Give evaluations to a person: each once, whoever asks for it and however often."""

from typing import Any

from django.db.models import QuerySet

from applications.models import Application, EvaluationAssignment, EvaluationDefinition
from core import audit


def assign_wanted(
    application: Application, wanted: QuerySet[EvaluationDefinition], *, by: Any
) -> list[EvaluationAssignment]:
    """Assign the newest version of each wanted evaluation that the person has in no version yet. Returns the new ones.

    Call with the application locked: askers stand in line, and one task serves them all.
    """
    present = set(application.evaluation_assignments.values_list("definition__code", flat=True))
    assigned = []
    for definition in {one.code: one for one in wanted.distinct().order_by("code", "version")}.values():
        if definition.code not in present:
            row = EvaluationAssignment.objects.create(application=application, definition=definition)
            audit.record("assign", row, by=by, after=row.state)
            assigned.append(row)
    return assigned

"""Work of an earlier cycle that may count again."""

from django.db.models import QuerySet

from applications.models import EvaluationAssignment
from applications.states import EvaluationState
from streams.models import Cycle


def earlier_work(row: EvaluationAssignment) -> EvaluationAssignment | None:
    """Return what the same person handed in for the same version of the same evaluation, if it may count again.

    It counts for as many later cycles as its definition says; one version asks the same in every cycle.
    """
    definition = row.definition
    if not definition.reuse_cycles or row.state != EvaluationState.ASSIGNED or definition.is_external:
        return None
    started = row.application.cycle.programme_starts_on
    before: QuerySet[Cycle] = Cycle.objects.filter(programme_starts_on__lt=started).order_by("-programme_starts_on")
    near = list(before.values_list("pk", flat=True)[: definition.reuse_cycles])
    found = EvaluationAssignment.objects.filter(
        application__person_id=row.application.person_id,
        application__cycle__in=near,
        definition__code=definition.code,
        definition__version=definition.version,
        definition__form=definition.form_id,
        state__in=[EvaluationState.SUBMITTED, EvaluationState.GRADED],
    )
    return found.select_related("application__cycle").order_by("-application__cycle__programme_starts_on").first()

"""Give evaluations to a person: each once, whoever asks for it and however often; take back what nobody asks for."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from applications.domain.guards import open_track_ids
from applications.models import Application, EvaluationAssignment, EvaluationDefinition
from applications.states import AskedWhen, EvaluationState, StreamApplicationState, TaskWindow
from core import audit
from core.transitions import locked, transition

S = StreamApplicationState
#: Streams of a person that ask them for something, by when their evaluations are asked for.
ASKING = {
    AskedWhen.ADDED: (S.DRAFT, S.SUBMITTED, S.IN_STREAM_REVIEW),
    AskedWhen.ADVANCED: (S.IN_STREAM_REVIEW,),
}


def assign_wanted(
    application: Application,
    wanted: QuerySet[EvaluationDefinition],
    *,
    by: Any,
    window: TaskWindow = TaskWindow.STAGE2,
) -> list[EvaluationAssignment]:
    """Assign the newest version of each wanted evaluation that the person has in no version yet. Returns the new ones.

    One that was taken back because nobody asked for it any more comes back with what was typed. Call with the
    application locked: askers stand in line, and one task serves them all.
    """
    present = {
        row.definition.code: row
        for row in application.evaluation_assignments.select_related("definition").order_by("pk")
    }
    assigned = []
    for definition in {one.code: one for one in wanted.distinct().order_by("code", "version")}.values():
        row = present.get(definition.code)
        if row is None:
            row = EvaluationAssignment.objects.create(application=application, definition=definition, window=window)
            audit.record("assign", row, by=by, after=row.state)
            assigned.append(row)
        elif row.state == EvaluationState.VOID:
            assigned.append(transition(locked(row, "definition"), "bring_back", by=by, window=window))
    return assigned


def drop_unasked(application: Application, codes: Iterable[str], *, by: Any) -> list[EvaluationAssignment]:
    """Take back the evaluations of these codes that neither a track nor a stream of the person asks for any more.

    What was handed in, and a clock that runs, stay. Call with the application locked, after the asker has gone.
    """
    kept = _asked_codes(application)
    rows = application.evaluation_assignments.filter(
        state=EvaluationState.ASSIGNED, definition__code__in=set(codes) - kept
    )
    return [transition(locked(row), "drop", by=by) for row in rows.order_by("pk")]


def _asked_codes(application: Application) -> set[str]:
    streams = application.stream_applications
    asked = Q(tracks__in=open_track_ids(application))
    for moment, states in ASKING.items():
        here = streams.filter(released_state__in=states).values("stream")
        asked |= Q(streams_ask=moment, streams__in=here)
    definitions = EvaluationDefinition.objects.filter(asked, cycle=application.cycle_id)
    return set(definitions.values_list("code", flat=True))

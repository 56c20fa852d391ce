"""By what is read: the criteria of a rubric, and the rubrics in force."""

from collections.abc import Mapping
from types import MappingProxyType

from core.editions import kept
from reviews.models import Criterion, Rubric
from reviews.states import RubricKind


@kept
def criteria_of(rubric_id: int) -> tuple[Criterion, ...]:
    """Return the criteria of a rubric in their order. Everybody shares the rows: read, never change them."""
    return tuple(Criterion.objects.filter(rubric=rubric_id))


@kept
def latest_rubrics() -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Return the rubric in force by track and by evaluation definition (primary keys)."""
    by_track: dict[int, int] = {}
    by_definition: dict[int, int] = {}
    for pk, kind, track_id, definition_id in Rubric.objects.order_by("version").values_list(
        "pk", "kind", "track_id", "definition_id"
    ):
        if kind == RubricKind.CENTRAL:
            by_track[track_id] = pk
        else:
            by_definition[definition_id] = pk
    return MappingProxyType(by_track), MappingProxyType(by_definition)

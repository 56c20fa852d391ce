"""What publishing a version changes: which readings it takes over, which keep theirs, and what becomes of practice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviews.models import ReviewAssignment, Rubric
from reviews.queries.needs import BEGUN, COUNTED
from reviews.queries.rubric_checks import of_same_owner
from reviews.queries.rubric_texts import RubricText
from reviews.queries.standing import Key, key_of
from reviews.states import AssignmentState, RubricState


@dataclass(frozen=True)
class Effects:
    """What publishing comes to now: texts and readings that take the new version, and those that keep theirs."""

    n_texts_moved: int
    n_moved: int
    n_texts_kept: int
    n_handed_in: int
    n_in_progress: int
    n_waiting_kept: int
    n_practice: int
    practice_goes_along: bool


def effects_of(draft: Rubric, text: RubricText) -> Effects:
    """Return what publishing ``draft`` would change, in three queries."""
    rows = list(
        ReviewAssignment.objects.filter(rubric__in=of_same_owner(draft), state__in=sorted(COUNTED)).only(
            "track_application", "evaluation", "state"
        )
    )
    begun = {key_of(row) for row in rows if row.state in BEGUN}
    moved = [row for row in rows if key_of(row) not in begun]
    states = [row.state for row in rows if key_of(row) in begun]
    in_force = (
        of_same_owner(draft).filter(state=RubricState.PUBLISHED).prefetch_related("criteria", "practice_items").first()
    )
    return Effects(
        n_texts_moved=len({key_of(row) for row in moved}),
        n_moved=len(moved),
        n_texts_kept=len(begun),
        n_handed_in=states.count(AssignmentState.SUBMITTED),
        n_in_progress=states.count(AssignmentState.IN_PROGRESS),
        n_waiting_kept=states.count(AssignmentState.ASSIGNED),
        n_practice=len(in_force.practice_items.all()) if in_force else 0,
        practice_goes_along=bool(in_force) and practice_goes_along(in_force, text),
    )


def practice_goes_along(before: Rubric, text: RubricText) -> bool:
    """Say whether the practice texts of ``before`` have a reference level for each criterion of ``text``."""
    items = list(before.practice_items.all())
    same = {(criterion.scale_min, criterion.scale_max) for criterion in before.criteria.all()} == {text.scale}
    codes = {criterion.code for criterion in text.criteria if not criterion.area}
    return bool(items) and same and all(codes == {score["criterion"] for score in item.scores} for item in items)


def waiting_of(held: Sequence[ReviewAssignment]) -> list[ReviewAssignment]:
    """Return those of ``held``, which wait, whose text nobody has begun."""
    begun = begun_versions(key_of(row) for row in held)
    return [row for row in held if key_of(row) not in begun]


def begun_versions(keys: Iterable[Key]) -> dict[Key, int]:
    """Return by which version (a primary key) a text is read, for those that somebody has begun."""
    wanted: dict[str, set[int]] = {"track_application": set(), "evaluation": set()}
    for kind, pk in keys:
        wanted[kind].add(pk)
    found: dict[Key, int] = {}
    for kind, pks in wanted.items():
        if pks:
            begun = ReviewAssignment.objects.filter(**{f"{kind}__in": pks}, state__in=sorted(BEGUN)).order_by("-pk")
            found |= {(kind, pk): rubric for pk, rubric in begun.values_list(f"{kind}_id", "rubric_id")}
    return found

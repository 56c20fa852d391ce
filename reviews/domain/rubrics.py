"""Write rubrics. A version is what reviewers score by, so it never changes once it is in force.

A draft is made from a version, changed by staff, and published: from then on it is what texts are read by that nobody
has begun. A text that somebody has begun, or handed in, keeps the version they read it by, for all of its readers: two
people who read one text read it by the same words.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction

from applications.models import EvaluationDefinition
from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked, transition
from questions.domain.rows import Change, Saved
from reviews.models import Criterion, PracticeItem, ReviewAssignment, Rubric
from reviews.queries.rubric_checks import HUNDRED, findings, of_same_owner, surroundings_of
from reviews.queries.rubric_effects import practice_goes_along, waiting_of
from reviews.queries.rubric_texts import CriterionText, RubricText, text_of, total_weight
from reviews.states import AssignmentState, RubricKind, RubricState
from streams.models import Track

__all__ = ["CriterionText", "RubricText", "total_weight"]


@dataclass(frozen=True)
class Published:
    """What publishing a version came to: how many readings that nobody had begun are now by it."""

    rubric: Rubric
    moved: int


def save_track_rubric(*, track: Track, text: RubricText, by: Any) -> Saved[Rubric]:
    """Make this version of the rubric for the central review of ``track`` exist."""
    return _save_rubric(owner={"kind": RubricKind.CENTRAL, "track": track}, text=text, by=by)


def save_evaluation_rubric(*, definition: EvaluationDefinition, text: RubricText, by: Any) -> Saved[Rubric]:
    """Make this version of the rubric for grading ``definition`` exist."""
    return _save_rubric(owner={"kind": RubricKind.EVALUATION, "definition": definition}, text=text, by=by)


@transaction.atomic
def start_rubric_draft(*, rubric: Rubric, by: Any) -> Rubric:
    """Return the draft of the next version; if there is none yet, one that says what ``rubric`` says."""
    others = _locked_versions(rubric)
    if draft := next((row for row in others if row.state == RubricState.DRAFT), None):
        return draft
    text = replace(text_of(rubric), version=max(row.version for row in others) + 1)
    owner = {"kind": rubric.kind, "track_id": rubric.track_id, "definition_id": rubric.definition_id}
    draft = _create(owner, text)
    audit.record("start_draft", draft, by=by, after=draft.state, made_from=rubric.version)
    return draft


@transaction.atomic
def change_rubric_draft(*, rubric: Rubric, text: RubricText, edits: int, by: Any) -> Rubric:
    """Make a draft say ``text``; ``edits`` is the number that the person saw.

    Raises ``Stale`` when somebody else has saved it meanwhile, ``Refused`` for a version that is no draft.
    """
    rubric = _locked_draft(rubric)
    if rubric.edits != edits:
        raise Stale("Somebody else saved this draft while you were writing. Nothing is lost: read both.", rubric)
    if not text.criteria:
        raise Refused("A rubric has at least one criterion. Leave one in, or throw the draft away.")
    if len({criterion.code for criterion in text.criteria}) < len(text.criteria):
        raise Refused("Two criteria have the same code.")
    rubric.title, rubric.note, rubric.edits = text.title, text.note, edits + 1
    rubric.save(update_fields=["title", "note", "edits"])
    rubric.criteria.all().delete()
    _write_criteria(rubric, text)
    audit.record("change_draft", rubric, by=by, criteria=len(text.criteria))
    return rubric


@transaction.atomic
def discard_rubric_draft(*, rubric: Rubric, by: Any) -> None:
    """Throw a draft away. Raises ``Refused`` for a version that was ever published."""
    rubric = _locked_draft(rubric)
    audit.record("discard_draft", rubric, by=by, version=rubric.version)
    rubric.delete()


@transaction.atomic
def publish_rubric(*, rubric: Rubric, edits: int, by: Any, take_practice: bool = False) -> Published:
    """Put a draft in force and retire the version before it.

    ``take_practice`` gives it the practice texts of that version with their reference levels. Raises ``Stale`` when
    the draft was changed since ``edits`` was looked at, ``Refused`` while a check finds something.
    """
    rubric = _locked_draft(rubric)
    if rubric.edits != edits:
        raise Stale("The draft was changed since you looked at it. Look again, then publish.", rubric)
    if found := findings(text_of(rubric), surroundings_of(rubric)):
        raise Refused(f"This rubric is not ready: {found[0]}")
    return _put_in_force(rubric, by=by, take_practice=take_practice)


@transaction.atomic
def _save_rubric(*, owner: dict[str, Any], text: RubricText, by: Any) -> Saved[Rubric]:
    total = total_weight(criterion for criterion in text.criteria if not criterion.area)
    if total != HUNDRED:
        raise Refused(f"The weights of “{text.title}” add up to {total}, not to 100.")
    versions = Rubric.objects.select_for_update(of=("self",), no_key=True).filter(**owner).order_by("version")
    by_number = {row.version: row for row in versions}
    stored = by_number.get(text.version)
    if stored is None or stored.state == RubricState.DRAFT:
        if any(row.state == RubricState.DRAFT for row in by_number.values()):
            raise Refused(f"Staff are drafting a version of the rubric “{text.title}”. Publish or throw it away first.")
        rubric = _create(owner, text)
        audit.record("create", rubric, by=by)
        return Saved(_put_in_force(rubric, by=by).rubric, Change.CREATED)
    if text_of(stored) != text:
        raise Refused(
            f"Version {text.version} of the rubric “{text.title}” is stored with other content. "
            "Give the new content a new version number."
        )
    return Saved(stored, Change.UNCHANGED)


def _create(owner: dict[str, Any], text: RubricText) -> Rubric:
    rubric = Rubric.objects.create(**owner, version=text.version, title=text.title, note=text.note)
    _write_criteria(rubric, text)
    return rubric


def _write_criteria(rubric: Rubric, text: RubricText) -> None:
    low, high = text.scale
    Criterion.objects.bulk_create(
        Criterion(rubric=rubric, order=order, scale_min=low, scale_max=high, **asdict(criterion))
        for order, criterion in enumerate(text.criteria, 1)
    )


def _locked_draft(rubric: Rubric) -> Rubric:
    rubric = locked(rubric)
    if rubric.state != RubricState.DRAFT:
        raise Refused("This version was published and never changes. Make a draft to change something.")
    return rubric


def _locked_versions(rubric: Rubric) -> list[Rubric]:
    """Return all versions of a rubric, locked in their order: one person at a time begins or publishes one."""
    return list(of_same_owner(rubric).select_for_update(of=("self",), no_key=True).order_by("version"))


def _put_in_force(rubric: Rubric, *, by: Any, take_practice: bool = False) -> Published:
    before = next((row for row in _locked_versions(rubric) if row.state == RubricState.PUBLISHED), None)
    if before is not None and before.version > rubric.version:
        raise Refused(f"Version {before.version} is in force already. Make a new draft from it.")
    if before is not None:
        transition(before, "retire", by=by)
    transition(rubric, "publish", by=by, published_at=clock.now())
    if before is not None and take_practice and practice_goes_along(before, text_of(rubric)):
        _copy_practice(before, rubric)
    moved = _move_what_nobody_has_begun(rubric)
    if moved:
        audit.record("read_by_new_version", rubric, by=by, readings=moved)
    return Published(rubric, moved)


def _copy_practice(before: Rubric, rubric: Rubric) -> None:
    PracticeItem.objects.bulk_create(
        PracticeItem(
            rubric=rubric, code=row.code, title=row.title, answers=row.answers, scores=row.scores, order=row.order
        )
        for row in before.practice_items.all()
    )


def _move_what_nobody_has_begun(rubric: Rubric) -> int:
    """Have the texts read by ``rubric`` that nobody has begun. Whoever begins one just now comes before or after."""
    older = of_same_owner(rubric).exclude(pk=rubric.pk)
    waiting = ReviewAssignment.objects.filter(rubric__in=older, state=AssignmentState.ASSIGNED)
    # Locked first, looked at afterwards: a reader who began meanwhile has dropped out of the rows.
    held = list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk"))
    free = waiting_of(held)
    return ReviewAssignment.objects.filter(pk__in=[row.pk for row in free]).update(rubric=rubric)

"""Write rubrics. A version is what reviewers scored by, so it never changes; other criteria are a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from applications.models import EvaluationDefinition
from core import audit
from core.refusals import Refused
from questions.domain.rows import Change, Saved
from reviews.models import Criterion, Rubric
from reviews.states import GroupRule, RubricKind
from streams.models import Track

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class CriterionText:
    """One criterion: its weight in percent, and what the levels of its scale mean."""

    code: str
    name: str
    weight: Decimal
    anchors: Mapping[str, str]
    question_codes: list[str]
    help: str = ""
    group: str = ""
    group_rule: str = GroupRule.SUM


@dataclass(frozen=True)
class RubricText:
    """What one version of a rubric says."""

    title: str
    version: int
    criteria: Sequence[CriterionText] = field(default_factory=tuple)
    note: str = ""


def save_track_rubric(*, track: Track, text: RubricText, by: Any) -> Saved[Rubric]:
    """Make this version of the rubric for the central review of ``track`` exist."""
    return _save_rubric(owner={"kind": RubricKind.CENTRAL, "track": track}, text=text, by=by)


def save_evaluation_rubric(*, definition: EvaluationDefinition, text: RubricText, by: Any) -> Saved[Rubric]:
    """Make this version of the rubric for grading ``definition`` exist."""
    return _save_rubric(owner={"kind": RubricKind.EVALUATION, "definition": definition}, text=text, by=by)


def total_weight(criteria: Sequence[CriterionText]) -> Decimal:
    """Return the sum of the weights, the best of a group counted once."""
    best = {criterion.group: criterion.weight for criterion in criteria if criterion.group_rule == GroupRule.MAX}
    return sum((c.weight for c in criteria if c.group_rule == GroupRule.SUM), sum(best.values(), Decimal(0)))


@transaction.atomic
def _save_rubric(*, owner: dict[str, Any], text: RubricText, by: Any) -> Saved[Rubric]:
    if total_weight(text.criteria) != HUNDRED:
        raise Refused(f"The weights of “{text.title}” add up to {total_weight(text.criteria)}, not to 100.")
    stored = Rubric.objects.select_for_update(of=("self",), no_key=True).filter(**owner, version=text.version).first()
    if stored is None:
        rubric = Rubric.objects.create(**owner, version=text.version, title=text.title, note=text.note)
        Criterion.objects.bulk_create(
            Criterion(rubric=rubric, order=order, **asdict(criterion))
            for order, criterion in enumerate(text.criteria, 1)
        )
        audit.record("create", rubric, by=by)
        return Saved(rubric, Change.CREATED)
    if _content(stored) != [text.title, text.note, *(asdict(criterion) for criterion in text.criteria)]:
        raise Refused(
            f"Version {text.version} of the rubric “{text.title}” is stored with other content. "
            "Give the new content a new version number."
        )
    return Saved(stored, Change.UNCHANGED)


def _content(rubric: Rubric) -> list[Any]:
    names = list(CriterionText.__dataclass_fields__)
    return [
        rubric.title,
        rubric.note,
        *({name: getattr(criterion, name) for name in names} for criterion in rubric.criteria.all()),
    ]

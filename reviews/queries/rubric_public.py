"""What readers of the central review look for, as everybody may read it."""

from dataclasses import dataclass

from core.editions import kept
from reviews.models import Rubric
from reviews.queries.rubric_checks import areas_of
from reviews.queries.rubric_texts import CriterionText, RubricText, scale_words, text_of, weight_words
from reviews.states import BEST_COUNTS, GroupRule, RubricState


@dataclass(frozen=True)
class PublicCriterion:
    """One criterion in plain words, with what its levels mean, the highest first."""

    name: str
    weight: str
    help: str
    note: str
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PublicRubric:
    """The version in force of one track."""

    version: int
    scale: str
    criteria: tuple[PublicCriterion, ...]


@kept
def public_rubric(track_id: int) -> PublicRubric | None:
    """Return what the readers of a track look for now; ``None`` for a track without a rubric."""
    rubric = Rubric.objects.filter(track=track_id, state=RubricState.PUBLISHED).first()
    if rubric is None:
        return None
    text = text_of(rubric)
    areas = areas_of(rubric) if any(criterion.area for criterion in text.criteria) else {}
    return PublicRubric(
        version=rubric.version,
        scale=scale_words(text.scale),
        criteria=tuple(
            PublicCriterion(
                name=criterion.name,
                weight=weight_words(criterion.weight),
                help=criterion.help,
                note=" ".join(filter(None, [_group_note(criterion, text), _area_note(criterion, areas)])),
                levels=tuple((at, criterion.anchors[at]) for at in sorted(criterion.anchors, key=int, reverse=True)),
            )
            for criterion in text.criteria
        ),
    )


def _group_note(criterion: CriterionText, text: RubricText) -> str:
    """Say of a group what it means for the person who is read."""
    if criterion.group_rule not in BEST_COUNTS:
        return ""
    others = [one.name for one in text.criteria if one.group == criterion.group and one.code != criterion.code]
    if not others:
        return ""
    names = " and ".join(f"“{name}”" for name in others)
    if criterion.group_rule == GroupRule.ANY_OF:
        return f"One of this and {names} is enough; the best of them counts."
    return f"Of this and {names} only the best counts."


def _area_note(criterion: CriterionText, areas: dict[str, str]) -> str:
    if not criterion.area:
        return ""
    return f"Only if you choose the area “{areas.get(criterion.area, criterion.area)}”; it counts beside the others."

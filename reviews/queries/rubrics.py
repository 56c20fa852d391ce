"""By what is read: the criteria of a rubric with their scales, and the rubrics in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.text import get_text_list

from accounts.states import Role
from applications.models import EvaluationDefinition
from applications.queries.areas import areas_chosen
from core.editions import kept
from reviews.engine import Weighted
from reviews.models import Criterion, ReviewAssignment, Rubric
from reviews.queries.access import tracks_of
from reviews.queries.evidence import ReadSection
from reviews.states import BEST_COUNTS, GroupRule, RubricKind, RubricState


@kept
def criteria_of(rubric_id: int) -> tuple[Criterion, ...]:
    """Return the criteria of a rubric in their order. Everybody shares the rows: read, never change them."""
    return tuple(Criterion.objects.filter(rubric=rubric_id).select_related("rubric"))


def criteria_for(assignment: ReviewAssignment) -> tuple[Criterion, ...]:
    """Return what one text is scored by: a criterion of an area only if its writer chose that area."""
    criteria = criteria_of(assignment.rubric_id)
    if not any(criterion.area_code for criterion in criteria):
        return criteria
    target = assignment.track_application or assignment.evaluation
    chosen = areas_chosen(target.application_id) if target else frozenset()
    return tuple(c for c in criteria if not c.area_code or (c.stream_slug, c.area_code) in chosen)


def criteria_of_everybody(rubric_id: int) -> tuple[Criterion, ...]:
    """Return the criteria that hang on no area: what invented texts are scored by."""
    return tuple(criterion for criterion in criteria_of(rubric_id) if not criterion.area_code)


def missing_scores(criteria: Iterable[Criterion], scored: Collection[str]) -> dict[str, str]:
    """Return what lacks a score, by code, in words. Of a group where one is enough, its first stands for all."""
    missing: dict[str, str] = {}
    groups: dict[str, list[Criterion]] = {}
    for criterion in criteria:
        if criterion.group_rule == GroupRule.ANY_OF:
            groups.setdefault(criterion.group, []).append(criterion)
        elif criterion.code not in scored:
            missing[criterion.code] = f"“{criterion.name}”"
    for members in groups.values():
        if not {criterion.code for criterion in members} & set(scored):
            names = get_text_list([f"“{criterion.name}”" for criterion in members], "or")
            missing[members[0].code] = f"one of {names}" if len(members) > 1 else names
    return missing


@kept
def latest_rubrics() -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Return the rubric in force by track and by evaluation definition (primary keys)."""
    by_track: dict[int, int] = {}
    by_definition: dict[int, int] = {}
    for pk, kind, track_id, definition_id in Rubric.objects.filter(state=RubricState.PUBLISHED).values_list(
        "pk", "kind", "track_id", "definition_id"
    ):
        if kind == RubricKind.CENTRAL:
            by_track[track_id] = pk
        else:
            by_definition[definition_id] = pk
    return MappingProxyType(by_track), MappingProxyType(by_definition)


def weighted(criteria: Iterable[Criterion]) -> list[Weighted]:
    """Return the criteria as the mean needs them."""
    return [Weighted(c.code, c.weight, c.group if c.group_rule in BEST_COUNTS else "") for c in criteria]


@dataclass(frozen=True)
class CriterionRow:
    """One criterion with its scale, and the score of the reader's own draft ("" none, "0" cannot tell)."""

    id: str
    number: int
    name: str
    weight: str
    scale: tuple[int, ...]
    anchors: tuple[dict[str, str], ...]
    note: str
    evidence: tuple[dict[str, str], ...]
    value: str
    error: str = ""

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The levels as the scale shows them."""
        return [{"level": level, "is_chosen": str(level) == self.value} for level in self.scale]


def criterion_rows(
    criteria: Sequence[Criterion], sections: tuple[ReadSection, ...], values: dict[str, str]
) -> tuple[CriterionRow, ...]:
    """Return the rubric with its evidence and the reader's own scores."""
    items = {item.code: item for section in sections for item in section.items}
    return tuple(
        CriterionRow(
            id=criterion.code,
            number=number,
            name=criterion.name,
            weight=f"{criterion.weight.normalize():f}",
            scale=tuple(range(criterion.scale_min, criterion.scale_max + 1)),
            anchors=tuple({"at": at, "text": text} for at, text in sorted(criterion.anchors.items())),
            note=" ".join(filter(None, [_group_note(criterion, criteria), criterion.help])),
            evidence=tuple(
                {"label": f"answer {items[code].number}", "url": f"#answer-{items[code].number}"}
                for code in criterion.question_codes
                if code in items
            ),
            value=values.get(criterion.code, ""),
        )
        for number, criterion in enumerate(criteria, 1)
    )


def _group_note(criterion: Criterion, criteria: Sequence[Criterion]) -> str:
    if criterion.group_rule not in BEST_COUNTS:
        return ""
    n = sum(1 for other in criteria if other.group == criterion.group and other.group_rule == criterion.group_rule)
    if n == 1:
        return ""
    enough = "One of these {n} is enough; the best counts." if criterion.group_rule == GroupRule.ANY_OF else ""
    return (enough or "The best of these {n} counts.").format(n=n)


def former_scores(rubric: str, posted: Mapping[str, Any]) -> str:
    """Say which levels of another version (a public id) were posted, by the names that its criteria had."""
    chosen = [
        f"{criterion.name} {posted[f'score-{criterion.code}']}"
        for criterion in Criterion.objects.filter(rubric__public_id=rubric[:22])
        if str(posted.get(f"score-{criterion.code}", "")).isdigit()
    ]
    return ", ".join(chosen).replace(" 0", " cannot tell")


@dataclass(frozen=True)
class RubricOutline:
    """One rubric for the guide."""

    title: str
    note: str
    criteria: tuple[CriterionRow, ...]


def rubrics_of(user: Any) -> list[RubricOutline]:
    """Return the rubrics by which the reviewer reads: those of their tracks, the versions in force."""
    by_track, by_definition = latest_rubrics()
    tracks = {track.pk for track in tracks_of(user, Role.REVIEWER)}
    definitions = set(EvaluationDefinition.objects.filter(tracks__in=tracks).values_list("pk", flat=True))
    wanted = [pk for key, pk in by_track.items() if key in tracks]
    wanted += [pk for key, pk in by_definition.items() if key in definitions]
    return [
        RubricOutline(rubric.title, rubric.note, criterion_rows(list(rubric.criteria.all()), (), {}))
        for rubric in Rubric.objects.filter(pk__in=wanted).prefetch_related("criteria").order_by("kind", "title")
    ]

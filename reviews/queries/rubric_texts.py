"""A rubric as text: what a version says, apart from its row, and how two versions differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reviews.models import Criterion, Rubric
from reviews.states import BEST_COUNTS, GroupRule

SCALE = (1, 5)


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
    stream_slug: str = ""
    area_code: str = ""

    @property
    def area(self) -> str:
        """The area for which it is scored, as ``stream/area``; empty where it is scored of everybody."""
        return f"{self.stream_slug}/{self.area_code}" if self.area_code else ""


@dataclass(frozen=True)
class RubricText:
    """What one version of a rubric says; every criterion has the same ``scale``."""

    title: str
    version: int
    criteria: Sequence[CriterionText] = field(default_factory=tuple)
    note: str = ""
    scale: tuple[int, int] = SCALE


def text_of(rubric: Rubric) -> RubricText:
    """Return a stored version as text."""
    rows = list(rubric.criteria.all())
    return RubricText(
        title=rubric.title,
        version=rubric.version,
        criteria=[criterion_text(row) for row in rows],
        note=rubric.note,
        scale=(rows[0].scale_min, rows[0].scale_max) if rows else SCALE,
    )


def criterion_text(row: Criterion) -> CriterionText:
    """Return a stored criterion as text."""
    return CriterionText(**{name: getattr(row, name) for name in CriterionText.__dataclass_fields__})


def total_weight(criteria: Iterable[CriterionText]) -> Decimal:
    """Return the sum of the weights, the best of a group counted once."""
    criteria = list(criteria)
    best = {c.group: c.weight for c in criteria if c.group_rule in BEST_COUNTS}
    return sum((c.weight for c in criteria if c.group_rule not in BEST_COUNTS), sum(best.values(), Decimal(0)))


@dataclass(frozen=True)
class Difference:
    """One thing that two versions say differently. ``was`` or ``becomes`` is empty where only one says it."""

    place: str
    what: str
    was: str
    becomes: str


def differences(before: RubricText, after: RubricText) -> list[Difference]:
    """Return what ``after`` says differently, in the order in which the new version is read."""
    found = [
        Difference("The rubric", what, was, becomes)
        for what, was, becomes in (
            ("Title", before.title, after.title),
            ("Note", before.note, after.note),
            ("Scale", scale_words(before.scale), scale_words(after.scale)),
            ("Order of the criteria", _order(before, after), _order(after, before)),
        )
        if was != becomes
    ]
    old = {criterion.code: criterion for criterion in before.criteria}
    for criterion in after.criteria:
        was = old.pop(criterion.code, None)
        if was is None:
            found.append(Difference(criterion.name, "New criterion", "", _in_short(criterion)))
        else:
            found += _of_criterion(was, criterion)
    found += [Difference(gone.name, "Criterion taken out", _in_short(gone), "") for gone in old.values()]
    return found


def scale_words(scale: tuple[int, int]) -> str:
    """Say a scale."""
    return f"{scale[0]} to {scale[1]}"


def weight_words(weight: Decimal) -> str:
    """Say a weight in percent."""
    return f"{weight.normalize():f} %"


def _order(one: RubricText, other: RubricText) -> str:
    """Name the criteria that both versions have, in the order of ``one``."""
    shared = {criterion.code for criterion in other.criteria}
    return ", ".join(criterion.code for criterion in one.criteria if criterion.code in shared)


def _in_short(criterion: CriterionText) -> str:
    return f"weight {weight_words(criterion.weight)}"


def _of_criterion(was: CriterionText, now: CriterionText) -> list[Difference]:
    pairs = [
        ("Name", was.name, now.name),
        ("Explanation", was.help, now.help),
        ("Weight", weight_words(was.weight), weight_words(now.weight)),
        ("Group", was.group, now.group),
        ("How the group counts", _rule(was), _rule(now)),
        ("Scored only for the area", was.area, now.area),
        ("Evidence", ", ".join(was.question_codes), ", ".join(now.question_codes)),
    ]
    levels = sorted({*was.anchors, *now.anchors}, key=int)
    pairs += [(f"Level {level}", was.anchors.get(level, ""), now.anchors.get(level, "")) for level in levels]
    return [Difference(now.name, what, before, after) for what, before, after in pairs if before != after]


def _rule(criterion: CriterionText) -> str:
    return str(GroupRule(criterion.group_rule).label) if criterion.group else ""

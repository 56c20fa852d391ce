"""What staff read of rubrics: the list of versions, one version with its checks, and what publishing it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.queries import is_staff
from reviews.models import ReviewAssignment, Rubric
from reviews.queries.rubric_checks import Check, Surroundings, of_same_owner, report, surroundings_with
from reviews.queries.rubric_texts import (
    CriterionText,
    Difference,
    RubricText,
    differences,
    scale_words,
    text_of,
    weight_words,
)
from reviews.states import AssignmentState, GroupRule, RubricKind, RubricState

#: The kind of chip of each state.
KINDS = {RubricState.DRAFT: "move", RubricState.PUBLISHED: "done", RubricState.RETIRED: "none"}


def rubrics_visible_to(user: Any) -> QuerySet[Rubric]:
    """Return the versions that ``user`` may look at and change: all of them for staff."""
    if not (user.is_authenticated and is_staff(user)):
        return Rubric.objects.none()
    return Rubric.objects.select_related("track__cycle", "definition__cycle")


@dataclass(frozen=True)
class VersionRow:
    """One version in a list, with how much was read by it."""

    public_id: str
    owner: str
    step: str
    title: str
    version: int
    state: str
    kind: str
    n_criteria: int
    n_given: int
    n_begun: int
    n_handed_in: int
    published_at: datetime | None


@dataclass(frozen=True)
class CycleRubrics:
    """The rubrics of one cycle."""

    cycle: str
    rows: tuple[VersionRow, ...]


def rubric_lists(user: Any) -> list[CycleRubrics]:
    """Return all versions by cycle, the newest cycle first, in three queries."""
    rows = list(
        rubrics_visible_to(user)
        .annotate(n_criteria=Count("criteria"))
        .order_by("kind", "track__order", "definition__title", "definition", "-version")
    )
    used = _used(rows)
    cycles = {cycle_of(row).pk: cycle_of(row) for row in rows}
    return [
        CycleRubrics(cycle.name, tuple(_row(row, used) for row in rows if cycle_of(row).pk == cycle.pk))
        for cycle in sorted(cycles.values(), key=lambda one: one.programme_starts_on, reverse=True)
    ]


def cycle_of(rubric: Rubric) -> Any:
    """Return the cycle that a rubric belongs to."""
    return rubric.track.cycle if rubric.track else rubric.definition.cycle


def owner_words(rubric: Rubric) -> tuple[str, str]:
    """Say what is read by a rubric: track or task, and the step."""
    if rubric.kind == RubricKind.CENTRAL:
        return rubric.track.name, "Central review"
    return rubric.definition.title, "Grading of the task"


def _used(rows: Sequence[Rubric]) -> Mapping[int, Mapping[str, Any]]:
    counted = ReviewAssignment.objects.filter(rubric__in=rows).order_by().values("rubric_id")
    return {
        row["rubric_id"]: row
        for row in counted.annotate(
            given=Count("pk", filter=Q(state=AssignmentState.ASSIGNED)),
            begun=Count("pk", filter=Q(state=AssignmentState.IN_PROGRESS)),
            handed_in=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)),
        )
    }


def _row(row: Rubric, used: Mapping[int, Mapping[str, Any]]) -> VersionRow:
    owner, step = owner_words(row)
    counts = used.get(row.pk, {})
    return VersionRow(
        public_id=row.public_id,
        owner=owner,
        step=step,
        title=row.title,
        version=row.version,
        state=row.get_state_display(),
        kind=KINDS[RubricState(row.state)],
        n_criteria=getattr(row, "n_criteria", 0),
        n_given=counts.get("given", 0),
        n_begun=counts.get("begun", 0),
        n_handed_in=counts.get("handed_in", 0),
        published_at=row.published_at,
    )


@dataclass(frozen=True)
class RubricHead:
    """What the page of a draft says of the rubric above its fields."""

    row: VersionRow
    cycle: str


def rubric_head(rubric: Rubric) -> RubricHead:
    """Return the head of a version from ``rubrics_visible_to``, without a query."""
    return RubricHead(_row(rubric, {}), cycle_of(rubric).name)


@dataclass(frozen=True)
class EvidenceRow:
    """One question that a criterion rests on; ``fault`` says what is wrong with it."""

    code: str
    text: str
    form: str
    fault: str


@dataclass(frozen=True)
class CriterionPage:
    """One criterion of a version, in words."""

    number: int
    code: str
    name: str
    weight: str
    help: str
    group: str
    area: str
    levels: tuple[tuple[str, str], ...]
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True)
class RubricPage:
    """One version with its checks. ``changes`` compares a draft with the version in force."""

    row: VersionRow
    cycle: str
    note: str
    scale: str
    criteria: tuple[CriterionPage, ...]
    checks: tuple[Check, ...]
    unused: tuple[str, ...]
    versions: tuple[VersionRow, ...]
    in_force: VersionRow | None
    changes: tuple[Difference, ...]
    is_draft: bool
    draft: str
    n_practice: int
    text: RubricText

    @property
    def is_green(self) -> bool:
        """Whether nothing stands against reading by it."""
        return not any(check.findings for check in self.checks)

    @property
    def n(self) -> int:
        """How many cases were checked."""
        return sum(check.n for check in self.checks)

    @property
    def n_ok(self) -> int:
        """How many of them passed."""
        return sum(check.n_ok for check in self.checks)


def rubric_page(rubric: Rubric) -> RubricPage:
    """Return one version as staff read it."""
    text = text_of(rubric)
    versions = list(
        of_same_owner(rubric)
        .select_related("track", "definition")
        .annotate(n_criteria=Count("criteria"))
        .order_by("-version")
    )
    used = _used(versions)
    rows = {row.pk: _row(row, used) for row in versions}
    current = next((row for row in versions if row.state == RubricState.PUBLISHED), None)
    in_force = text if current == rubric else text_of(current) if current else None
    around = surroundings_with(rubric, sum(row.n_begun + row.n_handed_in for row in rows.values()), in_force)
    is_draft = rubric.state == RubricState.DRAFT
    evident = {code for criterion in text.criteria for code in criterion.question_codes}
    return RubricPage(
        row=rows[rubric.pk],
        cycle=cycle_of(rubric).name,
        note=rubric.note,
        scale=scale_words(text.scale),
        criteria=tuple(_criterion(number, one, around) for number, one in enumerate(text.criteria, 1)),
        checks=tuple(report(text, around)),
        unused=tuple(one.text for one in around.asked.values() if one.is_readable and one.code not in evident),
        versions=tuple(rows.values()),
        in_force=rows[current.pk] if current else None,
        changes=tuple(differences(in_force, text)) if in_force and is_draft else (),
        text=text,
        is_draft=is_draft,
        draft=next((row.public_id for row in versions if row.state == RubricState.DRAFT), ""),
        n_practice=rubric.practice_items.count(),
    )


def _criterion(number: int, criterion: CriterionText, around: Surroundings) -> CriterionPage:
    rule = str(GroupRule(criterion.group_rule).label)
    grouped = f"{criterion.group}: {rule[0].lower()}{rule[1:]}" if criterion.group else ""
    return CriterionPage(
        number=number,
        code=criterion.code,
        name=criterion.name,
        weight=weight_words(criterion.weight),
        help=criterion.help,
        group=grouped,
        area=around.areas.get(criterion.area, criterion.area),
        levels=tuple((level, criterion.anchors[level]) for level in sorted(criterion.anchors, key=int, reverse=True)),
        evidence=tuple(_evidence(code, around) for code in criterion.question_codes),
    )


def _evidence(code: str, around: Surroundings) -> EvidenceRow:
    asked = around.asked.get(code)
    if asked is None:
        return EvidenceRow(code, code, "", "not asked")
    return EvidenceRow(code, asked.text, asked.form, "" if asked.is_readable else "readers do not get it")

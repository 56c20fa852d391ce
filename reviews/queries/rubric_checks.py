"""Whether a version of a rubric can be read by: weights, levels, and an answer behind each criterion."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from questions.queries import published
from reviews.models import ReviewAssignment, Rubric
from reviews.queries.evidence import classes_for
from reviews.queries.needs import BEGUN
from reviews.queries.rubric_texts import CriterionText, RubricText, scale_words, text_of, total_weight
from reviews.states import BEST_COUNTS, RubricKind, RubricState
from streams.models import StreamArea

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Check:
    """One line of the report: how many cases it looked at, and what it found."""

    name: str
    n: int
    findings: tuple[str, ...]

    @property
    def n_ok(self) -> int:
        """How many of its cases passed."""
        return max(0, self.n - len(self.findings))


@dataclass(frozen=True)
class Asked:
    """One question that the people are asked whose texts are read by a rubric."""

    code: str
    text: str
    form: str
    is_readable: bool
    is_optional: bool


@dataclass(frozen=True)
class Surroundings:
    """What a version is checked against: questions and areas by code, and the scale that readings have begun with."""

    asked: Mapping[str, Asked]
    areas: Mapping[str, str]
    begun_on: tuple[int, int] | None = None
    n_begun: int = 0


def surroundings_of(rubric: Rubric) -> Surroundings:
    """Return what a version of this rubric is checked against, in a fixed number of queries."""
    versions = of_same_owner(rubric)
    n_begun = ReviewAssignment.objects.filter(rubric__in=versions, state__in=sorted(BEGUN)).count()
    in_force = versions.filter(state=RubricState.PUBLISHED).prefetch_related("criteria").first() if n_begun else None
    return surroundings_with(rubric, n_begun, text_of(in_force) if in_force else None)


def surroundings_with(rubric: Rubric, n_begun: int, in_force: RubricText | None) -> Surroundings:
    """Return the same, where the caller knows how many readings have begun, and the version in force."""
    return Surroundings(
        asked=_asked(rubric),
        areas=areas_of(rubric),
        begun_on=in_force.scale if in_force and n_begun else None,
        n_begun=n_begun,
    )


def of_same_owner(rubric: Rubric) -> QuerySet[Rubric]:
    """Return all versions of the rubric that ``rubric`` is a version of."""
    return Rubric.objects.filter(kind=rubric.kind, track=rubric.track_id, definition=rubric.definition_id)


def report(text: RubricText, around: Surroundings) -> list[Check]:
    """Return every check of what a version says; publishing needs all of them without a finding."""
    n = len(text.criteria)
    checks: list[tuple[str, int, Iterable[str]]] = [
        ("The weights add up to 100, the best of a group counted once", 1, _weights(text)),
        (
            "Criteria of a group where the best counts have one rule, one weight and one area",
            _n_groups(text),
            _groups(text),
        ),
        ("Each level says what it means, or lies directly between two that do", n, _levels(text)),
        ("Each criterion rests on an answer that its readers get", n, _evidence(text, around)),
        ("Each area belongs to a stream of this cycle", n, _known_areas(text, around)),
        ("The scale is that of the readings that have begun", 1, _scale(text, around)),
    ]
    return [Check(name, cases, tuple(found)) for name, cases, found in checks]


def findings(text: RubricText, around: Surroundings) -> list[str]:
    """Return what stands against publishing a version."""
    return [finding for check in report(text, around) for finding in check.findings]


def _weights(text: RubricText) -> Iterator[str]:
    everybody = [criterion for criterion in text.criteria if not criterion.area]
    if not everybody:
        yield "No criterion is scored of everybody. Add one without an area."
    elif (total := total_weight(everybody)) != HUNDRED:
        words = "The weights" if len(everybody) == len(text.criteria) else "The weights of the criteria without an area"
        yield f"{words} add up to {total.normalize():f}, not to 100."


def _by_group(text: RubricText) -> dict[str, list[CriterionText]]:
    groups: dict[str, list[CriterionText]] = {}
    for criterion in text.criteria:
        if criterion.group:
            groups.setdefault(criterion.group, []).append(criterion)
    return groups


def _n_groups(text: RubricText) -> int:
    return max(1, len(_by_group(text)))


def _groups(text: RubricText) -> Iterator[str]:
    for criterion in text.criteria:
        if criterion.group_rule in BEST_COUNTS and not criterion.group:
            yield f"“{criterion.name}” names no group: the best of which criteria counts?"
    for group, members in _by_group(text).items():
        if not {criterion.group_rule for criterion in members} & BEST_COUNTS:
            continue
        if len({(criterion.group_rule, criterion.weight, criterion.area) for criterion in members}) > 1:
            yield f"The criteria of the group “{group}” differ in rule, weight or area."
        elif len(members) == 1:
            yield f"“{members[0].name}” stands alone in the group “{group}”: there is nothing to be the best of."


def _levels(text: RubricText) -> Iterator[str]:
    low, high = text.scale
    scale = range(low, high + 1)
    for criterion in text.criteria:
        said = {int(level) for level, words in criterion.anchors.items() if words.strip()}
        missing = [
            level
            for level in scale
            if level not in said and (level in {low, high} or not {level - 1, level + 1} <= said)
        ]
        if missing:
            which = ", ".join(map(str, missing))
            yield f"“{criterion.name}” does not say what level {which} means."
        if outside := sorted(said - set(scale)):
            which = ", ".join(map(str, outside))
            yield f"“{criterion.name}” describes level {which}, which is not on the scale {scale_words(text.scale)}."


def _evidence(text: RubricText, around: Surroundings) -> Iterator[str]:
    for criterion in text.criteria:
        if not criterion.question_codes:
            yield f"“{criterion.name}” names no question as its evidence."
            continue
        unknown = [code for code in criterion.question_codes if code not in around.asked]
        known = [around.asked[code] for code in criterion.question_codes if code in around.asked]
        if unknown:
            yield f"“{criterion.name}” rests on “{unknown[0]}”, which is not asked in the forms that are read by it."
        elif hidden := [one for one in known if not one.is_readable]:
            yield f"“{criterion.name}” rests on “{hidden[0].code}”, which its readers do not get."
        elif all(one.is_optional for one in known):
            yield f"“{criterion.name}” rests on answers alone that nobody has to give."


def _known_areas(text: RubricText, around: Surroundings) -> Iterator[str]:
    for criterion in text.criteria:
        if criterion.area and criterion.area not in around.areas:
            yield f"“{criterion.name}” hangs on the area “{criterion.area}”, which no stream has that is read here."


def _scale(text: RubricText, around: Surroundings) -> Iterator[str]:
    if around.begun_on not in {None, text.scale}:
        yield (
            f"{around.n_begun} readings have begun on the scale {scale_words(around.begun_on or text.scale)}. "
            f"Their means cannot be put beside means on {scale_words(text.scale)}: keep the scale in this cycle."
        )


def _asked(rubric: Rubric) -> dict[str, Asked]:
    if rubric.kind == RubricKind.CENTRAL:
        tracks, forms = [rubric.track], [rubric.track.cycle.general_form_id, rubric.track.form_id]
    else:
        tracks, forms = list(rubric.definition.tracks.all()), [rubric.definition.form_id]
    classes = classes_for(tracks)
    return {
        item.question.code: Asked(
            code=item.question.code,
            text=item.text,
            form=form.version.form.title,
            is_readable=item.question.data_class in classes,
            is_optional=item.question.optional_only,
        )
        for form in published(pk for pk in forms if pk).values()
        for item in form.items
    }


def areas_of(rubric: Rubric) -> dict[str, str]:
    """Return the areas that people may have chosen whose texts are read here, by ``stream/area``, in words."""
    if rubric.kind == RubricKind.CENTRAL:
        wanted = Q(stream__tracks=rubric.track_id)
    else:
        definition = rubric.definition_id
        wanted = Q(stream__tracks__evaluation_definitions=definition) | Q(stream__evaluation_definitions=definition)
    rows = StreamArea.objects.filter(wanted).order_by("stream__title", "order").distinct()
    return {
        f"{slug}/{code}": f"{title}: {area}"
        for slug, code, title, area in rows.values_list("stream__slug", "code", "stream__title", "title")
    }

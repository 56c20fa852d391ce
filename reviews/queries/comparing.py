"""Readings of one text side by side: for its readers once their own is in, and for whoever leads the track."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from applications.states import TrackState
from core import clock
from reviews.engine.differences import apart, widest
from reviews.models import Explanation, FurtherRead, Review, ReviewAssignment, ReviewScore
from reviews.queries.access import conflicted_with, tracks_to_watch
from reviews.queries.evidence import classes_for, corrected_at, sections_of, tracks_read_for
from reviews.queries.rubrics import criteria_for
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.models import Cycle, Track
from streams.queries.calendar import dates_of

READ = "review__assignment__"
DONE = AssignmentState.SUBMITTED
#: What the others are called to each reader: the order is each file's own and tells nothing.
LETTERS = "BCDEFGHIJ"


def far_scores() -> QuerySet[ReviewScore]:
    """Return the levels handed in that are far from another reader's of the same text, by the cycle's own measure."""
    same = ReviewScore.objects.filter(
        criterion=OuterRef("criterion"), review__assignment__state=AssignmentState.SUBMITTED
    )
    far = Q(value__gte=OuterRef("value") + OuterRef("difference")) | Q(
        value__lte=OuterRef("value") - OuterRef("difference")
    )
    difference = Coalesce(
        F(f"{READ}track_application__track__cycle__explain_difference"),
        F(f"{READ}evaluation__definition__cycle__explain_difference"),
        output_field=IntegerField(),
    )
    return (
        ReviewScore.objects.filter(review__assignment__state=AssignmentState.SUBMITTED)
        .alias(difference=difference)
        .filter(difference__gt=0)
        .filter(
            Exists(same.filter(far, review__assignment__track_application=OuterRef(f"{READ}track_application")))
            | Exists(same.filter(far, review__assignment__evaluation=OuterRef(f"{READ}evaluation")))
        )
    )


def unexplained() -> Q:
    """Return a condition that holds for levels nobody has written lines about."""
    return ~Q(Exists(Explanation.objects.filter(review=OuterRef("review"), criterion=OuterRef("criterion"))))


def settling() -> QuerySet[FurtherRead]:
    """Return the further readings that were asked for and are in: what readers differed on is settled by them."""
    row = "track_application__"
    handed_in = Count(f"{row}review_assignments", filter=Q(**{f"{row}review_assignments__state": DONE}))
    return FurtherRead.objects.annotate(n_in=handed_in).filter(
        n_in__gt=F(f"{row}application__cycle__reviews_per_application")
    )


def owed_scores() -> QuerySet[ReviewScore]:
    """Return the levels about which somebody is asked for lines: far apart, not explained and not settled since."""
    settled = settling().filter(track_application=OuterRef(f"{READ}track_application"))
    return far_scores().filter(unexplained(), ~Exists(settled))


def has_to_explain(path: str) -> Exists:
    """Say whether a reading has levels to be explained, for a query whose ``path`` is the reading."""
    return Exists(owed_scores().filter(review__assignment=OuterRef(path)))


def is_asked(assignment: ReviewAssignment) -> bool:
    """Whether the reader of ``assignment`` has levels to explain now."""
    return owed_scores().filter(review__assignment=assignment).exists()


def is_settled(assignment: ReviewAssignment) -> bool:
    """Whether one reading more has settled what the readers of this text differed on."""
    row = assignment.track_application_id
    return row is not None and settling().filter(track_application=row).exists()


def readings_beside(assignment: ReviewAssignment) -> QuerySet[ReviewAssignment]:
    """Return the other readings of the same text that are handed in."""
    same = (
        Q(track_application=assignment.track_application_id)
        if assignment.track_application_id
        else Q(evaluation=assignment.evaluation_id)
    )
    # By the same version of the rubric: a 4 of one is no 4 of another.
    beside = ReviewAssignment.objects.filter(same, state=AssignmentState.SUBMITTED, rubric=assignment.rubric_id)
    return beside.exclude(pk=assignment.pk)


def levels_of(reviews: Sequence[Review]) -> list[dict[str, int | None]]:
    """Return the levels of each review, whose scores are prefetched with their criteria."""
    return [{score.criterion.code: score.value for score in review.scores.all()} for review in reviews]


# ----------------------------------------------------------------------------------------------------- for readers


@dataclass(frozen=True)
class CompareRow:
    """One criterion: the own level, the others', and whether they are far apart."""

    code: str
    name: str
    own: str
    others: tuple[str, ...]
    difference: int
    is_far: bool
    text: str
    #: What the others wrote about it, once the own lines are in.
    their_texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ComparePage:
    """All readings of one text that are in, as one of its readers sees them: levels, and nobody's name or notes."""

    public_id: str
    label: str
    track: str
    what: str
    readers: tuple[str, ...]
    #: Which readings (“You”, “Reader B”) were handed in before an answer was put right, and when that was.
    before_correction: tuple[str, ...]
    corrected_at: datetime | None
    rows: tuple[CompareRow, ...]
    difference: int
    wants_further: bool
    #: One reading more is in: nobody is asked for lines any more.
    is_settled: bool
    earlier: tuple["Earlier", ...]
    is_open: bool
    closes_at: datetime | None

    @property
    def far(self) -> tuple[CompareRow, ...]:
        """The criteria on which lines are asked for."""
        return () if self.is_settled else tuple(row for row in self.rows if row.is_far)

    @property
    def own_texts(self) -> tuple[CompareRow, ...]:
        """The criteria that the reader has written about."""
        return tuple(row for row in self.rows if row.text)

    @property
    def is_explained(self) -> bool:
        """Whether every line asked for is written."""
        return all(row.text for row in self.far)


@dataclass(frozen=True)
class Earlier:
    """Levels that stood before the reader changed them."""

    kept_at: datetime
    levels: tuple[tuple[str, str], ...]


def compare_page(assignment: ReviewAssignment) -> ComparePage | None:
    """Return the readings of a text beside the own one; before that is handed in ``None``, and nothing is read."""
    if assignment.state != AssignmentState.SUBMITTED:
        return None
    task, row = assignment.evaluation, assignment.track_application
    cycle = task.definition.cycle if task else row.track.cycle
    own, *others = _readings(assignment)
    levels = levels_of([own, *others])
    criteria = criteria_for(assignment)
    far = apart(levels[0], levels[1:], cycle.explain_difference)
    mine = {one.criterion.code: one.text for one in own.explanations.all()}
    settled = is_settled(assignment)
    may_read = settled or all(code in mine for code in far)
    names = [f"Reader {letter}" for letter, _ in zip(LETTERS, others, strict=False)]
    rows = tuple(
        CompareRow(
            code=criterion.code,
            name=criterion.name,
            own=level_word(levels[0].get(criterion.code)),
            others=tuple(level_word(one.get(criterion.code)) for one in levels[1:]),
            difference=widest(levels[0].get(criterion.code), [one.get(criterion.code) for one in levels[1:]]),
            is_far=criterion.code in far,
            text=mine.get(criterion.code, ""),
            their_texts=_texts(names, others, criterion.code) if may_read else (),
        )
        for criterion in criteria
    )
    dates, now = dates_of(cycle), clock.arrival()
    corrected = corrected_at(sections_of(assignment, classes_for(tracks_read_for(assignment)), []))
    by_code = {criterion.code: criterion.name for criterion in criteria}
    return ComparePage(
        public_id=assignment.public_id,
        label=assignment.label,
        track=", ".join(track.name for track in tracks_read_for(assignment)),
        what=task.definition.title if task else "Application",
        readers=tuple(names),
        before_correction=_written_before(corrected, ["You", *names], [own, *others]),
        corrected_at=corrected,
        rows=rows,
        difference=cycle.explain_difference,
        wants_further=any(one.wants_further for one in own.explanations.all()),
        is_settled=settled,
        earlier=tuple(_earlier(one, by_code) for one in own.earlier.all()),
        is_open=not dates.has_begun("review_closes", now)
        and (task.application if task else row).released_state != TrackState.WITHDRAWN,
        closes_at=dates.instant("review_closes"),
    )


def _readings(assignment: ReviewAssignment) -> list[Any]:
    """Return the own review and those of the others, in an order that is the text's own."""
    reviews = Review.objects.filter(
        Q(assignment=assignment) | Q(assignment__in=readings_beside(assignment))
    ).prefetch_related("scores__criterion", "explanations__criterion", "earlier")
    ordered = sorted(reviews.select_related("assignment"), key=lambda one: one.assignment.public_id)
    return sorted(ordered, key=lambda one: one.assignment_id != assignment.pk)


def _written_before(corrected: datetime | None, names: Sequence[str], readings: Sequence[Any]) -> tuple[str, ...]:
    if corrected is None:
        return ()
    return tuple(name for name, one in zip(names, readings, strict=False) if one.saved_at < corrected)


def _texts(names: list[str], others: Sequence[Any], code: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, one.text)
        for name, other in zip(names, others, strict=False)
        for one in other.explanations.all()
        if one.criterion.code == code
    )


def _earlier(row: Any, names: dict[str, str]) -> Earlier:
    return Earlier(row.kept_at, tuple((names.get(code, code), level_word(at)) for code, at in row.levels.items()))


def level_word(value: int | None) -> str:
    """Return a level as a page shows it."""
    return "cannot tell" if value is None else str(value)


# ------------------------------------------------------------------------------------------------- for track leads


@dataclass(frozen=True)
class ReaderLine:
    """What one reader, who is not named, gave and wrote on one criterion."""

    level: str
    was: str
    text: str


@dataclass(frozen=True)
class FarCriterion:
    """One criterion on which readers of a text are apart, or were."""

    name: str
    lines: tuple[ReaderLine, ...]


@dataclass(frozen=True)
class FarText:
    """One text whose readers are apart, or were before one of them changed a level."""

    reference: str
    what: str
    n_missing: int
    is_apart: bool
    is_settled: bool
    wants_further: bool
    asked_further: bool
    criteria: tuple[FarCriterion, ...]


@dataclass(frozen=True)
class Target:
    """A text: an application in a track, or a task of an application (primary keys, one of them ``None``)."""

    track_application: int | None
    evaluation: int | None


def far_targets(track: Track, user: Any) -> list[Target]:
    """Return the texts of ``track`` whose readers are apart or explained themselves, as ``user`` may see them."""
    if not tracks_to_watch(user).filter(pk=track.pk).exists():
        return []
    of_track = Q(track_application__track=track) | Q(
        evaluation__definition__tracks=track, evaluation__application__track_applications__track=track
    )
    to_read = ReviewAssignment.objects.filter(reviewer_id=user.pk, state__in=sorted(OPEN_ASSIGNMENT))
    rows = (
        ReviewAssignment.objects.filter(of_track, state=AssignmentState.SUBMITTED)
        .filter(
            Exists(far_scores().filter(review__assignment=OuterRef("pk")))
            | Exists(Explanation.objects.filter(review__assignment=OuterRef("pk")))
        )
        .exclude(conflicted_with(user, "track_application__application__person"))
        .exclude(conflicted_with(user, "evaluation__application__person"))
        .exclude(track_application__in=to_read.exclude(track_application=None).values("track_application"))
        .exclude(evaluation__in=to_read.exclude(evaluation=None).values("evaluation"))
    )
    pairs = rows.order_by("track_application_id", "evaluation_id").values_list("track_application_id", "evaluation_id")
    return [Target(*pair) for pair in pairs.distinct()]


def far_texts(targets: Sequence[Target], cycle: Cycle) -> list[FarText]:
    """Return the texts of one page with what their readers gave and wrote, in a fixed number of queries."""
    about = Q(assignment__track_application__in=[one.track_application for one in targets if one.track_application])
    about |= Q(assignment__evaluation__in=[one.evaluation for one in targets if one.evaluation])
    reviews = (
        Review.objects.filter(about, assignment__state=AssignmentState.SUBMITTED)
        .select_related(
            "assignment__track_application__application",
            "assignment__evaluation__application",
            "assignment__evaluation__definition",
        )
        .prefetch_related("scores__criterion", "explanations", "earlier")
        .order_by("assignment__position", "pk")
    )
    by_rubric: dict[Target, dict[int, list[Review]]] = defaultdict(lambda: defaultdict(list))
    for review in reviews:
        target = Target(review.assignment.track_application_id, review.assignment.evaluation_id)
        by_rubric[target][review.assignment.rubric_id].append(review)
    # Levels of different versions of a rubric are not compared: those of the one most have read by are shown.
    grouped = {target: max(found.values(), key=len) for target, found in by_rubric.items()}
    asked = set(
        FurtherRead.objects.filter(
            track_application__in=[one.track_application for one in targets if one.track_application]
        ).values_list("track_application_id", flat=True)
    )
    wanted = cycle.reviews_per_application
    settled = {one for one, found in by_rubric.items() if sum(map(len, found.values())) > wanted}
    return [
        _far_text(grouped[one], cycle.explain_difference, one.track_application in asked, one in settled)
        for one in targets
    ]


def _far_text(reviews: list[Any], difference: int, asked: bool, has_more: bool) -> FarText:
    levels = levels_of(reviews)
    far = [set(apart(own, [x for x in levels if x is not own], difference)) for own in levels]
    written = [{one.criterion_id: one for one in review.explanations.all()} for review in reviews]
    criteria = {score.criterion.pk: score.criterion for review in reviews for score in review.scores.all()}
    shown = [
        criterion
        for criterion in sorted(criteria.values(), key=lambda one: (one.order, one.pk))
        if any(criterion.code in codes for codes in far) or any(criterion.pk in texts for texts in written)
    ]
    task, row = reviews[0].assignment.evaluation, reviews[0].assignment.track_application
    return FarText(
        reference=(task or row).application.reference,
        what=task.definition.title if task else "Application",
        n_missing=0
        if asked and has_more
        else sum(
            any(criterion.code in codes and criterion.pk not in texts for criterion in shown)
            for codes, texts in zip(far, written, strict=True)
        ),
        is_apart=any(far),
        is_settled=asked and has_more,
        wants_further=any(one.wants_further for texts in written for one in texts.values()),
        asked_further=asked,
        criteria=tuple(
            FarCriterion(
                criterion.name,
                tuple(
                    _line(review, own, texts.get(criterion.pk), criterion.code)
                    for review, own, texts in zip(reviews, levels, written, strict=True)
                ),
            )
            for criterion in shown
        ),
    )


def _line(review: Any, own: dict[str, int | None], written: Explanation | None, code: str) -> ReaderLine:
    first = min(review.earlier.all(), key=lambda one: one.version, default=None)
    was = level_word(first.levels.get(code)) if first is not None else ""
    level = level_word(own.get(code))
    return ReaderLine(level, was if was != level else "", written.text if written else "")

"""What a reviewer gets to read: without the person, and without the answers that would name them.

What is hidden is left behind in the database: it is in no row that a page could print by mistake.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Func, JSONField, Q, QuerySet, Value

from accounts.states import Role
from applications.models import AnswerSnapshot, Document, EvaluationDefinition
from applications.queries.letters import LetterToRead, letters_about
from applications.queries.values import file_words
from applications.states import AnswerScope, ApplicationState, TrackState
from core import clock
from core.moves import OpenMove
from questions.states import DataClass, QuestionKind
from reviews.engine import Weighted
from reviews.models import ConflictOfInterest, Criterion, Review, ReviewAssignment, Rubric
from reviews.queries.access import review_assignments_visible_to, tracks_of
from reviews.queries.rubrics import criteria_of, latest_rubrics
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, GroupRule
from streams.models import Track
from streams.queries.calendar import dates_of

#: What a reader of the central review can ever get. A track's ``blind_fields`` take more away, never give more.
READABLE = frozenset({DataClass.NONE, DataClass.INSTITUTION})
#: What a reader is told about what they do not get.
HIDDEN_NAMES = {
    DataClass.IDENTITY: "name and personal pages",
    DataClass.INSTITUTION: "institution and degree",
    DataClass.CONTACT: "contact details",
    DataClass.LOGISTICS: "places and visa",
    DataClass.DEMOGRAPHIC: "demographic answers",
}
SCOPE_TITLES = {
    AnswerScope.GENERAL: "General application",
    AnswerScope.TRACK: "Track questions",
    AnswerScope.EVALUATION: "Work handed in",
}


class ReadableItems(Func):
    """The items of a snapshot whose class of data is among the given ones, picked by the database."""

    function = "jsonb_path_query_array"
    output_field = JSONField()

    def __init__(self, content: Any, classes: Iterable[str]) -> None:
        super().__init__(
            content,
            Value("$[*].items[*] ? (@.data_class == $shown[*])"),
            Value({"shown": sorted(classes)}, output_field=JSONField()),
        )


@dataclass(frozen=True)
class ReadItem:
    """One answer to read. ``number`` is its anchor on the page; ``criteria`` names what it is evidence for."""

    number: int
    code: str
    question: str
    paragraphs: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    criteria: tuple[str, ...]
    #: Public id of a file, and what it is; never its name, which its sender chose.
    file: tuple[str, str] | None = None


@dataclass(frozen=True)
class ReadSection:
    """One handed-in form, as far as the reader may read it."""

    title: str
    submitted_at: datetime
    items: tuple[ReadItem, ...]


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


@dataclass(frozen=True)
class ReviewPage:
    """Everything the review page shows. No field of it names the person."""

    public_id: str
    label: str
    track: str
    what: str
    brief: str
    sections: tuple[ReadSection, ...]
    criteria: tuple[CriterionRow, ...]
    hidden: tuple[str, ...]
    confidence: str
    feedback_public: str
    note_internal: str
    version: int
    saved_at: datetime | None
    is_submitted: bool
    is_withdrawn: bool
    letters: tuple[LetterToRead, ...]
    opens_at: datetime | None
    closes_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the reader can write now."""
        now = clock.arrival()
        return (
            not self.is_withdrawn
            and (self.opens_at is None or now >= self.opens_at)
            and (self.closes_at is None or now < self.closes_at)
        )


def weighted(criteria: Iterable[Criterion]) -> list[Weighted]:
    """Return the criteria as the mean needs them."""
    return [Weighted(c.code, c.weight, c.group if c.group and c.group_rule == GroupRule.MAX else "") for c in criteria]


def snapshot_ids(assignment: ReviewAssignment) -> list[str]:
    """Return which handed-in versions the reader has before them."""
    return [snapshot.public_id for snapshot in _snapshots(assignment).only("public_id", "scope", "submitted_at")]


def _snapshots(assignment: ReviewAssignment) -> QuerySet[AnswerSnapshot]:
    """Return the latest snapshot of each form that belongs to the assignment."""
    if assignment.evaluation_id:
        wanted = Q(
            application_id=assignment.evaluation.application_id,
            scope=AnswerScope.EVALUATION,
            scope_key=assignment.evaluation.public_id,
        )
    else:
        row = assignment.track_application
        wanted = Q(application_id=row.application_id) & (
            Q(scope=AnswerScope.GENERAL) | Q(scope=AnswerScope.TRACK, scope_key=row.track.public_id)
        )
    return (
        AnswerSnapshot.objects.filter(wanted)
        .order_by("scope", "scope_key", "-submitted_at", "-pk")
        .distinct("scope", "scope_key")
    )


def subject_of(assignment: ReviewAssignment) -> int:
    """Return whose text it is (a primary key): for the record of openings, never for a page."""
    found = ReviewAssignment.objects.filter(pk=assignment.pk).values_list(
        "track_application__application__person", "evaluation__application__person"
    )
    return next(filter(None, found.get()))


def _letters(assignment: ReviewAssignment, tracks: Iterable[Any]) -> tuple[LetterToRead, ...]:
    """Return the references where the track gives them to its readers, once their own score is in: they anchor.

    In every other case they are not asked for: a letter names the person.
    """
    row = assignment.track_application
    if row is None or assignment.state != AssignmentState.SUBMITTED:
        return ()
    if not all(track.reviewers_read_references for track in tracks):
        return ()
    return tuple(letters_about(row.application_id))


def review_page(assignment: ReviewAssignment) -> ReviewPage:
    """Return what the reviewer of ``assignment`` sees. Other people's readings are not asked for at all."""
    assignment = (
        ReviewAssignment.objects.select_related(
            "rubric", "track_application__track__cycle", "evaluation__definition__cycle", "evaluation__application"
        )
        .only(
            "public_id",
            "label",
            "state",
            "rubric",
            "track_application__public_id",
            "track_application__application_id",
            "track_application__released_state",
            "track_application__track",
            "evaluation__public_id",
            "evaluation__application_id",
            "evaluation__definition",
            "evaluation__application__released_state",
        )
        .get(pk=assignment.pk)
    )
    task, row = assignment.evaluation, assignment.track_application
    tracks = _tracks_of(assignment)
    classes = _classes(tracks)
    criteria = criteria_of(assignment.rubric_id)
    sections = _sections(assignment, classes, criteria)
    dates = dates_of(task.definition.cycle if task else row.track.cycle)
    review = Review.objects.filter(assignment=assignment).prefetch_related("scores__criterion").first()
    return ReviewPage(
        public_id=assignment.public_id,
        label=assignment.label,
        track=", ".join(track.name for track in tracks),
        what=task.definition.title if task else "Application",
        brief=task.definition.brief if task else "",
        sections=sections,
        criteria=criterion_rows(criteria, sections, own_scores(review)),
        hidden=tuple(words for name, words in HIDDEN_NAMES.items() if name not in classes),
        confidence=review.confidence if review else "",
        feedback_public=review.feedback_public if review else "",
        note_internal=review.note_internal if review else "",
        version=review.version if review else 0,
        saved_at=review.saved_at if review else None,
        is_submitted=assignment.state == AssignmentState.SUBMITTED,
        is_withdrawn=(task.application if task else row).released_state == TrackState.WITHDRAWN,
        letters=_letters(assignment, tracks),
        opens_at=dates.instant("review_opens"),
        closes_at=dates.instant("review_closes"),
    )


def _tracks_of(assignment: ReviewAssignment) -> list[Track]:
    task = assignment.evaluation
    return list(task.definition.tracks.all()) if task else [assignment.track_application.track]


def _classes(tracks: Iterable[Track]) -> frozenset[DataClass]:
    """Return the classes of data that a reader gets of a text that these tracks ask for."""
    return READABLE - {name for track in tracks for name in track.blind_fields}


def readable_file(assignment: ReviewAssignment, public_id: str) -> Document | None:
    """Return a file that the text before the reader names in an answer they may read; else ``None``."""
    sections = _sections(assignment, _classes(_tracks_of(assignment)), [])
    if public_id not in {item.file[0] for section in sections for item in section.items if item.file}:
        return None
    return Document.objects.filter(public_id=public_id).first()


def own_scores(review: Review | None) -> dict[str, str]:
    """Return the scores of a stored reading as the form posts them."""
    if review is None:
        return {}
    return {score.criterion.code: "0" if score.value is None else str(score.value) for score in review.scores.all()}


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
    if not criterion.group or criterion.group_rule != GroupRule.MAX:
        return ""
    n = sum(1 for other in criteria if other.group == criterion.group and other.group_rule == GroupRule.MAX)
    return f"The best of these {n} counts." if n > 1 else ""


def _sections(
    assignment: ReviewAssignment, classes: Iterable[str], criteria: Sequence[Criterion]
) -> tuple[ReadSection, ...]:
    snapshots = (
        _snapshots(assignment)
        .annotate(readable=ReadableItems(F("content"), classes))
        .values_list("scope", "submitted_at", "readable")
    )
    order: list[str] = list(SCOPE_TITLES)
    sections, number = [], 0
    for scope, submitted_at, readable in sorted(snapshots, key=lambda found: order.index(found[0])):
        items = []
        for item in readable:
            number += 1
            items.append(_item(number, item, criteria))
        sections.append(ReadSection(SCOPE_TITLES[AnswerScope(scope)], submitted_at, tuple(items)))
    return tuple(sections)


def _item(number: int, item: dict[str, Any], criteria: Sequence[Criterion]) -> ReadItem:
    value = item.get("value")
    links: tuple[tuple[str, str], ...] = ()
    text = str(item.get("display") or "")
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        links = tuple((str(one.get("url", "")), str(one.get("why", ""))) for one in value)
        text = ""
    elif item["kind"] == QuestionKind.FILE and value:
        text = ""
    elif isinstance(value, dict) and value.get("url"):
        links = ((str(value["url"]), ""),)
        text = text.removesuffix(str(value["url"]))
    file = (str(value["id"]), file_words(value)) if item["kind"] == QuestionKind.FILE and value else None
    return ReadItem(
        file=file,
        number=number,
        code=item["code"],
        question=item["question"],
        paragraphs=tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()),
        links=links,
        criteria=tuple(criterion.name for criterion in criteria if item["code"] in criterion.question_codes),
    )


@dataclass(frozen=True)
class QueueRow:
    """One assignment in the reviewer's lists."""

    public_id: str
    label: str
    track: str
    what: str
    state: str
    at: datetime
    n_scored: int
    n_criteria: int


@dataclass(frozen=True)
class Queue:
    """The reviewer's table."""

    waiting: int
    in_progress: tuple[QueueRow, ...]
    done: tuple[QueueRow, ...]
    n_done: int
    n_conflicts: int
    total: int
    opens_at: datetime | None
    closes_at: datetime | None
    tracks: tuple[str, ...]

    @property
    def left(self) -> int:
        """How many are still to be handed in."""
        return self.waiting + len(self.in_progress)

    @property
    def latest(self) -> tuple[QueueRow, ...]:
        """What was handed in last."""
        return self.done[:5]


def readable_assignments(user: Any) -> QuerySet[ReviewAssignment]:
    """Return the reviewer's assignments whose person has not withdrawn."""
    return (
        review_assignments_visible_to(user)
        .exclude(track_application__released_state=TrackState.WITHDRAWN)
        .exclude(evaluation__application__released_state=ApplicationState.WITHDRAWN)
    )


def next_assignment(user: Any, *, after: ReviewAssignment | None = None) -> ReviewAssignment | None:
    """Return the reviewer's next text in their own random order: unfinished ones come last.

    ``after`` puts one text at the back: it was skipped.
    """
    waiting = readable_assignments(user).filter(state__in=sorted(OPEN_ASSIGNMENT)).order_by("state", "position", "pk")
    if after is not None:
        return waiting.exclude(pk=after.pk).first() or waiting.first()
    return waiting.first()


def queue(user: Any) -> Queue:
    """Return the progress and the lists of the reviewer's queue."""
    rows = list(
        readable_assignments(user)
        .select_related("track_application__track__cycle", "evaluation__definition__cycle", "review")
        .prefetch_related("review__scores", "rubric__criteria", "evaluation__definition__tracks")
        .order_by("position", "pk")
    )
    cycles = {
        row.track_application.track.cycle if row.track_application else row.evaluation.definition.cycle for row in rows
    }
    done = [row for row in rows if row.state == AssignmentState.SUBMITTED]
    in_progress = [row for row in rows if row.state == AssignmentState.IN_PROGRESS]
    dates = dates_of(max(cycles, key=lambda cycle: cycle.programme_starts_on)) if cycles else None
    return Queue(
        waiting=sum(row.state == AssignmentState.ASSIGNED for row in rows),
        in_progress=tuple(_row(row) for row in in_progress),
        done=tuple(_row(row) for row in sorted(done, key=lambda row: row.submitted_at or row.created_at, reverse=True)),
        n_done=len(done),
        n_conflicts=conflict_count(user),
        total=len(rows),
        opens_at=dates.instant("review_opens") if dates else None,
        closes_at=dates.instant("review_closes") if dates else None,
        tracks=tuple(sorted({_track_name(row) for row in rows if row.track_application})),
    )


def _track_name(row: ReviewAssignment) -> str:
    if row.track_application:
        return row.track_application.track.name
    return ", ".join(track.name for track in row.evaluation.definition.tracks.all())


def _row(row: ReviewAssignment) -> QueueRow:
    review = getattr(row, "review", None)
    return QueueRow(
        public_id=row.public_id,
        label=row.label,
        track=_track_name(row),
        what=row.evaluation.definition.title if row.evaluation else "Application",
        state=row.get_state_display(),
        at=row.submitted_at or (review.saved_at if review else row.created_at),
        n_scored=len(review.scores.all()) if review else 0,
        n_criteria=len(row.rubric.criteria.all()),
    )


@dataclass(frozen=True)
class Progress:
    """How far the reviewer is."""

    done: int
    total: int


def progress_of(user: Any) -> Progress:
    """Return how many of the reviewer's texts are handed in, in one query."""
    counted = readable_assignments(user).aggregate(
        done=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)), total=Count("pk")
    )
    return Progress(counted["done"], counted["total"])


@dataclass(frozen=True)
class StoredReading:
    """The reader's own reading as it is stored, beside what they typed in another window."""

    version: int
    saved_at: datetime
    scores: tuple[tuple[str, str], ...]
    confidence: str
    feedback_public: str
    note_internal: str


def stored_reading(review: Review) -> StoredReading:
    """Return a stored reading in words."""
    scores = review.scores.select_related("criterion").order_by("criterion__order", "criterion_id")
    return StoredReading(
        version=review.version,
        saved_at=review.saved_at,
        scores=tuple(
            (score.criterion.name, "cannot tell" if score.value is None else str(score.value)) for score in scores
        ),
        confidence=review.get_confidence_display() if review.confidence else "",
        feedback_public=review.feedback_public,
        note_internal=review.note_internal,
    )


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


def conflict_count(user: Any) -> int:
    """Return how many conflicts the reviewer has declared."""
    return ConflictOfInterest.objects.filter(reviewer_id=user.pk).count()


@dataclass(frozen=True)
class ConflictRow:
    """One text that the reviewer gave back because of a conflict: by its label, never by name."""

    label: str
    kind: str
    declared_at: datetime


def conflict_rows(user: Any) -> list[ConflictRow]:
    """Return the texts that left the reviewer's table because of a conflict."""
    kinds = {
        person: (ConflictOfInterest(kind=kind).get_kind_display(), at)
        for person, kind, at in ConflictOfInterest.objects.filter(reviewer_id=user.pk).values_list(
            "person_id", "kind", "declared_at"
        )
    }
    rows = (
        ReviewAssignment.objects.filter(reviewer_id=user.pk, state=AssignmentState.CONFLICTED)
        .order_by("-pk")
        .values_list("label", "track_application__application__person_id", "evaluation__application__person_id")
    )
    return [
        ConflictRow(label, *kinds[in_track or in_task])
        for label, in_track, in_task in rows
        if (in_track or in_task) in kinds
    ]


def moves_of_reviewer(user: Any) -> list[OpenMove]:
    """Return what the reviewer has to do next: one line for the whole queue, none without one."""
    waiting = readable_assignments(user).filter(state__in=sorted(OPEN_ASSIGNMENT))
    n = waiting.count()
    if not n:
        return []
    first = waiting.select_related("track_application__track__cycle", "evaluation__definition__cycle").first()
    cycle = first.track_application.track.cycle if first.track_application else first.evaluation.definition.cycle
    dates, now = dates_of(cycle), clock.now()
    opens_at, closes_at = dates.instant("review_opens"), dates.instant("review_closes")
    if opens_at is not None and now < opens_at:
        kind = "wait"
    else:
        kind = "over" if closes_at is not None and now >= closes_at else "move"
    return [
        OpenMove(
            label=f"Review {n} text{'' if n == 1 else 's'}",
            url="/review/",
            state=f"{n} left",
            kind=kind,
            minutes=10 * n,
            due_at=closes_at,
            due_zone=dates.zone("review_closes"),
        )
    ]

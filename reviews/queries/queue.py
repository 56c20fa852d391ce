"""The reviewer's table: what waits, what is begun, what is done, what left it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Q, QuerySet, Value

from applications.queries.areas import AreaChip, area_called, area_chips, area_names, chosen_by_application
from applications.states import ApplicationState, TrackState
from core import clock
from core.moves import OpenMove
from reviews.engine.pace import Pace, pace
from reviews.models import ConflictOfInterest, ReviewAssignment
from reviews.queries.access import review_assignments_visible_to, tracks_by_definition, tracks_by_key
from reviews.queries.comparing import has_to_explain
from reviews.queries.feedback import asked_of_reader
from reviews.queries.rubrics import criteria_of
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.queries.calendar import dates_of


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
    is_skipped: bool


@dataclass(frozen=True)
class AskedRow:
    """A sentence that its reader is asked to say otherwise."""

    public_id: str
    label: str
    note: str


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
    asked: tuple[AskedRow, ...] = ()
    #: Handed in, and far from another reader: two lines are needed.
    apart: tuple[QueueRow, ...] = ()
    skipped: tuple[QueueRow, ...] = ()
    #: The areas of streams by which the texts can be filtered, and the key of the one that is shown.
    areas: tuple[AreaChip, ...] = ()
    area: str = ""
    #: How long a text took the reader in the last seven days: told to nobody else.
    pace: Pace | None = None

    @property
    def tracks_begun(self) -> frozenset[str]:
        """The names of the tracks in which a text was begun or handed in."""
        return frozenset(row.track for row in (*self.in_progress, *self.done))

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


def next_assignment(user: Any, area: str = "") -> ReviewAssignment | None:
    """Return the reviewer's next text in their own random order: begun ones come later, skipped ones last.

    With an ``area`` (its key), the next one of a person who chose it.
    """
    waiting = readable_assignments(user).filter(state__in=sorted(OPEN_ASSIGNMENT))
    if area and (pk := area_called(area)) is not None:
        waiting = waiting.alias(areas=_areas_of_text()).filter(areas__contains=[pk])  # type: ignore[misc]  # an array of keys
    return waiting.order_by(F("skipped_at").asc(nulls_first=True), "state", "position", "pk").first()


def _areas_of_text() -> ArraySubquery:
    return chosen_by_application("track_application__application", "evaluation__application")


def queue(user: Any, area: str = "") -> Queue:
    """Return the progress and the lists of the reviewer's queue; with an ``area``, of those who chose it."""
    fields = ("pk", "state", "track_application__track", "evaluation__definition", "skipped_at", "submitted_at")
    given = list(readable_assignments(user).annotate(areas=_areas_of_text()).values_list(*fields, "areas"))
    chips = area_chips((row[6] for row in given), area, all_words="All texts", one_stream=False)
    wanted = area_called(area) if any(chip.on and chip.key for chip in chips) else None
    mine = [row for row in given if wanted is None or wanted in row[6]]
    tracks, serves = tracks_by_key(), tracks_by_definition()
    read_for = {row[2] for row in mine if row[2]}
    shown = [tracks[pk] for pk in read_for.union(*(serves.get(row[3], ()) for row in mine if row[3]))]
    cycle = max((track.cycle for track in shown), key=lambda one: one.programme_starts_on, default=None)
    dates = dates_of(cycle) if cycle else None
    # What waits and was not skipped is only counted: most of a queue's rows are never shown.
    touched = _touched(
        [row[0] for row in mine if row[1] != AssignmentState.ASSIGNED or row[4]],
        with_questions=any(row[1] == AssignmentState.SUBMITTED for row in mine),
    )
    names = area_names() if chips else {}
    keys = {row[0]: {names[pk].key for pk in row[6]} for row in given}
    week = clock.now() - timedelta(days=7)
    done = sorted(
        (row for row in touched if row.state == AssignmentState.SUBMITTED),
        key=lambda row: row.submitted_at or row.created_at,
        reverse=True,
    )
    return Queue(
        waiting=sum(row[1] == AssignmentState.ASSIGNED for row in mine),
        in_progress=tuple(_row(row, keys) for row in touched if row.state == AssignmentState.IN_PROGRESS),
        done=tuple(_row(row, keys) for row in done),
        n_done=len(done),
        asked=tuple(AskedRow(row.public_id, row.label, row.asked) for row in done if row.asked),
        apart=tuple(_row(row, keys) for row in done if row.is_far),
        skipped=tuple(_row(row, keys) for row in touched if row.state == AssignmentState.ASSIGNED),
        pace=pace(row[5] for row in mine if row[1] == AssignmentState.SUBMITTED and row[5] and row[5] >= week),
        n_conflicts=conflict_count(user),
        areas=tuple(chips),
        area=area if wanted is not None else "",
        total=len(mine),
        opens_at=dates.instant("review_opens") if dates else None,
        closes_at=dates.instant("review_closes") if dates else None,
        tracks=tuple(sorted(tracks[pk].name for pk in read_for)),
    )


def _touched(keys: Collection[int], *, with_questions: bool) -> list[Any]:
    """Return the readings called ``keys``; what a reader is asked about them only where something is handed in."""
    nothing = {"asked": Value(""), "is_far": Value(False)}
    return list(
        ReviewAssignment.objects.filter(pk__in=keys)
        .select_related("track_application", "evaluation__definition", "review")
        .prefetch_related("review__scores")
        .annotate(**{"asked": asked_of_reader("pk"), "is_far": has_to_explain("pk")} if with_questions else nothing)
        .order_by("position", "pk")
    )


def _track_name(row: ReviewAssignment) -> str:
    tracks = tracks_by_key()
    if row.track_application:
        return tracks[row.track_application.track_id].name
    # In the tracks' own order, as everywhere.
    serving = (tracks[pk] for pk in tracks_by_definition().get(row.evaluation.definition_id, ()))
    return ", ".join(track.name for track in sorted(serving, key=lambda one: (one.order, one.name)))


def _row(row: ReviewAssignment, keys: Mapping[int, Collection[str]]) -> QueueRow:
    """Return a line; ``keys`` are the areas that each text's writer chose, whose criteria are scored too."""
    review = getattr(row, "review", None)
    return QueueRow(
        public_id=row.public_id,
        label=row.label,
        track=_track_name(row),
        what=row.evaluation.definition.title if row.evaluation else "Application",
        state=row.get_state_display(),
        at=row.submitted_at or (review.saved_at if review else row.created_at),
        n_scored=len(review.scores.all()) if review else 0,
        n_criteria=sum(
            not criterion.area_code or f"{criterion.stream_slug}/{criterion.area_code}" in keys[row.pk]
            for criterion in criteria_of(row.rubric_id)
        ),
        is_skipped=row.skipped_at is not None,
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

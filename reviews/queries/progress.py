"""How far the reading is: for track leads and for the staff who give it out."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.models import User
from core import clock
from core.models import Job
from core.states import JobState
from reviews.models import ReviewAssignment
from reviews.queries.access import tracks_to_watch
from reviews.queries.feedback import open_counts
from reviews.queries.needs import COUNTED, pools, targets
from reviews.queries.practice import practice_sets, practised
from reviews.queries.rubrics import latest_rubrics
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.models import Cycle, Track
from streams.queries.calendar import dates_of


@dataclass(frozen=True)
class ReaderRow:
    """One reviewer's load in one track, evaluations included."""

    name: str
    given: int
    done: int
    late: int
    has_practised: bool | None = None  # None: the track has no practice set

    @property
    def left(self) -> int:
        """How many are still to be handed in."""
        return self.given - self.done


@dataclass(frozen=True)
class TrackProgress:
    """One track's reading."""

    public_id: str
    name: str
    cycle: str
    readers: tuple[ReaderRow, ...]
    given: int
    done: int
    late: int
    closes_at: datetime | None
    has_practice: bool = False
    n_notes: int = 0  # packets of notes that wait for a check


def lead_progress(user: Any, cycle: Cycle | None) -> list[TrackProgress]:
    """Return the reading of the tracks of ``cycle`` that ``user`` may follow."""
    found = _progress_of(list(tracks_to_watch(user).filter(cycle=cycle).select_related("cycle").order_by("order")))
    waiting = open_counts(user)
    return [replace(track, n_notes=waiting.get(track.public_id, 0)) for track in found]


def track_progress(track: Track) -> TrackProgress:
    """Return the reading of one track."""
    return _progress_of([track])[0]


def _progress_of(tracks: list[Track]) -> list[TrackProgress]:
    dates = {cycle.pk: dates_of(cycle) for cycle in {track.cycle for track in tracks}}
    pool_of = pools(tracks)
    counts, practice = _counts(tracks), _practice(tracks)
    people = frozenset().union(*pool_of.values(), *(of_one.keys() for of_one in counts.values()))
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))
    return [
        _track_progress(
            track, pool_of[track.pk], counts[track.pk], names, dates[track.cycle_id], practice.get(track.pk)
        )
        for track in tracks
    ]


def _practice(tracks: list[Track]) -> dict[int, set[int]]:
    """Return by track with a practice set who has done it (primary keys)."""
    by_track, sets = latest_rubrics()[0], practice_sets()
    rubrics = {track.pk: by_track[track.pk] for track in tracks if by_track.get(track.pk) in sets}
    done = practised(rubrics.values()) if rubrics else set()
    return {track: {reader for reader, of in done if of == rubric} for track, rubric in rubrics.items()}


Reading = tuple[str, datetime | None]


def _counts(tracks: list[Track]) -> dict[int, dict[int, list[Reading]]]:
    """Return state and own due date of each reviewer's counted assignments, by track."""
    states: dict[int, dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    ids = {track.pk for track in tracks}
    rows = ReviewAssignment.objects.filter(state__in=sorted(COUNTED))
    for track_id, reader, state, due_at in rows.filter(track_application__track__in=ids).values_list(
        "track_application__track_id", "reviewer_id", "state", "due_at"
    ):
        states[track_id][reader].append((state, due_at))
    return states


def _track_progress(
    track: Track,
    pool: frozenset[int],
    counts: dict[int, list[Reading]],
    names: dict[int, str],
    dates: Any,
    practised_by: set[int] | None,
) -> TrackProgress:
    closes_at, now = dates.instant("review_closes"), clock.now()
    readers = []
    for reader in pool | counts.keys():
        given = counts.get(reader, [])
        late = [due for state, due in given if state in OPEN_ASSIGNMENT and is_late(due or closes_at, now)]
        readers.append(
            ReaderRow(
                names.get(reader, "") or "(no name)",
                len(given),
                _done(given),
                len(late),
                None if practised_by is None else reader in practised_by,
            )
        )
    readers.sort(key=lambda row: (-row.late, -row.left, row.name))
    return TrackProgress(
        public_id=track.public_id,
        name=track.name,
        cycle=track.cycle.name,
        readers=tuple(readers),
        given=sum(len(states) for states in counts.values()),
        done=sum(map(_done, counts.values())),
        late=sum(row.late for row in readers),
        closes_at=closes_at,
        has_practice=practised_by is not None,
    )


def _done(given: list[Reading]) -> int:
    return sum(state == AssignmentState.SUBMITTED for state, _ in given)


def is_late(due_at: datetime | None, now: datetime) -> bool:
    """Say whether something that was due then is late now."""
    return due_at is not None and due_at <= now


@dataclass(frozen=True)
class AssignRow:
    """What is to be given out in one track."""

    public_id: str
    name: str
    pool: int
    texts: int
    missing: int


@dataclass(frozen=True)
class AssignPage:
    """The staff page for giving out the reading of one cycle."""

    cycle: Cycle
    rows: tuple[AssignRow, ...]
    texts: int
    missing: int
    running: Job | None
    latest: Job | None

    @property
    def unmet(self) -> list[dict[str, Any]]:
        """What the latest run could not give out, and why."""
        return self.latest.result.get("unmet", []) if self.latest else []


def assign_page(cycle: Cycle) -> AssignPage:
    """Return what is to be read in ``cycle``, by track, and what the latest run left over."""
    tracks = list(Track.objects.filter(cycle=cycle).order_by("order"))
    pool_of = pools(tracks)
    texts = targets(cycle, pool_of=pool_of)
    per_track: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for text in texts:
        for name in text.tracks:
            per_track[name][0] += 1
            per_track[name][1] += text.missing
    jobs = Job.objects.filter(kind="reviews.assign", params__cycle_id=cycle.pk).order_by("-pk")
    return AssignPage(
        cycle=cycle,
        rows=tuple(
            AssignRow(track.public_id, track.name, len(pool_of[track.pk]), *per_track[track.name]) for track in tracks
        ),
        texts=len(texts),
        missing=sum(text.missing for text in texts),
        running=jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first(),
        latest=jobs.filter(state=JobState.DONE).first(),
    )

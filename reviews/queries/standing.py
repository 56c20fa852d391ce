"""Whether a text may be given to somebody now, and what stands against each line of a proposal by now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from applications.models import EvaluationAssignment, TrackApplication
from applications.states import EvaluationState, TrackState
from reviews.models import AssignmentChange, FurtherRead, ReviewAssignment
from reviews.queries.access import track_keys_of, tracks_by_definition
from reviews.queries.needs import BEGUN, COUNTED, conflict_pairs, pools_of
from reviews.queries.rubrics import latest_rubrics
from reviews.states import AssignmentState

NOT_READ = "is not to be read any more"
NO_RUBRIC = "there is no rubric to read it by"
ENOUGH = "has enough readers by now"
Key = tuple[str, int]


def key_of(row: AssignmentChange | ReviewAssignment) -> Key:
    """Return which text a line or an assignment is about."""
    if row.track_application_id is not None:
        return "track_application", row.track_application_id
    return "evaluation", row.evaluation_id or 0


@dataclass(frozen=True)
class Standing:
    """All that decides whether a text may be given to somebody now, for a few texts of one cycle."""

    person: Mapping[Key, int]
    pool: Mapping[Key, frozenset[int]]
    rubric: Mapping[Key, int | None]
    wanted: Mapping[Key, int]
    readable: frozenset[Key]
    present: Mapping[Key, frozenset[int]]
    touched: Mapping[Key, frozenset[int]]
    pairs: frozenset[tuple[int, int]]
    #: The active reviewers of each track of their cycles (primary keys).
    pools: Mapping[int, frozenset[int]]

    def eligible(self, key: Key) -> frozenset[int]:
        """Return who may be given this text."""
        person = self.person[key]
        able = self.pool[key] - self.touched[key] - {person}
        return frozenset(reader for reader in able if (reader, person) not in self.pairs)

    def why_not(self, key: Key, reader: int) -> str:
        """Say why ``reader`` may not be given this text; empty if they may."""
        if key not in self.readable:
            return NOT_READ
        if self.rubric[key] is None:
            return NO_RUBRIC
        if reader == self.person[key] or (reader, self.person[key]) in self.pairs:
            return "has a conflict of interest"
        if reader in self.touched[key]:
            return "has had this text before"
        return "" if reader in self.pool[key] else "is not in the pool any more"


def standing_of(keys: Iterable[Key]) -> Standing:
    """Return what decides about these texts now, in a constant number of queries."""
    wanted_keys = set(keys)
    ids = {kind: {pk for one, pk in wanted_keys if one == kind} for kind in ("track_application", "evaluation")}
    rows = list(TrackApplication.objects.filter(pk__in=ids["track_application"]).select_related("application__cycle"))
    tasks = list(EvaluationAssignment.objects.filter(pk__in=ids["evaluation"]).select_related("application__cycle"))
    cycles = {row.application.cycle_id for row in rows} | {task.application.cycle_id for task in tasks}
    pool_of = pools_of(track_keys_of(tuple(sorted(cycles))))
    tracks_of = tracks_by_definition()
    by_track, by_definition = latest_rubrics()
    further = set(
        FurtherRead.objects.filter(track_application__in=ids["track_application"]).values_list(
            "track_application_id", flat=True
        )
    )
    present, touched, begun_by = _had(ids)
    track_keys = {("track_application", row.pk): row for row in rows}
    task_keys = {("evaluation", task.pk): task for task in tasks}
    both: dict[Key, Any] = {**track_keys, **task_keys}
    return Standing(
        person={key: one.application.person_id for key, one in both.items()},
        pool={
            **{key: pool_of.get(row.track_id, frozenset()) for key, row in track_keys.items()},
            **{
                key: frozenset().union(
                    *(pool_of.get(track, frozenset()) for track in tracks_of.get(task.definition_id, ()))
                )
                for key, task in task_keys.items()
            },
        },
        rubric={
            **{key: by_track.get(row.track_id) for key, row in track_keys.items()},
            **{key: by_definition.get(task.definition_id) for key, task in task_keys.items()},
            # A text that somebody has begun is read by one version, whatever has come into force since.
            **begun_by,
        },
        wanted={
            key: one.application.cycle.reviews_per_application + (key[0] == "track_application" and key[1] in further)
            for key, one in both.items()
        },
        readable=frozenset(
            {key for key, row in track_keys.items() if row.internal_state == TrackState.IN_REVIEW}
            | {
                key
                for key, task in task_keys.items()
                if task.state in {EvaluationState.SUBMITTED, EvaluationState.GRADED}
            }
        ),
        present={key: frozenset(present[key]) for key in both},
        touched={key: frozenset(touched[key]) for key in both},
        pairs=conflict_pairs(),
        pools=pool_of,
    )


def _had(ids: Mapping[str, set[int]]) -> tuple[dict[Key, set[int]], dict[Key, set[int]], dict[Key, int]]:
    present: dict[Key, set[int]] = defaultdict(set)
    touched: dict[Key, set[int]] = defaultdict(set)
    begun_by: dict[Key, int] = {}
    about = Q(track_application__in=ids["track_application"]) | Q(evaluation__in=ids["evaluation"])
    for row in ReviewAssignment.objects.filter(about):
        touched[key_of(row)].add(row.reviewer_id)
        if row.state in COUNTED:
            present[key_of(row)].add(row.reviewer_id)
        if row.state in BEGUN:
            begun_by[key_of(row)] = row.rubric_id
    return present, touched, begun_by


def standing_against(changes: Iterable[AssignmentChange], standing: Standing) -> dict[int, str]:
    """Say by line (primary key) why it cannot be applied now; empty if it can. Lines that are dropped count nothing.

    ``changes`` come with ``reviewer`` and ``leaves__reviewer``. Earlier lines take the places that later ones want.
    """
    against: dict[int, str] = {}
    added: dict[Key, set[int]] = defaultdict(set)
    for change in changes:
        if change.is_dropped:
            continue
        key, why = key_of(change), ""
        if key not in standing.person:
            why = NOT_READ
        elif change.leaves is not None and change.leaves.state != AssignmentState.ASSIGNED:
            has = "has started reading" if change.leaves.state in COUNTED else "does not read it any more"
            why = f"{change.leaves.reviewer} {has}"
        elif reason := standing.why_not(key, change.reviewer_id):
            why = reason if reason in {NOT_READ, NO_RUBRIC} else f"{change.reviewer} {reason}"
        elif change.reviewer_id in added[key]:
            why = f"{change.reviewer} stands here twice"
        elif change.leaves is None and len(standing.present[key] | added[key]) >= standing.wanted[key]:
            why = ENOUGH
        if not why and change.leaves is None:
            added[key].add(change.reviewer_id)
        against[change.pk] = why
    return against

"""Who is missing readers, and who may read what: the input of the assignment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q

from accounts.models import RoleGrant
from accounts.states import Role, ScopeKind
from applications.models import EvaluationAssignment, TrackApplication
from applications.queries.references import referee_pairs
from applications.states import EvaluationKind, EvaluationState, TrackState
from core import clock
from reviews.models import ConflictOfInterest, FurtherRead, ReviewAssignment
from reviews.queries.rubrics import latest_rubrics
from reviews.states import OPEN_ASSIGNMENT, AssignmentState
from streams.models import Cycle, Track

#: Assignments that count as a reader of their text.
COUNTED = frozenset({*OPEN_ASSIGNMENT, AssignmentState.SUBMITTED})
#: Those that hold scores, or may.
BEGUN = frozenset({AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED})


@dataclass(frozen=True)
class Target:
    """One text to be read: an application in a track, or an evaluation to be graded."""

    kind: str  # "track_application" or "evaluation"
    pk: int
    person_id: int
    rubric_id: int | None
    missing: int
    readers: frozenset[int]
    eligible: frozenset[int]
    reference: str
    tracks: tuple[str, ...]
    wanted: int
    #: Who may read it, whether or not they have had it before.
    pool: frozenset[int] = frozenset()
    #: Who was given it and has not started: kept where that costs nothing. No part of ``readers``.
    movable: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Plan:
    """Readers to add and reads that nobody can give, by position of the text; linking reads that are lacking.

    ``linking`` are those pairs of text and added reader that link tracks.
    """

    readers: dict[int, frozenset[int]]
    unmet: dict[int, int]
    links_missing: int
    linking: frozenset[tuple[int, int]] = frozenset()

    def joined(self, part: "Plan", keys: Sequence[int]) -> "Plan":
        """Return this plan with ``part`` beside it, whose texts stand at ``keys`` of the whole."""
        return Plan(
            self.readers | {keys[key]: readers for key, readers in part.readers.items()},
            self.unmet | {keys[key]: missing for key, missing in part.unmet.items()},
            self.links_missing + part.links_missing,
            self.linking | {(keys[key], reader) for key, reader in part.linking},
        )


def pools(tracks: Iterable[Track]) -> dict[int, frozenset[int]]:
    """Return the active reviewers of each track (primary keys)."""
    return pools_of({track.public_id: track.pk for track in tracks})


def pools_of(keys: Mapping[str, int]) -> dict[int, frozenset[int]]:
    """Return the same for tracks of which only the public id and the primary key are known."""
    found: dict[int, set[int]] = {pk: set() for pk in keys.values()}
    grants = RoleGrant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=clock.now()),
        role=Role.REVIEWER,
        scope_kind=ScopeKind.TRACK,
        scope_key__in=list(keys),
        revoked_at=None,
        user__is_active=True,
    )
    for key, user_id in grants.values_list("scope_key", "user_id"):
        found[keys[key]].add(user_id)
    return {pk: frozenset(users) for pk, users in found.items()}


def conflict_pairs() -> frozenset[tuple[int, int]]:
    """Return the pairs of people who must not judge each other, in both orders; referees are such pairs."""
    pairs = set(ConflictOfInterest.objects.values_list("reviewer_id", "person_id")) | referee_pairs()
    return frozenset(pairs | {(person, reviewer) for reviewer, person in pairs})


def loads() -> dict[int, int]:
    """Return how much each reviewer has been given so far, read or not."""
    return dict(
        ReviewAssignment.objects.filter(state__in=sorted(COUNTED)).values_list("reviewer").annotate(n=Count("pk"))
    )


def has_text_without_reader(cycle: Cycle) -> bool:
    """Say whether a track application is in review that nobody was ever given to read."""
    waiting = TrackApplication.objects.filter(application__cycle=cycle, internal_state=TrackState.IN_REVIEW)
    return waiting.filter(review_assignments=None).exists()


def movable(texts: Iterable[Target]) -> list[Target]:
    """Return the same texts as if nobody had been given those which they have not started."""
    waiting: dict[tuple[str, int], set[int]] = defaultdict(set)
    for reader, track_application_id, evaluation_id in ReviewAssignment.objects.filter(
        state=AssignmentState.ASSIGNED
    ).values_list("reviewer_id", "track_application_id", "evaluation_id"):
        key = ("track_application", track_application_id) if track_application_id else ("evaluation", evaluation_id)
        waiting[key].add(reader)
    freed = []
    for text in texts:
        free = text.readers & waiting[text.kind, text.pk]
        kept = text.readers - free
        freed.append(
            replace(
                text,
                readers=kept,
                movable=free,
                eligible=text.eligible | (free & text.pool),
                missing=max(text.wanted - len(kept), 0),
            )
        )
    return freed


def targets(
    cycle: Cycle, track: Track | None = None, pool_of: Mapping[int, frozenset[int]] | None = None
) -> list[Target]:
    """Return the texts of ``cycle`` (of one track only, if given) that are to be read, with who may still read them.

    ``pool_of`` is what ``pools`` returns for the tracks of ``cycle``, where the caller has it.
    """
    tracks = {row.pk: row for row in Track.objects.filter(cycle=cycle)}
    pool_of, pairs = pool_of or pools(tracks.values()), conflict_pairs()
    by_track, by_definition = latest_rubrics()
    wanted = {track.pk} if track is not None else set(tracks)
    in_review: dict[int, set[int]] = defaultdict(set)  # application -> tracks
    rows = []
    for row in (
        TrackApplication.objects.filter(track__in=tracks, internal_state=TrackState.IN_REVIEW)
        .select_related("application")
        .order_by("pk")
    ):
        in_review[row.application_id].add(row.track_id)
        if row.track_id in wanted:
            rows.append(("track_application", row.pk, row.application, by_track.get(row.track_id), {row.track_id}))
    for task in (
        EvaluationAssignment.objects.filter(
            application__in=in_review, state__in=[EvaluationState.SUBMITTED, EvaluationState.GRADED]
        )
        # A test at a provider comes with its score: there is nothing to read.
        .exclude(definition__kind=EvaluationKind.EXTERNAL)
        .select_related("application", "definition")
        .prefetch_related("definition__tracks")
        .order_by("pk")
    ):
        served = {one.pk for one in task.definition.tracks.all()} & in_review[task.application_id]
        if served & wanted:
            rows.append(("evaluation", task.pk, task.application, by_definition.get(task.definition_id), served))
    present, touched, begun_by = _readers()
    asked = FurtherRead.objects.filter(track_application__track__in=wanted)
    further = set(asked.values_list("track_application_id", flat=True))
    k = cycle.reviews_per_application

    def wants(kind: str, pk: int) -> int:
        return k + (kind == "track_application" and pk in further)

    found = []
    for kind, pk, application, rubric_id, served in rows:
        pool = frozenset(
            reader
            for track_id in served
            for reader in pool_of[track_id]
            if reader != application.person_id and (reader, application.person_id) not in pairs
        )
        found.append(
            Target(
                kind=kind,
                pk=pk,
                person_id=application.person_id,
                # A text that somebody has begun is read by one version, whatever has come into force since.
                rubric_id=begun_by.get((kind, pk), rubric_id),
                reference=application.reference,
                missing=max(wants(kind, pk) - len(present[kind, pk]), 0),
                wanted=wants(kind, pk),
                readers=frozenset(present[kind, pk]),
                eligible=pool - touched[kind, pk],
                pool=pool,
                tracks=tuple(sorted(tracks[track_id].name for track_id in served)),
            )
        )
    return found


def _readers() -> tuple[dict[tuple[str, int], set[int]], dict[tuple[str, int], set[int]], dict[tuple[str, int], int]]:
    """Return who reads each text, who has had anything to do with it (a conflict keeps them away for good), and by

    which version of the rubric it is read once somebody has begun.
    """
    present: dict[tuple[str, int], set[int]] = defaultdict(set)
    touched: dict[tuple[str, int], set[int]] = defaultdict(set)
    begun_by: dict[tuple[str, int], int] = {}
    for reader, track_application_id, evaluation_id, state, rubric_id in ReviewAssignment.objects.values_list(
        "reviewer_id", "track_application_id", "evaluation_id", "state", "rubric_id"
    ):
        key = ("track_application", track_application_id) if track_application_id else ("evaluation", evaluation_id)
        touched[key].add(reader)
        if state in COUNTED:
            present[key].add(reader)
        if state in BEGUN:
            begun_by[key] = rubric_id
    return present, touched, begun_by

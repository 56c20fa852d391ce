"""Who may know of what here. Conflicts of interest are taken out in these functions and nowhere else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.queries import held_grants, is_staff, scope_keys
from accounts.states import Role, ScopeKind
from applications.models import EvaluationDefinition
from applications.queries.references import applicants_who_named
from applications.states import NOT_READ
from core.editions import kept, once
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, ReviewAssignment
from reviews.states import AssignmentState
from streams.models import Track

#: States in which a reviewer still has the assignment on the table or in the record.
VISIBLE = frozenset({AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED})


def conflicted_with(user: Any, path: str) -> Q:
    """Return a condition that holds where ``path`` (a field naming a person) is the user or in conflict with them."""
    return Q(**{f"{path}__in": sorted(people_kept_from(user))})


def people_kept_from(user: Any) -> frozenset[int]:
    """Return whom ``user`` must not judge (primary keys): themselves, and everybody in conflict with them.

    Whoever was named as a referee by a person is in conflict with them, without anybody having to say so. They are
    few, and asked for once in a request: built into each query as three subqueries, they cost more than the rest.
    """

    def read() -> frozenset[int]:
        declared = ConflictOfInterest.objects.filter(reviewer_id=user.pk).values_list("person_id")
        about_them = ConflictOfInterest.objects.filter(person_id=user.pk).values_list("reviewer_id")
        named_by = applicants_who_named(user).values_list("person_id")
        return frozenset(pk for (pk,) in declared.union(about_them, named_by)) | {user.pk}

    return once(("kept from", user.pk), read)


@kept
def _definitions_by_track() -> Mapping[int, tuple[int, ...]]:
    """Return the evaluations that each track asks for (primary keys)."""
    found: dict[int, tuple[int, ...]] = {}
    for track, definition in EvaluationDefinition.tracks.through.objects.order_by("pk").values_list(
        "track_id", "evaluationdefinition_id"
    ):
        found[track] = (*found.get(track, ()), definition)
    return MappingProxyType(found)


@kept
def tracks_by_definition() -> Mapping[int, tuple[int, ...]]:
    """Return the tracks that each evaluation serves (primary keys)."""
    found: dict[int, tuple[int, ...]] = {}
    for track, definitions in _definitions_by_track().items():
        for definition in definitions:
            found[definition] = (*found.get(definition, ()), track)
    return MappingProxyType(found)


@kept
def track_keys_of(cycles: tuple[int, ...]) -> Mapping[str, int]:
    """Return public id and primary key of the tracks of these cycles."""
    return MappingProxyType(dict(Track.objects.filter(cycle__in=cycles).values_list("public_id", "pk")))


def tracks_read_by(user: Any) -> tuple[int, ...]:
    """Return the tracks that ``user`` reads for (primary keys)."""
    held = {key for role, kind, key in held_grants(user) if (role, kind) == (Role.REVIEWER, ScopeKind.TRACK)}
    return tuple(pk for key, pk in _track_keys().items() if key in held)


@kept
def _track_keys() -> Mapping[str, int]:
    """Return the primary key of each track by its public id."""
    return MappingProxyType({track.public_id: pk for pk, track in tracks_by_key().items()})


@kept
def tracks_by_key() -> Mapping[int, Track]:
    """Return every track with its cycle by its primary key. Everybody shares the rows: read, never change them."""
    return MappingProxyType({track.pk: track for track in Track.objects.order_by("pk").select_related("cycle")})


def tracks_of(user: Any, role: str) -> QuerySet[Track]:
    """Return the tracks on which ``user`` holds ``role``."""
    return Track.objects.filter(public_id__in=scope_keys(user, role, ScopeKind.TRACK))


def review_assignments_visible_to(user: Any) -> QuerySet[ReviewAssignment]:
    """Return the assignments of ``user`` as long as they are a reviewer of the track and nothing stands against it."""
    if user.is_anonymous:
        return ReviewAssignment.objects.none()
    tracks, definitions = tracks_read_by(user), _definitions_by_track()
    tasks = {definition for track in tracks for definition in definitions.get(track, ())}
    return (
        ReviewAssignment.objects.filter(
            Q(track_application__track__in=tracks) | Q(evaluation__definition__in=sorted(tasks)),
            reviewer_id=user.pk,
            state__in=sorted(VISIBLE),
        )
        # A text is of one or of the other: asked once, the condition costs half, and this is behind every page here.
        .alias(author=Coalesce("track_application__application__person", "evaluation__application__person"))
        .exclude(conflicted_with(user, "author"))
        # Off everybody's table without a word while two people look at it: nobody learns that there is a question.
        .exclude(evaluation__state__in=sorted(NOT_READ))
    )


def texts_visible_to(user: Any) -> QuerySet[ReviewAssignment]:
    """Return the same assignments with what their page needs of the text, its track and its dates; no name of a person.

    The one thing told of the person is their primary key, for the record of who opened whose text.
    """
    return (
        review_assignments_visible_to(user)
        .select_related(
            "track_application__track__cycle",
            "track_application__application",
            "evaluation__definition__cycle",
            "evaluation__application",
        )
        .only(
            "public_id",
            "label",
            "state",
            "rubric",
            "reviewer",
            "track_application__public_id",
            "track_application__released_state",
            "track_application__track",
            "track_application__application__person",
            "evaluation__public_id",
            "evaluation__definition",
            "evaluation__application__released_state",
            "evaluation__application__person",
        )
    )


def batches_visible_to(user: Any) -> QuerySet[DecisionBatch]:
    """Return the batches ``user`` may look at: all for staff, those of their own tracks for a track lead."""
    if user.is_anonymous:
        return DecisionBatch.objects.none()
    if is_staff(user):
        return DecisionBatch.objects.all()
    return DecisionBatch.objects.filter(track__in=tracks_of(user, Role.TRACK_LEAD))


def decisions_visible_to(user: Any) -> QuerySet[Decision]:
    """Return the lines of those batches, without the ones about ``user`` or somebody in conflict with them."""
    if user.is_anonymous:
        return Decision.objects.none()
    return Decision.objects.filter(batch__in=batches_visible_to(user)).exclude(
        conflicted_with(user, "track_application__application__person")
    )


def tracks_to_watch(user: Any) -> QuerySet[Track]:
    """Return the tracks whose reading ``user`` may follow: all for staff, their own for a track lead."""
    if user.is_anonymous:
        return Track.objects.none()
    return Track.objects.all() if is_staff(user) else tracks_of(user, Role.TRACK_LEAD)

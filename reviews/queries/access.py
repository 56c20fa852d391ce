"""Who may know of what here. Conflicts of interest are taken out in these functions and nowhere else."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.queries import is_staff, scope_keys
from accounts.states import Role, ScopeKind
from applications.models import EvaluationDefinition
from applications.queries.references import applicants_who_named
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, ReviewAssignment
from reviews.states import AssignmentState
from streams.models import Track

#: States in which a reviewer still has the assignment on the table or in the record.
VISIBLE = frozenset({AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED})


def conflicted_with(user: Any, path: str) -> Q:
    """Return a condition that holds where ``path`` (a field naming a person) is the user or in conflict with them.

    Whoever was named as a referee by a person is in conflict with them, without anybody having to say so.
    """
    return (
        Q(**{path: user.pk})
        | Q(**{f"{path}__in": ConflictOfInterest.objects.filter(reviewer_id=user.pk).values("person")})
        | Q(**{f"{path}__in": ConflictOfInterest.objects.filter(person_id=user.pk).values("reviewer")})
        | Q(**{f"{path}__in": applicants_who_named(user).values("person")})
    )


def tracks_of(user: Any, role: str) -> QuerySet[Track]:
    """Return the tracks on which ``user`` holds ``role``."""
    return Track.objects.filter(public_id__in=scope_keys(user, role, ScopeKind.TRACK))


def review_assignments_visible_to(user: Any) -> QuerySet[ReviewAssignment]:
    """Return the assignments of ``user`` as long as they are a reviewer of the track and nothing stands against it."""
    if user.is_anonymous:
        return ReviewAssignment.objects.none()
    tracks = tracks_of(user, Role.REVIEWER)
    return (
        ReviewAssignment.objects.filter(reviewer_id=user.pk, state__in=sorted(VISIBLE))
        .filter(
            Q(track_application__track__in=tracks)
            | Q(evaluation__definition__in=EvaluationDefinition.objects.filter(tracks__in=tracks))
        )
        # A text is of one or of the other: asked once, the condition costs half, and this is behind every page here.
        .alias(author=Coalesce("track_application__application__person", "evaluation__application__person"))
        .exclude(conflicted_with(user, "author"))
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

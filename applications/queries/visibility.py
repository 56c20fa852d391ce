"""Who may know of which application."""

from typing import Any

from django.db.models import QuerySet

from accounts.queries import is_staff, scope_keys
from accounts.states import Role, ScopeKind
from applications.models import Application, Document, EvaluationAssignment, StreamApplication, TrackApplication
from applications.states import StreamApplicationState
from core.access import kept_from


def own_applications(user: Any) -> QuerySet[Application]:
    """Return what ``user`` hands in as an applicant, whatever other roles they hold."""
    return Application.objects.filter(person_id=user.pk) if user.is_authenticated else Application.objects.none()


def current_application(user: Any) -> Application | None:
    """Return the application of ``user`` that pages under /my/ are about: the public cycle's, else the newest."""
    return (
        own_applications(user)
        .select_related("cycle", "person")
        .order_by("-cycle__is_public_current", "-cycle__programme_starts_on")
        .first()
    )


def own_stream_applications(user: Any) -> QuerySet[StreamApplication]:
    """Return the stream applications that ``user`` made."""
    if user.is_anonymous:
        return StreamApplication.objects.none()
    return StreamApplication.objects.filter(application__person_id=user.pk)


def own_evaluations(user: Any) -> QuerySet[EvaluationAssignment]:
    """Return the evaluations that ``user`` was asked for."""
    if user.is_anonymous:
        return EvaluationAssignment.objects.none()
    return EvaluationAssignment.objects.filter(application__person_id=user.pk)


def own_documents(user: Any) -> QuerySet[Document]:
    """Return the files that ``user`` sent as an applicant, the handed-in ones that were replaced since included."""
    if user.is_anonymous:
        return Document.objects.none()
    return Document.objects.filter(application__person_id=user.pk)


def documents_visible_to(user: Any) -> QuerySet[Document]:
    """Return the files that ``user`` may open for the programme: all but one's own for staff, none for others.

    Reviewers and mentors come to a file by the text that they read and that names it.
    """
    if user.is_anonymous or not is_staff(user):
        return Document.objects.none()
    return Document.objects.filter(application__in=applications_visible_to(user))


def applications_visible_to(user: Any) -> QuerySet[Application]:
    """Return the applications ``user`` may know of: one's own; all others for staff; the track's for its lead.

    Somebody of the staff or a lead sees their own only as an applicant, under /my/ (``own_applications``), and those
    of people close to them nowhere.
    """
    if user.is_anonymous:
        return Application.objects.none()
    if is_staff(user):
        return Application.objects.exclude(person_id__in=kept_from(user))
    if led := list(led_tracks(user)):
        in_track = TrackApplication.objects.filter(track__public_id__in=led)
        return Application.objects.exclude(person_id__in=kept_from(user)).filter(
            pk__in=in_track.values("application_id")
        )
    return own_applications(user)


def track_applications_visible_to(user: Any) -> QuerySet[TrackApplication]:
    """Return the track applications ``user`` may know of, by the same rule; a lead's are those of the own tracks."""
    if user.is_anonymous:
        return TrackApplication.objects.none()
    if is_staff(user):
        return TrackApplication.objects.exclude(application__person_id__in=kept_from(user))
    if led := list(led_tracks(user)):
        return TrackApplication.objects.exclude(application__person_id__in=kept_from(user)).filter(
            track__public_id__in=led
        )
    return TrackApplication.objects.filter(application__person_id=user.pk)


def stream_applications_visible_to(user: Any) -> QuerySet[StreamApplication]:
    """Return the stream applications ``user`` may know of; a mentor's only once they are with the mentors."""
    if user.is_anonymous:
        return StreamApplication.objects.none()
    if is_staff(user):
        return StreamApplication.objects.exclude(application__person_id__in=kept_from(user))
    if mentored := list(scope_keys(user, Role.MENTOR, ScopeKind.STREAM).values_list("scope_key", flat=True)):
        return StreamApplication.objects.exclude(application__person_id__in=kept_from(user)).filter(
            stream__public_id__in=mentored, internal_state=StreamApplicationState.IN_STREAM_REVIEW
        )
    return own_stream_applications(user)


def evaluations_visible_to(user: Any) -> QuerySet[EvaluationAssignment]:
    """Return the evaluations ``user`` may know of: one's own; all others for staff; a lead's of the own tracks."""
    if user.is_anonymous:
        return EvaluationAssignment.objects.none()
    if is_staff(user):
        return EvaluationAssignment.objects.exclude(application__person_id__in=kept_from(user))
    if led_tracks(user):
        seen = applications_visible_to(user)
        return EvaluationAssignment.objects.filter(application__in=seen)
    return own_evaluations(user)


def led_tracks(user: Any) -> list[str]:
    """Return the public ids of the tracks that ``user`` leads."""
    return list(scope_keys(user, Role.TRACK_LEAD, ScopeKind.TRACK).values_list("scope_key", flat=True))

"""Statements that hold for every application, always. Each function returns the rows that break its statement."""

from collections.abc import Callable

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from applications.models import (
    AnswerSnapshot,
    Application,
    EvaluationAssignment,
    StreamApplication,
    TrackApplication,
)
from applications.states import ENDED, AnswerScope, ApplicationState, EvaluationKind, StreamApplicationState, TrackState
from streams.models import StreamTrack

A, S, T = ApplicationState, StreamApplicationState, TrackState
#: Where staff may already stand, by decisions not released, while the applicant still reads the key.
APPLICATION_AHEAD = {
    A.IN_SCREEN: {A.STAGE2, A.CLOSED},
    A.STAGE2: {A.CLOSED},
    A.UNDER_REVIEW: {A.FINAL, A.CLOSED},
    A.FINAL: {A.OFFERED, A.CLOSED},
}
TRACK_AHEAD = {
    T.IN_SCREEN: {T.STREAMS_OPEN, T.NOT_ADVANCED},
    T.IN_REVIEW: {T.HELD, T.ADVANCED, T.NOT_ADVANCED},
    T.HELD: {T.ADVANCED, T.NOT_ADVANCED, T.IN_REVIEW},
}


def _out_of_step(ahead: dict) -> Q:
    """Return what matches rows whose two layers differ in a way that no unreleased decision explains."""
    allowed = Q(internal_state=F("released_state"))
    for released, internal in ahead.items():
        allowed |= Q(released_state=released, internal_state__in=internal)
    return ~allowed


def submitted_applications_without_a_snapshot() -> QuerySet[Application]:
    """What was handed in has its words on record."""
    kept = AnswerSnapshot.objects.filter(application=OuterRef("pk"), scope=AnswerScope.GENERAL)
    return Application.objects.filter(~Exists(kept), submitted_at__isnull=False)


def submitted_applications_without_a_track() -> QuerySet[Application]:
    """Whoever is past the draft chose a track."""
    before = [A.DRAFT, A.LAPSED, A.WITHDRAWN]
    return Application.objects.exclude(internal_state__in=before).filter(track_applications__isnull=True)


def applications_out_of_step() -> QuerySet[Application]:
    """An applicant reads the present state, or the one before a decision that is not released."""
    return Application.objects.filter(_out_of_step(APPLICATION_AHEAD))


def track_applications_out_of_step() -> QuerySet[TrackApplication]:
    """The same for each track."""
    return TrackApplication.objects.filter(_out_of_step(TRACK_AHEAD))


def live_tracks_of_ended_applications() -> QuerySet[TrackApplication]:
    """Nothing goes on in an application that has ended."""
    going_on = [T.SELECTED, T.IN_SCREEN, T.STREAMS_OPEN, T.IN_REVIEW, T.HELD]
    return TrackApplication.objects.filter(application__internal_state__in=sorted(ENDED), internal_state__in=going_on)


def tracks_of_another_cycle() -> QuerySet[TrackApplication]:
    """A track application stays inside its cycle."""
    return TrackApplication.objects.exclude(track__cycle=F("application__cycle"))


def stream_applications_outside_the_tracks() -> QuerySet[StreamApplication]:
    """Every stream applied to lies in a track of the application."""
    shared = StreamTrack.objects.filter(
        stream=OuterRef("stream"), track__track_applications__application=OuterRef("application")
    )
    return StreamApplication.objects.filter(~Exists(shared))


def stream_applications_without_a_snapshot() -> QuerySet[StreamApplication]:
    """What was submitted to a stream has its words on record."""
    kept = AnswerSnapshot.objects.filter(
        application=OuterRef("application"), scope=AnswerScope.STREAM, scope_key=OuterRef("public_id")
    )
    return StreamApplication.objects.filter(~Exists(kept), submitted_at__isnull=False)


def stream_applications_before_stage2() -> QuerySet[StreamApplication]:
    """Nobody has a stream before a track was released to them."""
    early = [A.DRAFT, A.SUBMITTED, A.LAPSED, A.IN_SCREEN]
    return StreamApplication.objects.filter(application__internal_state__in=early)


def agreements_not_acknowledged() -> QuerySet[StreamApplication]:
    """Whoever submitted under an agreement ticked it, and it is one of that stream."""
    return StreamApplication.objects.filter(agreement__isnull=False).filter(
        Q(acknowledged_at=None) | ~Q(agreement__stream=F("stream"))
    )


def evaluations_asked_twice() -> QuerySet[Application]:
    """An evaluation is one task, in one version, however many tracks ask for it."""
    twice = (
        EvaluationAssignment.objects.values("application", "definition__code")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .values("application")
    )
    return Application.objects.filter(pk__in=twice)


def evaluations_without_a_snapshot() -> QuerySet[EvaluationAssignment]:
    """What was handed in has its words on record."""
    kept = AnswerSnapshot.objects.filter(
        application=OuterRef("application"), scope=AnswerScope.EVALUATION, scope_key=OuterRef("public_id")
    )
    tasks = EvaluationAssignment.objects.exclude(definition__kind=EvaluationKind.EXTERNAL)
    return tasks.filter(~Exists(kept), submitted_at__isnull=False)


ALL: list[Callable[[], QuerySet]] = [
    submitted_applications_without_a_snapshot,
    submitted_applications_without_a_track,
    applications_out_of_step,
    track_applications_out_of_step,
    live_tracks_of_ended_applications,
    tracks_of_another_cycle,
    stream_applications_outside_the_tracks,
    stream_applications_without_a_snapshot,
    stream_applications_before_stage2,
    agreements_not_acknowledged,
    evaluations_asked_twice,
    evaluations_without_a_snapshot,
]

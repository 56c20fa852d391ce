"""What a gate decision does to applications: set by staff, shown to the applicant only by its release."""

from typing import Any

from django.db import transaction

from applications.domain.phases import open_stage2
from applications.models import Application, StreamApplication, TrackApplication
from applications.queries.calendar import dates_of
from applications.states import (
    LIVE_STREAM,
    LIVE_TRACK,
    ApplicationState,
    StreamApplicationState,
    TrackState,
)
from core import clock
from core.transitions import locked, publish_state, sources_of, transition, transition_openly

#: The moves that a gate may decide on.
SCREEN_VERBS = frozenset({"pass_screen", "fail_screen"})
REVIEW_VERBS = frozenset({"advance", "hold", "not_advance"})
#: How to take a decision back, by the state that the applicant still reads.
RECALL_VERBS = {
    TrackState.IN_SCREEN: "recall_screen",
    TrackState.IN_REVIEW: "recall_review",
    TrackState.HELD: "recall_hold",
}


@transaction.atomic
def decide_track(*, track_application: TrackApplication, verb: str, by: Any) -> TrackApplication:
    """Record a gate decision for staff alone; the applicant's state stays as it is until the release.

    Raises ``Refused`` when the application in the track is no longer where the decision found it.
    """
    if verb not in SCREEN_VERBS | REVIEW_VERBS:
        raise ValueError(f"{verb!r} is not decided at a gate")
    row = locked(track_application)
    if verb == "hold" and row.internal_state == TrackState.HELD:
        return row
    return transition(row, verb, by=by)


@transaction.atomic
def recall_track(*, track_application: TrackApplication, by: Any) -> TrackApplication:
    """Take an unreleased decision back. Where nothing is unreleased (the person has withdrawn), nothing changes."""
    row = locked(track_application)
    verb = RECALL_VERBS.get(TrackState(row.released_state))
    if verb is None or row.internal_state == row.released_state:
        return row
    return transition(row, verb, by=by)


@transaction.atomic
def release_track(*, track_application: TrackApplication, by: Any) -> TrackApplication:
    """Show one decision to its applicant and let its consequences follow: the next stage opens, or the end is told."""
    application = locked(Application(pk=track_application.application_id), "cycle")
    row = publish_state(locked(track_application), by=by)
    _settle_streams(application, by=by)
    _settle_application(application, released=row.released_state, by=by)
    return row


def _settle_application(application: Application, *, released: str, by: Any) -> None:
    states = set(application.track_applications.values_list("released_state", flat=True))
    if not states & LIVE_TRACK:
        # Decided by what was released: an unreleased decision in another track must not close it early.
        if sources_of(application, ["close"]):
            transition_openly(application, "close", by=by)
    elif released == TrackState.ADVANCED and application.internal_state == ApplicationState.UNDER_REVIEW:
        transition_openly(application, "advance", by=by)
    elif released == TrackState.STREAMS_OPEN and dates_of(application.cycle).has_begun("stage2_opens", clock.now()):
        # Before the opening, the beat opens it in time. In stage 2 already, it adds what this track asks for.
        open_stage2(application=application, by=None)


def _settle_streams(application: Application, *, by: Any) -> None:
    """Pass the stream applications of advanced tracks to the mentors; end those that no live track reaches."""
    by_state: dict[str, set[int]] = {}
    for track_id, state in application.track_applications.values_list("track_id", "released_state"):
        by_state.setdefault(state, set()).add(track_id)
    advanced = by_state.get(TrackState.ADVANCED, set())
    live = set().union(*(tracks for state, tracks in by_state.items() if state in LIVE_TRACK))
    rows = (
        StreamApplication.objects.filter(application=application, internal_state__in=sorted(LIVE_STREAM))
        .prefetch_related("stream__stream_tracks")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for row in rows:
        tracks = {link.track_id for link in row.stream.stream_tracks.all()}
        if tracks & advanced:
            if row.internal_state == StreamApplicationState.SUBMITTED:
                transition_openly(row, "reach_mentors", by=by)
        elif not tracks & live:
            transition_openly(row, "close", by=by)

"""What a gate decision does to applications: set by staff, taken back before its release or after."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from applications.domain.releases import tracks_by_state
from applications.models import Application, StreamApplication, TrackApplication
from applications.queries.going_back import why_not_back
from applications.states import (
    APPLICATION_BACK,
    LIVE_TRACK,
    ApplicationState,
    StreamApplicationState,
    TrackState,
)
from core.transitions import locked, locked_rows, sources_of, transition, transition_all, transition_openly

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
def decide_tracks(*, track_applications: Iterable[int], verb: str, by: Any) -> None:
    """Record one gate decision about many (primary keys), for staff alone; applicants' states stay as they are.

    Raises ``Refused`` when one of them is no longer where the decision found it; then none is moved.
    """
    if verb not in SCREEN_VERBS | REVIEW_VERBS:
        raise ValueError(f"{verb!r} is not decided at a gate")
    rows = locked_rows(TrackApplication, track_applications)
    if verb == "hold":
        rows = [row for row in rows if row.internal_state != TrackState.HELD]
    transition_all(rows, verb, by=by)


@transaction.atomic
def recall_track(*, track_application: TrackApplication, by: Any) -> TrackApplication:
    """Take an unreleased decision back. Where nothing is unreleased (the person has withdrawn), nothing changes."""
    row = locked(track_application)
    verb = RECALL_VERBS.get(TrackState(row.released_state))
    if verb is None or row.internal_state == row.released_state:
        return row
    return transition(row, verb, by=by)


@transaction.atomic
def take_back_track(*, track_application: TrackApplication, found: dict[str, Any], by: Any) -> str:
    """Lead one applicant back to where a release found them (``found``), as staff and the applicant read it.

    What another track's release did stays. Returns why nothing was done, if the person has gone on or left since.
    """
    application = locked(Application(pk=track_application.application_id))
    row = locked(track_application)
    if reason := why_not_back(row, application, found):
        return reason
    if row.released_state != found["track"]:
        verb = RECALL_VERBS[TrackState(found["track"])]
        row = transition_openly(row, verb, by=by)
    tracks = tracks_by_state(application.track_applications.all())
    _take_back_application(application, found["application"], tracks, by=by)
    _take_back_streams(application, found["streams"], tracks, by=by)
    return ""


def _take_back_application(application: Application, found: str, tracks: dict[str, set[int]], *, by: Any) -> None:
    """Lead the application back, unless another track has led it to where it stands."""
    state = application.internal_state
    if state == ApplicationState.FINAL and tracks.get(TrackState.ADVANCED):
        return
    if state == ApplicationState.STAGE2 and tracks.get(TrackState.STREAMS_OPEN):
        return
    if found == ApplicationState.FINAL and not tracks.get(TrackState.ADVANCED):
        found = ApplicationState.UNDER_REVIEW  # what had led it further is taken back as well
    verb = APPLICATION_BACK[ApplicationState(found)]
    if sources_of(application, [verb]):
        transition_openly(application, verb, by=by)


def _take_back_streams(application: Application, found: list[str], tracks: dict[str, set[int]], *, by: Any) -> None:
    """Lead back the streams that the release passed on or ended, as far as a live track reaches them still."""
    advanced = tracks.get(TrackState.ADVANCED, set())
    live = set().union(*(ids for state, ids in tracks.items() if state in LIVE_TRACK))
    rows = (
        StreamApplication.objects.filter(application=application, public_id__in=found)
        .exclude(internal_state=StreamApplicationState.WITHDRAWN)
        .prefetch_related("stream__stream_tracks")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    for row in rows:
        reached = {link.track_id for link in row.stream.stream_tracks.all()}
        if reached & live and not reached & advanced and sources_of(row, ["back_to_submitted"]):
            transition_openly(row, "back_to_submitted", by=by)

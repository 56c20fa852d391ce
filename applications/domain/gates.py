"""What a gate decision does to applications: set by staff, taken back before its release or after."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from applications.domain.assigning import drop_unasked
from applications.domain.releases import CHUNK, tracks_by_state
from applications.models import Application, EvaluationDefinition, StreamApplication, TrackApplication
from applications.queries.going_back import begun_stage2, why_not_back
from applications.states import (
    APPLICATION_BACK,
    CLOSED_FROM,
    LIVE_TRACK,
    ApplicationState,
    AskedWhen,
    StreamApplicationState,
    TrackState,
)
from core.transitions import locked_rows, sources_of, transition_all

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
def recall_tracks(*, track_applications: Iterable[int], by: Any) -> int:
    """Take unreleased decisions about many (primary keys) back. Returns how many were moved.

    Where nothing is unreleased (the person has withdrawn), nothing changes.
    """
    groups: dict[str, list[TrackApplication]] = defaultdict(list)
    for row in locked_rows(TrackApplication, track_applications):
        verb = RECALL_VERBS.get(TrackState(row.released_state))
        if verb is not None and row.internal_state != row.released_state:
            groups[verb].append(row)
    for verb, rows in groups.items():
        transition_all(rows, verb, by=by)
    return sum(map(len, groups.values()))


@transaction.atomic
def take_back_tracks(*, found: Mapping[int, dict[str, Any]], by: Any) -> dict[int, str]:
    """Lead many applicants back to where a release found them, as staff and they themselves read it.

    ``found`` says where, by application in the track (primary key). What another track's release did stays. Returns
    by the same key why nothing was done: empty, or that the person has gone on or left since.
    """
    wanted = TrackApplication.objects.filter(pk__in=list(found)).values_list("pk", "application_id")
    # As in a release: applications are locked first, in the order of their keys.
    order = sorted(wanted, key=lambda pair: pair[1])
    reasons: dict[int, str] = {}
    for start in range(0, len(order), CHUNK):
        reasons |= _take_back_part(dict(order[start : start + CHUNK]), found, by=by)
    return reasons


def _take_back_part(owners: dict[int, int], found: Mapping[int, dict[str, Any]], *, by: Any) -> dict[int, str]:
    applications = {one.pk: one for one in locked_rows(Application, owners.values())}
    rows = locked_rows(TrackApplication, owners)
    begun = begun_stage2(applications)
    reasons = {
        row.pk: why_not_back(row, applications[row.application_id], found[row.pk], row.application_id in begun)
        for row in rows
    }
    back = {row.application_id: row for row in rows if not reasons[row.pk]}
    moves: dict[str, list[TrackApplication]] = defaultdict(list)
    for row in back.values():
        if row.released_state != found[row.pk]["track"]:
            moves[RECALL_VERBS[TrackState(found[row.pk]["track"])]].append(row)
    for verb, group in moves.items():
        transition_all(group, verb, by=by, openly=True)
    tracks: dict[int, list[TrackApplication]] = defaultdict(list)
    for row in TrackApplication.objects.filter(application__in=back):
        tracks[row.application_id].append(row)
    states = {pk: tracks_by_state(of_one) for pk, of_one in tracks.items()}
    targets = {pk: found[row.pk] for pk, row in back.items()}
    _take_back_applications({pk: applications[pk] for pk in back}, targets, states, by=by)
    _take_back_streams(applications, targets, states, by=by)
    return reasons


def _take_back_applications(
    applications: Mapping[int, Application],
    found: Mapping[int, dict[str, Any]],
    states: Mapping[int, dict[str, set[int]]],
    *,
    by: Any,
) -> None:
    """Lead the applications back, unless another track has led one to where it stands."""
    groups: dict[str, list[Application]] = defaultdict(list)
    for pk, application in applications.items():
        verb = _way_back(application, found[pk]["application"], states[pk])
        if verb and sources_of(application, [verb]):
            groups[verb].append(application)
    for verb, rows in groups.items():
        transition_all(rows, verb, by=by, openly=True)


def _way_back(application: Application, found: str, tracks: dict[str, set[int]]) -> str:
    state = application.internal_state
    if state == ApplicationState.FINAL and tracks.get(TrackState.ADVANCED):
        return ""
    if state == ApplicationState.STAGE2 and tracks.get(TrackState.STREAMS_OPEN):
        return ""
    if found == ApplicationState.FINAL and not tracks.get(TrackState.ADVANCED):
        found = ApplicationState.UNDER_REVIEW  # what had led it further is taken back as well
    if state == ApplicationState.CLOSED:
        found = CLOSED_FROM.earlier(found, application.closed_from)  # closed anew since, before it came there again
    return APPLICATION_BACK[ApplicationState(found)]


def _take_back_streams(
    applications: Mapping[int, Application],
    found: Mapping[int, dict[str, Any]],
    states: Mapping[int, dict[str, set[int]]],
    *,
    by: Any,
) -> None:
    """Lead back the streams that the release passed on or ended, as far as a live track reaches them still."""
    passed_on = {public_id for one in found.values() for public_id in one["streams"]}
    rows = (
        StreamApplication.objects.filter(application__in=found, public_id__in=passed_on)
        .exclude(internal_state=StreamApplicationState.WITHDRAWN)
        .prefetch_related("stream__stream_tracks")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    back = []
    for row in rows:
        tracks = states[row.application_id]
        advanced = tracks.get(TrackState.ADVANCED, set())
        live = set().union(*(ids for state, ids in tracks.items() if state in LIVE_TRACK))
        reached = {link.track_id for link in row.stream.stream_tracks.all()}
        if reached & live and not reached & advanced and sources_of(row, ["back_to_submitted"]):
            back.append(row)
    transition_all(back, "back_to_submitted", by=by, openly=True)
    _take_back_tasks(applications, back, by=by)


def _take_back_tasks(applications: Mapping[int, Application], streams: list[StreamApplication], *, by: Any) -> None:
    """Take back the evaluations that mentors asked for when these streams reached them, as far as nobody else asks."""
    wanted = EvaluationDefinition.objects.filter(
        streams_ask=AskedWhen.ADVANCED, streams__in={row.stream_id for row in streams}
    )
    codes: dict[int, set[str]] = defaultdict(set)
    for code, stream in wanted.values_list("code", "streams"):
        codes[stream].add(code)
    for pk in sorted({row.application_id for row in streams if row.stream_id in codes}):
        asked = [codes[row.stream_id] for row in streams if row.application_id == pk and row.stream_id in codes]
        drop_unasked(applications[pk], set().union(*asked), by=by)

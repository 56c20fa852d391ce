"""Show decisions to their applicants, many at a time: the next stage opens to them, or they are told of the end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from applications.domain.assigning import assign_wanted
from applications.domain.phases import open_stage2
from applications.models import (
    Application,
    EvaluationAssignment,
    EvaluationDefinition,
    StreamApplication,
    TrackApplication,
)
from applications.queries.calendar import dates_of
from applications.states import (
    LIVE_STREAM,
    LIVE_TRACK,
    ApplicationState,
    AskedWhen,
    StreamApplicationState,
    TaskWindow,
    TrackState,
)
from core import clock, outbox
from core.transitions import locked_rows, publish_all, sources_of, transition_all

#: How many applicants are read and written with one query each.
CHUNK = 500


@transaction.atomic
def release_tracks(
    *, track_applications: Iterable[int], by: Any, mail_at: datetime | None = None
) -> dict[int, dict[str, Any] | None]:
    """Show the decisions about these applications in their tracks (primary keys), and let their consequences follow.

    Returns for each where it found everything, for ``take_back_tracks``; ``None`` if the applicant has left meanwhile:
    then nothing is shown and nothing changes. What the consequences mail is held until ``mail_at``.
    """
    wanted = TrackApplication.objects.filter(pk__in=list(track_applications)).values_list("pk", "application_id")
    # Applications are locked first, in the same order as everywhere, lest two releases wait for each other.
    order = sorted(wanted, key=lambda pair: pair[1])
    found: dict[int, dict[str, Any] | None] = {}
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        found |= _release_part([pk for pk, _ in part], [application for _, application in part], by, mail_at)
    return found


def _release_part(
    rows: list[int], owners: list[int], by: Any, mail_at: datetime | None
) -> dict[int, dict[str, Any] | None]:
    applications = locked_rows(Application, owners, "cycle")
    tracks = locked_rows(TrackApplication, rows)
    leaving = {row.pk for row in tracks if row.internal_state == TrackState.WITHDRAWN}
    staying = [row for row in tracks if row.pk not in leaving]
    streams = _streams(owners)
    by_pk = {one.pk: one for one in applications}
    found: dict[int, dict[str, Any] | None] = dict.fromkeys(leaving)
    for row in staying:
        found[row.pk] = {
            "track": str(row.released_state),
            "application": str(by_pk[row.application_id].internal_state),
            "streams": [stream.public_id for stream in streams[row.application_id]],
        }
    publish_all(staying, by=by)
    states: dict[int, list[TrackApplication]] = defaultdict(list)
    for row in TrackApplication.objects.filter(application__in=owners):
        states[row.application_id].append(row)
    touched = {row.application_id for row in staying}
    reached = _settle_streams({pk: rows for pk, rows in streams.items() if pk in touched}, states, by=by)
    _settle_applications(
        {row.application_id: (by_pk[row.application_id], row.released_state) for row in staying}, states, by, mail_at
    )
    _ask_for_stream_tasks(reached, by_pk, by, mail_at)
    return found


def _streams(owners: Sequence[int]) -> dict[int, list[StreamApplication]]:
    rows: dict[int, list[StreamApplication]] = defaultdict(list)
    for row in (
        StreamApplication.objects.filter(application__in=owners, internal_state__in=sorted(LIVE_STREAM))
        .prefetch_related("stream__stream_tracks")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    ):
        rows[row.application_id].append(row)
    return rows


def tracks_by_state(rows: Iterable[TrackApplication]) -> dict[str, set[int]]:
    """Return the tracks (primary keys) of one application by what its applicant reads of them."""
    by_state: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        by_state[row.released_state].add(row.track_id)
    return by_state


def _settle_streams(
    streams: dict[int, list[StreamApplication]], states: dict[int, list[TrackApplication]], *, by: Any
) -> list[StreamApplication]:
    """Pass the stream applications of advanced tracks to the mentors; end those that no live track reaches.

    Returns those that reached the mentors now.
    """
    reaching, ending = [], []
    for application, rows in streams.items():
        by_state = tracks_by_state(states[application])
        advanced = by_state[TrackState.ADVANCED]
        live = set().union(*(tracks for state, tracks in by_state.items() if state in LIVE_TRACK))
        for row in rows:
            tracks = {link.track_id for link in row.stream.stream_tracks.all()}
            if tracks & advanced:
                if row.internal_state == StreamApplicationState.SUBMITTED:
                    reaching.append(row)
            elif not tracks & live:
                ending.append(row)
    transition_all(reaching, "reach_mentors", by=by, openly=True)
    transition_all(ending, "close", by=by, openly=True)
    return reaching


def _ask_for_stream_tasks(
    reached: list[StreamApplication], by_pk: dict[int, Application], by: Any, mail_at: datetime | None
) -> None:
    """Give out the evaluations that streams ask for once a person has reached their mentors, each once a person."""
    wanted = EvaluationDefinition.objects.filter(streams_ask=AskedWhen.ADVANCED)
    asking = set(wanted.filter(streams__in={row.stream_id for row in reached}).values_list("streams", flat=True))
    streams: dict[int, list[int]] = defaultdict(list)
    for row in reached:
        if row.stream_id in asking:
            streams[row.application_id].append(row.stream_id)
    for pk, stream_ids in sorted(streams.items()):
        assigned = assign_wanted(
            by_pk[pk], wanted.filter(streams__in=stream_ids), by=by, window=TaskWindow.STREAM_STAGE
        )
        if assigned:
            _tell_of_tasks(Application.objects.select_related("cycle", "person").get(pk=pk), assigned, mail_at)


def _tell_of_tasks(application: Application, assigned: list[EvaluationAssignment], mail_at: datetime | None) -> None:
    deadline = dates_of(application.cycle).find_deadline(TaskWindow.STREAM_STAGE)
    key = f"{stream_task_mails(application)}{'-'.join(row.public_id for row in assigned)}"
    taken_back = outbox.count_stopped(key_prefix=key)
    outbox.enqueue(
        key=f"{key}:{taken_back}" if taken_back else key,
        to=application.person.email,
        person=application.person,
        template="applications/mail/stream_task.txt",
        assigned=assigned,
        deadline=deadline,
        not_before=mail_at,
    )


def stream_task_mails(application: Application) -> str:
    """Return what the keys of all mails about tasks of the mentors' stage to ``application`` begin with."""
    return f"stream-tasks:{application.public_id}:"


def _settle_applications(
    released: dict[int, tuple[Application, str]],
    states: dict[int, list[TrackApplication]],
    by: Any,
    mail_at: datetime | None,
) -> None:
    closing, advancing = [], []
    for application, state in released.values():
        if not set(tracks_by_state(states[application.pk])) & LIVE_TRACK:
            # Decided by what was released: an unreleased decision in another track must not close it early.
            if sources_of(application, ["close"]):
                closing.append(application)
        elif state == TrackState.ADVANCED and application.internal_state == ApplicationState.UNDER_REVIEW:
            advancing.append(application)
        elif state == TrackState.STREAMS_OPEN and dates_of(application.cycle).has_begun("stage2_opens", clock.now()):
            # Before the opening, the beat opens it in time. In stage 2 already, it adds what this track asks for.
            open_stage2(application=application, by=None, mail_at=mail_at)
    transition_all(closing, "close", by=by, openly=True)
    transition_all(advancing, "advance", by=by, openly=True)

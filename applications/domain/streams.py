"""What an applicant does with one stream: add it, choose areas, submit, reopen, take it back."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from applications.domain.assigning import assign_wanted, drop_unasked
from applications.domain.guards import (
    check_before_official_close,
    check_in_stage2,
    check_stage2_window,
    open_track_ids,
)
from applications.domain.snapshots import AREAS_CODE, take_snapshot
from applications.models import Application, StreamApplication
from applications.queries.sheets import handed_in, parts, stream_place
from applications.states import AnswerScope, AskedWhen, StreamApplicationState
from core import audit, clock, outbox
from core.deadlines import written
from core.refusals import Refused
from core.transitions import locked, transition_openly
from streams.models import Agreement, Stream, StreamArea

#: What a person ticks before they submit to a stream with an agreement.
AGREEMENT = "agreement"


@transaction.atomic
def add_stream(*, application: Application, stream: Stream, by: Any) -> StreamApplication:
    """Begin an application to ``stream``; adding it again returns the row that exists, a withdrawn one as a draft.

    Raises ``Refused`` outside stage 2, for a stream that takes no applications, or one outside the open tracks.
    """
    application = locked(application, "cycle")
    check_in_stage2(application)
    check_stage2_window(application)
    present = application.stream_applications.filter(stream=stream).first()
    if present and present.internal_state != StreamApplicationState.WITHDRAWN:
        return present
    _check_stream(application, stream)
    # What the stream asks for besides its questions; what another stream or track asked for already is there.
    assign_wanted(application, stream.evaluation_definitions.filter(streams_ask=AskedWhen.ADDED), by=by)
    if present:
        return transition_openly(locked(present), "restore", by=by)
    row = StreamApplication.objects.create(application=application, stream=stream)
    audit.record("add", row, by=by, after=row.internal_state)
    return row


def _check_stream(application: Application, stream: Stream) -> None:
    if stream.cycle_id != application.cycle_id:
        raise Refused("This stream belongs to another cycle.")
    if not stream.takes_applications:
        raise Refused(f"{stream.title} takes no applications now.")
    tracks = {row.track_id: row.track.name for row in stream.stream_tracks.select_related("track")}
    if tracks.keys() & open_track_ids(application):
        return
    names = " and ".join(tracks.values())
    chosen = set(application.track_applications.values_list("track_id", flat=True))
    ending = "which is not open to you in this cycle" if tracks.keys() & chosen else "which you did not choose"
    raise Refused(f"In the {names} track, {ending}.")


@transaction.atomic
def choose_areas(*, stream_application: StreamApplication, areas: Sequence[StreamArea], by: Any) -> StreamApplication:
    """Make ``areas`` the areas of a draft. Raises ``Refused`` for an area of another stream."""
    row = _locked_in_window(stream_application)
    _check_is_draft(row)
    if any(area.stream_id != row.stream_id for area in areas):
        raise Refused("Choose among the areas of this stream.")
    if set(row.areas.values_list("pk", flat=True)) != {area.pk for area in areas}:
        row.areas.set(areas)
        audit.record("choose_areas", row, by=by, n=len(areas))
    return row


@transaction.atomic
def submit_stream_application(
    *, stream_application: StreamApplication, by: Any, acknowledged: Collection[str] = ()
) -> StreamApplication:
    """Hand in one stream application; pressing twice is one submission.

    Raises ``Refused`` while an answer or an area is missing, or the agreement was not ticked (``acknowledged``).
    """
    row = _locked_in_window(stream_application)
    if row.internal_state == StreamApplicationState.SUBMITTED:
        return row
    _check_is_draft(row)
    if row.stream.areas.exists() and not row.areas.exists():
        raise Refused("Choose at least one area of this stream.")
    place = stream_place(row)
    sections = parts(row.application, [place])[place]
    problems = [asked.problem for part in sections for asked in part.problems]
    if problems:
        raise Refused(f"This stream application is not complete. {problems[0]}.")
    agreement = agreement_of(row.stream)
    if agreement and AGREEMENT not in acknowledged:
        raise Refused("Tick that you have read the agreement.")
    now = clock.arrival()
    row = transition_openly(
        row, "submit", by=by, submitted_at=now, agreement=agreement, acknowledged_at=now if agreement else None
    )
    take_snapshot(
        application=row.application,
        scope=AnswerScope.STREAM,
        scope_key=row.public_id,
        submitted_at=now,
        content=[*handed_in(sections), *_areas_section(row)],
    )
    outbox.enqueue(
        key=f"stream-receipt:{row.public_id}:{now:%Y%m%d%H%M%S%f}",
        to=row.application.person.email,
        person=row.application.person,
        template="applications/mail/stream_receipt.txt",
        row=row,
        received=written(now, "UTC"),
    )
    return row


def agreement_of(stream: Stream) -> Agreement | None:
    """Return the agreement that people acknowledge when they apply to ``stream``."""
    return stream.agreements.filter(ack_at_apply=True, published_at__lte=clock.now()).order_by("-version").first()


def _areas_section(row: StreamApplication) -> list[dict[str, Any]]:
    chosen = list(row.areas.order_by("order"))
    if not chosen:
        return []
    return [
        {
            "title": "Areas",
            "scope": AnswerScope.STREAM,
            "scope_key": row.public_id,
            "items": [
                {
                    "code": AREAS_CODE,
                    "question": "Areas of this stream",
                    "kind": "multi_choice",
                    "data_class": "none",
                    "value": [area.public_id for area in chosen],
                    "display": ", ".join(area.title for area in chosen),
                }
            ],
        }
    ]


@transaction.atomic
def reopen_stream_application(*, stream_application: StreamApplication, by: Any) -> StreamApplication:
    """Take a submitted stream application back to a draft; the version handed in counts until it is submitted again.

    Raises ``Refused`` after the published deadline of stage 2.
    """
    row = _locked_in_window(stream_application)
    if row.internal_state == StreamApplicationState.DRAFT and row.submitted_at:
        return row
    check_before_official_close(row.application, "stage2_closes")
    return transition_openly(row, "reopen", by=by)


@transaction.atomic
def withdraw_stream_application(*, stream_application: StreamApplication, by: Any) -> StreamApplication:
    """Take one stream back while stage 2 is open; its answers are kept, and adding it again brings it back.

    A task that only this stream asked for is not asked for any more; it comes back with the stream.
    Raises ``Refused`` once stage 2 has closed: from then on the preference list says what one would not accept.
    """
    row = _locked_in_window(stream_application)
    if row.internal_state == StreamApplicationState.WITHDRAWN:
        return row
    row = transition_openly(row, "withdraw", by=by)
    codes = row.stream.evaluation_definitions.values_list("code", flat=True)
    drop_unasked(row.application, codes, by=by)
    return row


def _locked_in_window(stream_application: StreamApplication) -> StreamApplication:
    """Lock the application, then its stream: the order everywhere, so that two acts never wait for each other."""
    application = locked(stream_application.application, "cycle", "person")
    row = locked(stream_application, "stream")
    row.application = application
    check_in_stage2(application)
    check_stage2_window(application)
    return row


def _check_is_draft(row: StreamApplication) -> None:
    if row.internal_state != StreamApplicationState.DRAFT:
        raise Refused("This stream application is not a draft. Reopen it to change something.")

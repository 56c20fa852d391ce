"""What an applicant does with the general application: start, choose tracks, submit, reopen, leave."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from applications.domain.concerns import end_cases
from applications.domain.guards import check_before_official_close, check_general_window, check_is_draft
from applications.domain.phases import close_application, close_stage2, open_stage2
from applications.domain.references import drop_references
from applications.domain.snapshots import take_snapshot
from applications.domain.tracks import TRACKS_CODE, set_tracks
from applications.models import AnswerSnapshot, Application
from applications.queries.calendar import dates_for, dates_of, on
from applications.queries.sheets import Part, general_place, handed_in, parts, track_places
from applications.states import (
    LIVE_TRACK,
    AnswerScope,
    ApplicationState,
    EvaluationState,
    StreamApplicationState,
)
from core import audit, clock, ids, outbox
from core.refusals import Refused
from core.transitions import locked, transition, transition_openly
from streams.models import Cycle, Track

__all__ = [
    "add_track",
    "choose_tracks",
    "close_application",
    "close_stage2",
    "open_stage2",
    "reopen_application",
    "start_application",
    "submit_application",
    "withdraw_application",
]


@transaction.atomic
def start_application(*, cycle: Cycle, person: Any, by: Any) -> Application:
    """Begin ``person``'s application in ``cycle``; asking again returns the one that exists.

    Raises ``Refused`` outside the window of the general application.
    """
    # The person's row stands in for the application that is not there yet: two clicks make one.
    person = locked(person)
    present = Application.objects.filter(person=person, cycle=cycle).first()
    if present:
        return present
    dates, arrived = dates_of(cycle), clock.arrival()
    closes = dates.deadline("general_closes")
    if not dates.has_begun("general_opens", arrived):
        raise Refused(f"Applications for {cycle.name} open on {on(dates, 'general_opens')}.")
    if not closes.takes(arrived):
        raise Refused(f"Applications for {cycle.name} closed at {closes.official()}.")
    application = Application.objects.create(person=person, cycle=cycle, reference=_free_reference(cycle))
    audit.record("start", application, by=by, after=application.internal_state)
    return application


def _free_reference(cycle: Cycle) -> str:
    """Draw references until one is free: among 22,000 short ones, two alike are as likely as not."""
    while Application.objects.filter(reference=(drawn := ids.reference(cycle.code))).exists():
        pass
    return drawn


@transaction.atomic
def choose_tracks(*, application: Application, tracks: Sequence[Track], by: Any) -> Application:
    """Make ``tracks`` the tracks of a draft; the answers to the questions of a dropped track are kept.

    Raises ``Refused`` for no track at all, a track of another cycle, or an application that is no draft.
    """
    application = locked(application, "cycle")
    check_is_draft(application)
    check_general_window(application)
    if not tracks:
        raise Refused("Choose at least one track.")
    if any(track.cycle_id != application.cycle_id for track in tracks):
        raise Refused("Choose among the tracks of this cycle.")
    set_tracks(application, {track.pk for track in tracks}, by=by)
    return application


@transaction.atomic
def add_track(*, application: Application, track: Track, by: Any) -> Application:
    """Add one track to a draft; the others and their answers stay. Adding it again changes nothing."""
    present = Track.objects.filter(track_applications__application=application)
    return choose_tracks(application=application, tracks=[*present.exclude(pk=track.pk), track], by=by)


@transaction.atomic
def submit_application(*, application: Application, by: Any, minutes_taken: int | None = None) -> Application:
    """Hand in the general application with its tracks; pressing twice is one submission.

    Raises ``Refused`` after the window and its grace, or while an answer is missing or too long.
    """
    application = locked(application, "cycle", "person")
    if application.internal_state == ApplicationState.SUBMITTED:
        return application
    check_general_window(application)
    tracks = track_places(application)
    general = general_place(application)
    sections = parts(application, [general, *tracks])
    problems = [asked.problem for rows in sections.values() for part in rows for asked in part.problems]
    if not tracks:
        problems.insert(0, "Choose at least one track")
    if problems:
        raise Refused(f"Your application is not complete. {problems[0]}.")
    now = clock.arrival()
    application = transition_openly(
        application,
        "submit",
        by=by,
        submitted_at=now,
        reopened_at=None,
        minutes_taken=minutes_taken if minutes_taken is not None else application.minutes_taken,
    )
    content = [*handed_in(sections[general]), _tracks_section(application)]
    snapshot = take_snapshot(
        application=application, scope=general.scope, scope_key="", content=content, submitted_at=now
    )
    for place in tracks:
        take_snapshot(
            application=application,
            scope=place.scope,
            scope_key=place.scope_key,
            content=handed_in(sections[place]),
            submitted_at=now,
        )
    _send_receipt(application, snapshot, [part for rows in sections.values() for part in rows])
    return application


def _tracks_section(application: Application) -> dict[str, Any]:
    chosen = application.track_applications.select_related("track").order_by("track__order")
    return {
        "title": "Tracks",
        "scope": AnswerScope.GENERAL,
        "scope_key": "",
        "items": [
            {
                "code": TRACKS_CODE,
                "question": "Tracks you apply to",
                "kind": "multi_choice",
                "data_class": "none",
                "value": [one.track.public_id for one in chosen],
                "display": ", ".join(one.track.name for one in chosen),
            }
        ],
    }


def _send_receipt(application: Application, snapshot: AnswerSnapshot, sections: list[Part]) -> None:
    dates = dates_for(application)
    copy = [section for section in handed_in(sections) if section["items"]]
    outbox.enqueue(
        key=f"receipt:{application.public_id}:{snapshot.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/receipt.txt",
        application=application,
        snapshot=snapshot,
        sections=copy,
        tracks=_tracks_section(application)["items"][0]["display"],
        deadline=dates.deadline("general_closes"),
        screen_at=dates.by_code.get("screen_released"),
    )


@transaction.atomic
def reopen_application(*, application: Application, by: Any) -> Application:
    """Take a submitted application back to a draft until the deadline; the version handed in counts meanwhile.

    Raises ``Refused`` after the published deadline.
    """
    application = locked(application, "cycle", "person")
    if application.internal_state == ApplicationState.DRAFT and application.submitted_at:
        return application
    if application.internal_state == ApplicationState.SUBMITTED:
        check_before_official_close(application, "general_closes")
    application = transition_openly(application, "reopen", by=by, reopened_at=clock.now())
    outbox.enqueue(
        key=f"reopened:{application.public_id}:{application.reopened_at:%Y%m%d%H%M%S%f}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/reopened.txt",
        application=application,
        deadline=dates_for(application).deadline("general_closes"),
    )
    return application


@transaction.atomic
def withdraw_application(*, application: Application, by: Any) -> Application:
    """Leave the cycle: tracks and streams are withdrawn with it, open tasks end. Doing it twice changes nothing.

    Raises ``Refused`` while an offer is open, or once nothing is left to withdraw from.
    """
    application = locked(application, "cycle", "person")
    if application.internal_state == ApplicationState.WITHDRAWN:
        return application
    # The released state: an offer that was not sent must neither stand in the way nor show.
    if application.released_state == ApplicationState.OFFERED:
        raise Refused("You have an offer. Answer it first; declining it is also how you leave.")
    application = transition_openly(application, "withdraw", by=by)
    for row in application.track_applications.filter(released_state__in=LIVE_TRACK).order_by("pk"):
        transition_openly(locked(row), "withdraw", by=by)
    leavable = [StreamApplicationState.DRAFT, StreamApplicationState.SUBMITTED, StreamApplicationState.IN_STREAM_REVIEW]
    for stream in application.stream_applications.filter(internal_state__in=leavable).order_by("pk"):
        transition_openly(locked(stream), "withdraw", by=by)
    end_cases(application=application, by=by)
    for task in application.evaluation_assignments.filter(state=EvaluationState.ASSIGNED).order_by("pk"):
        transition(locked(task), "expire", by=by)
    drop_references(application=application, by=by)
    outbox.enqueue(
        key=f"withdrawn:{application.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/withdrawn.txt",
        application=application,
    )
    return application

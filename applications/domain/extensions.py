"""More time for one person: granted by staff with a reason, and then true on every page and in every check."""

from datetime import datetime
from typing import Any

from django.db import transaction

from applications.models import Application, DeadlineExtension
from applications.queries.calendar import dates_for, dates_of, on
from applications.states import ENDED, ApplicationState, ReferenceState, TrackState, Window
from core import audit, clock, outbox
from core.deadlines import Deadline
from core.refusals import Refused
from core.transitions import locked, transition, transition_openly

A = ApplicationState
#: While an application is here, more time in the window can still be used.
USABLE = {
    Window.GENERAL: frozenset({A.DRAFT, A.SUBMITTED, A.LAPSED}),
    Window.STAGE2: frozenset({A.DRAFT, A.SUBMITTED, A.IN_SCREEN, A.STAGE2}),
    Window.REFERENCES: frozenset(set(A) - ENDED - {A.OFFERED, A.ACCEPTED}),
}
#: The date of the cycle by which the work must be in, so that those who read it still can.
LATEST = {
    Window.GENERAL: "screen_released",
    Window.STAGE2: "review_closes",
    Window.REFERENCES: "advance_released",
}


@transaction.atomic
def grant_extension(
    *, application: Application, window: str, until: datetime, reason: str, by: Any
) -> DeadlineExtension:
    """Move one deadline of one person to ``until``; the published date itself takes an earlier extension back.

    A draft that lapsed at the general close is a draft again, and referees whose time was over are asked once more.
    Raises ``Refused`` without a reason, for a time that is past or too late to be read, or when nothing can use it.
    """
    application = locked(application, "cycle", "person")
    reason = reason.strip()
    if not reason:
        raise Refused("Write down why this person gets more time.")
    if window not in USABLE:
        raise Refused("Choose one of the deadlines.")
    if application.internal_state not in USABLE[Window(window)]:
        state = application.get_internal_state_display().lower()
        raise Refused(f"This application is “{state}”: more time for this deadline would change nothing.")
    _check_instant(application, window, until)
    row = DeadlineExtension.objects.create(
        application=application, window=window, until=until, reason=reason[:300], granted_by=by, granted_at=clock.now()
    )
    audit.record("extend", row, by=by, after=window, application=application.public_id, until=until.isoformat())
    if until > clock.now():
        _reopen(application, window, by=by)
        _tell(application, row)
    return row


def _check_instant(application: Application, window: str, until: datetime) -> None:
    published = dates_of(application.cycle)
    official = published.deadline(window).closes_at
    if until < official:
        raise Refused("Choose a time after the published deadline.")
    if until > official and until <= clock.now():
        raise Refused("Choose a time that is still to come.")
    latest = published.instant(LATEST[Window(window)])
    if latest is not None and until > latest:
        raise Refused(
            f"Choose a time up to {on(published, LATEST[Window(window)])}: later work could not be read any more."
        )


def _reopen(application: Application, window: str, *, by: Any) -> None:
    if window == Window.GENERAL and application.internal_state == A.LAPSED:
        transition_openly(application, "revive", by=by)
        for row in application.track_applications.filter(internal_state=TrackState.LAPSED).order_by("pk"):
            transition_openly(locked(row), "revive", by=by)
    if window == Window.REFERENCES:
        for reference in application.references.filter(state=ReferenceState.EXPIRED).order_by("pk"):
            transition(locked(reference), "relist", by=by, ended_at=None)


def _tell(application: Application, row: DeadlineExtension) -> None:
    dates = dates_for(application)
    closes = dates.deadline(row.window)
    outbox.enqueue(
        key=f"extension:{row.public_id}",
        to=application.person.email,
        person=application.person,
        template="applications/mail/extension.txt",
        application=application,
        what=row.get_window_display(),
        deadline=Deadline(closes.closes_at, closes.zone),
        own_time=closes.in_zone(application.person.timezone or "UTC"),
    )

"""Writes that only the demo knows: its clock, and the post of invented people."""

from datetime import UTC, datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from core import audit, clock
from core.models import DemoClock, OutboxMail
from core.refusals import Refused
from core.states import MailState

#: Where the invented referees, who have no accounts, have their addresses.
REFEREES = "@referees.example"
#: The demo's calendar: far enough for every date of its cycle, and no further than dates make sense.
EARLIEST, LATEST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 6, 30, tzinfo=UTC)


@transaction.atomic
def move_clock(*, to: datetime, by: Any) -> timedelta:
    """Set the demo's "now" to ``to`` and return the new offset; from there the clock runs on.

    Raises ``Refused`` outside the demo, and for instants outside its calendar.
    """
    if not settings.DEMO_MODE:
        raise Refused("The clock of this portal cannot be moved.")
    if not EARLIEST <= to <= LATEST:
        raise Refused(f"The demo's clock goes from {EARLIEST:%-d %B %Y} to {LATEST:%-d %B %Y}.")
    row, _ = DemoClock.objects.select_for_update().get_or_create(id=1, defaults={"offset": timedelta()})
    row.offset = to - clock.wall()
    row.save(update_fields=["offset"])
    audit.record("move_clock", row, by=by, to=to.isoformat())
    # The sweep of the calendar comes every few seconds anyway; the bell spares the visitor the wait.
    transaction.on_commit(_ring_phases, robust=True)
    transaction.on_commit(clock.forget_offset)
    return row.offset


def _ring_phases() -> None:
    current_app.send_task("mats_portal.desk.tasks.move_phases", retry_policy={"max_retries": 0})


@transaction.atomic
def deliver_past_mail() -> int:
    """Mark the due mails of invented people as sent when they were due, and return how many there were.

    The seeded cycle lies in the past and its addresses cannot receive: nothing of it may fill the mailbox folder
    in which a visitor looks for a code.
    """
    theirs = Q(person__is_demo=True) | Q(person=None, to__endswith=REFEREES)
    waiting = OutboxMail.objects.filter(theirs, state=MailState.QUEUED)
    due = waiting.filter(Q(not_before=None) | Q(not_before__lte=clock.now()))
    left = {"state": MailState.SENT, "attempts": 1, "sent_at": Greatest("created_at", "not_before")}
    # A link to a letter is not kept after its mail has left, here as anywhere.
    return due.filter(is_secret=True).update(**left, body="") + due.update(**left)

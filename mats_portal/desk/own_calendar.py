"""A person's own calendar: a link that can be taken back, and what stands in the feed."""

import hashlib
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction

from core import audit
from core.deadlines import Deadline
from core.ics import Entry
from core.transitions import locked
from mats_portal.desk.dashboard import dashboard_of
from mats_portal.desk.models import CalendarLink
from streams.queries import date_entries

SIGNER = signing.Signer(salt="desk.calendar", sep="~")


def link_of(user: Any) -> CalendarLink | None:
    """Return the link that ``user`` has."""
    return CalendarLink.objects.filter(person_id=user.pk).first()


def token_of(link: CalendarLink) -> str:
    """Return what stands in the address: the link's id with our signature, which a copy of the database lacks."""
    return SIGNER.sign(link.public_id)


def link_by(token: str) -> CalendarLink | None:
    """Return the link that a token opens, or ``None`` if it is forged, was taken back, or its account is closed."""
    try:
        name = SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    return CalendarLink.objects.filter(public_id=name, person__is_active=True).select_related("person").first()


@transaction.atomic
def make_link(*, person: Any, by: Any) -> CalendarLink:
    """Make a new link; the one before opens nothing any more."""
    person = locked(person)
    CalendarLink.objects.filter(person=person).delete()
    link = CalendarLink.objects.create(person=person)
    audit.record("make_calendar_link", person, by=by)
    return link


@transaction.atomic
def end_link(*, person: Any, by: Any) -> None:
    """Take the link back. Doing it twice changes nothing."""
    person = locked(person)
    if CalendarLink.objects.filter(person=person).delete()[0]:
        audit.record("end_calendar_link", person, by=by)


def entries_of(user: Any) -> list[Entry]:
    """Return what the dashboard of ``user`` has with a date: the open moves, then the dates of the cycle."""
    desk = dashboard_of(user)
    entries = []
    for move in desk.open_moves:
        if move.due_at is None:
            continue
        # The address of a thing to do is its identity: its words may change with its state.
        name = hashlib.sha256(f"{desk.application.public_id if desk.application else ''}{move.url}".encode())
        entries.append(
            Entry(
                key=f"move-{name.hexdigest()[:24]}",
                title=move.label,
                text=f"Until {Deadline(move.due_at, move.due_zone).official()}.",
                url=f"{settings.PORTAL_BASE_URL}{move.url}",
                at=move.due_at,
            )
        )
    return entries + (date_entries(desk.cycle) if desk.cycle else [])

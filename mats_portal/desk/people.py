"""The table of applications and one application as staff see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from applications.models import Application, StreamApplication, TrackApplication
from applications.queries import applications_visible_to
from applications.states import ApplicationState

PAGE = 50


@dataclass(frozen=True)
class PersonRow:
    """One line of the people table."""

    public_id: str
    pk: int
    reference: str
    name: str
    email: str
    is_demo: bool
    state: str
    released: str
    tracks: str
    streams: int
    submitted_at: datetime | None


def filtered(user: Any, *, q: str = "", state: str = "", track: str = "") -> QuerySet[Application]:
    """Return the applications that ``user`` may see and that fit the filters; unknown values filter nothing."""
    rows = applications_visible_to(user)
    if state in ApplicationState.values:
        rows = rows.filter(internal_state=state)
    if track:
        rows = rows.filter(pk__in=TrackApplication.objects.filter(track__slug=track).values("application_id"))
    if q:
        rows = rows.filter(
            Q(reference__icontains=q) | Q(person__display_name__icontains=q) | Q(person__email__icontains=q)
        )
    return rows


def person_rows(user: Any, *, after: int | None = None, **filters: str) -> list[PersonRow]:
    """Return up to one line more than a page, newest first; the extra line says that there is a next page."""
    rows = filtered(user, **filters).select_related("person").order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    rows = rows.prefetch_related(
        Prefetch("track_applications", TrackApplication.objects.select_related("track").order_by("track__order")),
        Prefetch("stream_applications", StreamApplication.objects.only("application_id")),
    )
    return [
        PersonRow(
            public_id=a.public_id,
            pk=a.pk,
            reference=a.reference,
            name=str(a.person),
            email=a.person.email,
            is_demo=a.person.is_demo,
            state=a.get_internal_state_display(),
            released=a.get_released_state_display(),
            tracks=", ".join(t.track.name for t in a.track_applications.all()),
            streams=len(a.stream_applications.all()),
            submitted_at=a.submitted_at,
        )
        for a in rows[: PAGE + 1]
    ]

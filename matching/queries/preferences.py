"""An applicant's order of streams."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from applications.models import Application, StreamApplication
from applications.states import LIVE_STREAM, ApplicationState, StreamApplicationState
from core.deadlines import Deadline
from matching.models import PreferenceList
from matching.queries import dates
from streams.models import Cycle
from streams.states import OfferMode


@dataclass(frozen=True)
class Order:
    """Public ids of stream applications: ``on`` from most wanted to least, ``below`` what would not be accepted."""

    on: tuple[str, ...]
    below: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """One line of the list as a page shows it."""

    id: str
    name: str
    note: str


@dataclass(frozen=True)
class PreferencePage:
    """What the page of an applicant's order shows."""

    items: list[Wish]
    off: list[Wish]
    version: int
    saved_at: datetime | None
    confirmed_at: datetime | None
    can_undo: bool
    locks: Deadline | None
    is_locked: bool
    true_order_is_safe: bool


def own_application(user: Any) -> Application | None:
    """Return the application of ``user`` in the latest cycle they applied to."""
    if user.is_anonymous:
        return None
    own = Application.objects.filter(person_id=user.pk).select_related("cycle", "person")
    return own.order_by("-cycle__programme_starts_on", "-pk").first()


def wishes(applications: Iterable[Application] | QuerySet[Application]) -> QuerySet[StreamApplication]:
    """Return the streams that count for these applications, each person's in their order, new ones last."""
    return (
        StreamApplication.objects.filter(application__in=applications, internal_state__in=LIVE_STREAM)
        .select_related("stream", "preference_entry")
        .order_by("application", F("preference_entry__position").asc(nulls_last=True), "submitted_at", "pk")
    )


def is_acceptable(wish: StreamApplication) -> bool:
    """Say whether the person would take a place there; a stream that was never sorted out counts as wanted."""
    entry = getattr(wish, "preference_entry", None)
    return entry is None or entry.acceptable


def order_of(application: Application) -> Order:
    """Return the present order of one applicant."""
    rows = list(wishes([application]))
    return Order(
        on=tuple(row.public_id for row in rows if is_acceptable(row)),
        below=tuple(row.public_id for row in rows if not is_acceptable(row)),
    )


def accepted_streams(applications: QuerySet[Application]) -> dict[int, list[StreamApplication]]:
    """Return, for each application, the streams with the mentors that the person would take, most wanted first."""
    found: dict[int, list[StreamApplication]] = defaultdict(list)
    for row in wishes(applications).filter(internal_state=StreamApplicationState.IN_STREAM_REVIEW):
        if is_acceptable(row):
            found[row.application_id].append(row)
    return found


def preference_page(application: Application, moment: datetime) -> PreferencePage:
    """Return what the page shows at ``moment``; nothing is written, so a list that does not exist yet is implied."""
    kept = PreferenceList.objects.filter(application=application).first()
    rows = list(wishes([application]))
    locks = dates.deadline(application.cycle, dates.PREFERENCES_CLOSE)
    is_locked = bool(kept and kept.locked_at) or (locks is not None and not locks.takes(moment))
    return PreferencePage(
        items=[_wish(row) for row in rows if is_acceptable(row)],
        off=[_wish(row) for row in rows if not is_acceptable(row)],
        version=kept.version if kept else 0,
        saved_at=kept.saved_at if kept else None,
        confirmed_at=kept.confirmed_at if kept else None,
        can_undo=bool(kept and kept.previous),
        locks=locks,
        is_locked=is_locked,
        true_order_is_safe=application.cycle.offer_mode == OfferMode.MATCH,
    )


def unlocked_applications(cycle: Cycle) -> QuerySet[Application]:
    """Return the applications with the mentors whose order is not locked yet, or was never written down."""
    return Application.objects.filter(cycle=cycle, internal_state=ApplicationState.FINAL).exclude(
        pk__in=PreferenceList.objects.filter(locked_at__isnull=False).values("application_id")
    )


def _wish(row: StreamApplication) -> Wish:
    note = "" if row.internal_state == StreamApplicationState.SUBMITTED else "with the mentors"
    return Wish(row.public_id, row.stream.title, note)

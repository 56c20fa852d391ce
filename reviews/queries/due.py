"""Whose reading is due soon or late."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from applications.states import NOT_READ
from core import clock
from reviews.models import ReviewAssignment
from reviews.states import OPEN_ASSIGNMENT
from streams.models import Cycle
from streams.queries.calendar import key_instant

#: A mail at each: so long before the reading is due, and once it is late.
LEADS = {"72 hours left": timedelta(hours=72), "late": timedelta()}
#: Nobody is reminded of what was due longer ago.
FORGOTTEN = timedelta(days=7)


def open_readings(cycle: Cycle) -> QuerySet:
    """Return what is given out in ``cycle`` and not handed in, with ``due``: its own date, else the close."""
    about = Q(track_application__application__cycle=cycle) | Q(evaluation__application__cycle=cycle)
    own, closes = F("due_at"), key_instant(cycle, "review_closes")
    rows = ReviewAssignment.objects.filter(about, state__in=sorted(OPEN_ASSIGNMENT))
    return rows.exclude(evaluation__state__in=sorted(NOT_READ)).annotate(
        due=Coalesce(own, Value(closes)) if closes else own
    )


def readers_to_remind(cycle: Cycle) -> Iterable[tuple[User, datetime, str]]:
    """Return each reader and due date of which they are to be reminded now, with how it stands: one mail a date."""
    now = clock.now()
    rows = open_readings(cycle).filter(due__gt=now - FORGOTTEN, due__lte=now + LEADS["72 hours left"])
    pairs = sorted(set(rows.values_list("reviewer_id", "due")))
    people = User.objects.filter(is_active=True, wants_reminders=True).in_bulk({reader for reader, _ in pairs})
    for reader, due in pairs:
        if reader in people:
            yield people[reader], due, "late" if due <= now else "72 hours left"

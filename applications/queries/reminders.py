"""Whom to remind of a close, and of what: only people with something unfinished, only what is missing."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse

from applications.models import Application, EvaluationAssignment, StreamApplication
from applications.queries.calendar import dates_of
from applications.queries.due import own_close
from applications.queries.moves import moves_of
from applications.queries.sections import sections_of
from applications.states import LIVE_STREAM, ApplicationState, EvaluationState, StreamApplicationState, Window
from core import clock
from core.models import OutboxMail
from streams.models import Cycle

TEMPLATE = "applications/mail/close_reminder.txt"
#: How long before the close, the last one first; the words stand in the subject.
LEADS = {"3 hours": timedelta(hours=3), "1 day": timedelta(days=1), "7 days": timedelta(days=7)}
STATE_OF = {Window.GENERAL: ApplicationState.DRAFT, Window.STAGE2: ApplicationState.STAGE2}


@dataclass(frozen=True)
class Missing:
    """One thing that is left to do before the close."""

    label: str
    state: str
    minutes: int | None
    url: str


def closes_to_remind_of(cycle: Cycle) -> list[tuple[Application, Window, str]]:
    """Return who is to be reminded now, of which window, and how long before its close.

    A beat that was away sends the latest reminder only, and nobody gets one that was due before they began. Whoever
    was reminded since it fell due is left out in the query, so that asking often costs little.
    """
    dates, now = dates_of(cycle), clock.now()
    found = []
    for window, state in STATE_OF.items():
        if window not in dates.by_code:
            continue
        official = dates.by_code[window].starts_at
        rows = Application.objects.filter(
            cycle=cycle, internal_state=state, released_state=state, person__wants_reminders=True
        ).annotate(own_close=own_close(official, window))
        if window == Window.STAGE2:
            rows = rows.filter(_unfinished_in_stage2())
        nearer = timedelta()
        for words, lead in LEADS.items():
            due = rows.filter(own_close__gt=now + nearer, own_close__lte=now + lead)
            nearer = lead
            found += [(row, window, words) for row in _not_reminded(due, lead)]
    return found


def _not_reminded(rows: QuerySet[Application], lead: timedelta) -> QuerySet[Application]:
    reminded = OutboxMail.objects.filter(
        person=OuterRef("person"), template=TEMPLATE, created_at__gte=OuterRef("own_close") - lead
    )
    return rows.filter(~Exists(reminded), created_at__lte=F("own_close") - lead).order_by("pk")


def _unfinished_in_stage2() -> Q:
    streams = StreamApplication.objects.filter(application=OuterRef("pk"))
    tasks = EvaluationAssignment.objects.filter(application=OuterRef("pk"), state=EvaluationState.ASSIGNED)
    return (
        Q(Exists(streams.filter(internal_state=StreamApplicationState.DRAFT)))
        | Q(Exists(tasks))
        | ~Q(Exists(streams.filter(internal_state__in=sorted(LIVE_STREAM))))
    )


def missing_of(application: Application, window: str) -> list[Missing]:
    """Return what one person has left to do before the close of ``window``."""
    base = settings.PORTAL_BASE_URL
    if window == Window.GENERAL:
        left = [
            Missing(section.title, f"{len(section.problems)} left", section.minutes_left or None, base + section.url)
            for section in sections_of(application)
            if not section.is_complete
        ]
        return left or [
            Missing("Check your answers and submit", "not sent yet", 5, base + reverse("applications:check"))
        ]
    return [
        Missing(move.label, move.state, move.minutes, base + move.url)
        for move in moves_of(application)
        if move.is_open and move.url != reverse("applications:referees")
    ]

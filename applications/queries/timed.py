"""How long a timed task lasts for one person, and until when they may start it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from applications.models import Accommodation, EvaluationAssignment
from applications.queries.sheets import Part
from applications.queries.task_windows import WritingTime
from applications.states import AiPolicy, EvaluationState
from core import clock

#: After the end of a timed task, how long a save that was under way is still taken. Its start page says so.
LAST_SAVE_GRACE = timedelta(seconds=30)


def factor_of(person_id: int) -> Decimal:
    """Return by how much the time of a person is multiplied; 1 where nothing was granted."""
    granted = Accommodation.objects.filter(person_id=person_id, ended_at=None).values_list("factor", flat=True).first()
    return granted or Decimal(1)


def time_for(row: EvaluationAssignment) -> timedelta:
    """Return how long a timed task lasts for the person it was given to."""
    return timedelta(minutes=float(row.definition.time_limit_minutes * factor_of(row.application.person_id)))


def last_start(row: EvaluationAssignment, window: WritingTime) -> datetime:
    """Return the last moment at which the whole time still fits before the window closes."""
    return window.closes.closes_at - time_for(row)


def seconds_left(row: EvaluationAssignment) -> int:
    """Return how long a running clock still runs."""
    return max(0, int((row.ends_at - clock.now()).total_seconds())) if row.ends_at else 0


@dataclass(frozen=True)
class StartPage:
    """What a person knows before the clock starts."""

    minutes: int
    is_longer: bool
    parts: list[tuple[str, str]]
    last_start: datetime
    zone: str
    is_too_late: bool
    running: str
    grace_seconds: int


def start_page(row: EvaluationAssignment, window: WritingTime, parts: Sequence[Part]) -> StartPage:
    """Return what the page before the start of a timed task says."""
    time, last = time_for(row), last_start(row, window)
    others = row.application.evaluation_assignments.filter(state=EvaluationState.STARTED)
    return StartPage(
        minutes=int(time.total_seconds() // 60),
        is_longer=time > timedelta(minutes=row.definition.time_limit_minutes),
        parts=[(part.title, str(AiPolicy(row.definition.policy_of(part.code)).label)) for part in parts],
        last_start=last,
        zone=window.zone,
        is_too_late=clock.arrival() > last,
        running=others.values_list("definition__title", flat=True).first() or "",
        grace_seconds=int(LAST_SAVE_GRACE.total_seconds()),
    )

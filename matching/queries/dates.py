"""The dates at which lists lock and offers end."""

from datetime import datetime

from core.deadlines import Deadline
from streams.models import Cycle
from streams.queries import dates_of

RANKINGS_CLOSE = "rankings_close"
PREFERENCES_CLOSE = "preferences_close"
OFFERS_REPLY_BY = "offers_reply_by"


def deadline(cycle: Cycle, code: str) -> Deadline | None:
    """Return a key date of ``cycle`` as a deadline with the cycle's grace, or ``None`` if it has no such date."""
    return dates_of(cycle).find_deadline(code)


def is_over(cycle: Cycle, code: str, moment: datetime) -> bool:
    """Say whether a key date of ``cycle`` has passed, its grace included; a date that is not set never passes."""
    return dates_of(cycle).is_over(code, moment)

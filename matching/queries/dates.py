"""The dates at which lists lock and offers end, read from the cycle's key dates."""

from datetime import datetime, timedelta

from core.deadlines import Deadline
from streams.models import Cycle, KeyDate

RANKINGS_CLOSE = "rankings_close"
PREFERENCES_CLOSE = "preferences_close"
OFFERS_REPLY_BY = "offers_reply_by"


def deadline(cycle: Cycle, code: str) -> Deadline | None:
    """Return a key date of ``cycle`` as a deadline with the cycle's grace, or ``None`` if it has no such date."""
    key = KeyDate.objects.filter(cycle=cycle, code=code).first()
    if key is None:
        return None
    return Deadline(key.ends_at or key.starts_at, key.zone, timedelta(minutes=cycle.grace_minutes))


def is_over(cycle: Cycle, code: str, moment: datetime) -> bool:
    """Say whether a key date of ``cycle`` has passed, its grace included; a date that is not set never passes."""
    date = deadline(cycle, code)
    return date is not None and not date.takes(moment)

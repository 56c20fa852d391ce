"""The published commitment of a cycle's lottery. Nothing here reads the sealed seed."""

from dataclasses import dataclass
from datetime import datetime

from core.deadlines import Deadline
from matching.engine import Lottery
from matching.models import LotteryCommitment
from matching.queries import dates
from streams.models import Cycle


@dataclass(frozen=True)
class PublishedCommitment:
    """What anybody may know: the checksum of the seed, and since when."""

    value: str
    published_at: datetime

    def opens_with(self, seed: str) -> bool:
        """Say whether ``seed`` is the one that was committed to."""
        return Lottery.of(seed).commitment == self.value


def published_commitment(cycle: Cycle) -> PublishedCommitment | None:
    """Return the commitment of ``cycle``, or ``None`` if none was published."""
    row = LotteryCommitment.objects.filter(cycle=cycle).values_list("commitment", "published_at").first()
    return PublishedCommitment(*row) if row else None


def commitment_deadline(cycle: Cycle) -> Deadline | None:
    """Return until when a commitment can be published: the first date at which lists close, without any grace."""
    found = [dates.deadline(cycle, code) for code in (dates.RANKINGS_CLOSE, dates.PREFERENCES_CLOSE)]
    return min((date for date in found if date is not None), key=lambda date: date.closes_at, default=None)


def can_commit(cycle: Cycle, moment: datetime) -> bool:
    """Say whether a commitment could be published now. For the page; the domain decides again."""
    closes = commitment_deadline(cycle)
    return (
        closes is not None
        and not closes.is_past(moment)
        and not LotteryCommitment.objects.filter(cycle=cycle).exists()
        and not cycle.match_runs.exists()
    )

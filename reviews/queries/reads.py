"""What the readings of an application in a track come to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from reviews.engine import mean_of
from reviews.models import ReviewAssignment
from reviews.states import AssignmentState

#: Weighted means that differ by this much need a person's note.
DISAGREEMENT = Decimal("1.0")


@dataclass(frozen=True)
class Reads:
    """The readings of one application in a track."""

    means: tuple[Decimal, ...]
    wanted: int
    has_further: bool = False

    @property
    def mean(self) -> Decimal | None:
        """The raw mean of the readings: each counts the same."""
        return mean_of(self.means)

    @property
    def are_complete(self) -> bool:
        """Whether as many have read it as the cycle asks for, and one more where that was asked for."""
        return len(self.means) >= self.wanted

    @property
    def median(self) -> Decimal | None:
        """The reading in the middle, or the mean of the two in the middle."""
        return Decimal(median(self.means)) if self.means else None

    @property
    def spread(self) -> Decimal | None:
        """How far the highest and the lowest reading are apart."""
        return max(self.means) - min(self.means) if self.means else None

    @property
    def disagree(self) -> bool:
        """Whether the readings are so far apart that a person must look; a further one has settled it."""
        is_settled = self.has_further and self.are_complete
        return self.spread is not None and self.spread >= DISAGREEMENT and not is_settled


def reads_of(track_applications: Iterable[int], wanted: int) -> dict[int, Reads]:
    """Return the readings handed in, by application in the track (primary keys), in one query."""
    ids = list(track_applications)
    means: dict[int, list[Decimal]] = defaultdict(list)
    further = set()
    for pk, mean, asked in (
        ReviewAssignment.objects.filter(track_application__in=ids, state=AssignmentState.SUBMITTED)
        .order_by("pk")
        .values_list("track_application_id", "review__mean", "track_application__further_read")
    ):
        means[pk].append(mean)
        if asked is not None:
            further.add(pk)
    return {pk: Reads(tuple(means[pk]), wanted + (pk in further), pk in further) for pk in ids}

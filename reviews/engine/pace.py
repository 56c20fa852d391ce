"""How long a reader takes for a text, from nothing but the instants at which they handed texts in.

The time of a text is the gap since the one before. A gap longer than ``LONGEST`` is a break, a night or a lunch, and
says nothing of the text: it is left out and counted. The first text of a sitting has no gap and is not known either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

LONGEST = timedelta(minutes=45)
#: Below this many gaps a median says more about chance than about the reader.
FEWEST = 3


@dataclass(frozen=True)
class Pace:
    """The median minutes of a text, over ``n`` texts; ``left_out`` gaps were too long to be reading."""

    minutes: int
    n: int
    left_out: int


def pace(handed_in: Iterable[datetime]) -> Pace | None:
    """Return the pace over these instants, ``None`` where they are too few."""
    instants = sorted(handed_in)
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    known = [gap for gap in gaps if gap <= LONGEST]
    if len(known) < FEWEST:
        return None
    return Pace(max(1, round(median(gap.total_seconds() for gap in known) / 60)), len(known), len(gaps) - len(known))

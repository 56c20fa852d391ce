"""What one more reading would change: the chance that it moves a raw mean to the other side of a line.

The reading to come is predicted from the mixed model of the scores (Searle, Casella & McCulloch 1992, ch. 7: best
linear unbiased prediction of a future observation): normal around the adjusted score, with three variances added up,
those of the error of that score, of how severe the next reader is, who is not known yet, and of a single reading.
"""

from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class NextReading:
    """What is known of a reading to come, whatever text it is of: its variances, and the ends of the scale."""

    reader_variance: float
    error_variance: float
    lowest: float
    highest: float


def crossing(
    *, raw: float, n_reads: int, line: float, adjusted: float, standard_error: float, coming: NextReading
) -> float:
    """Return the chance that one reading more moves the raw mean of ``n_reads`` to the other side of ``line``.

    A mean on the line goes on, as in the rule of batches. Where no score of the scale would be enough, it is 0.
    """
    goes_on = raw >= line
    needed = (n_reads + 1) * line - n_reads * raw  # the score of the next reading that puts the new mean on the line
    if needed <= coming.lowest if goes_on else needed > coming.highest:
        return 0.0
    variance = standard_error**2 + coming.reader_variance + coming.error_variance
    if variance <= 0:
        return float((adjusted >= needed) != goes_on)
    below = NormalDist(adjusted, variance**0.5).cdf(needed)
    return below if goes_on else 1 - below

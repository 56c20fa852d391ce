"""When one task may be written: the window it was given in, and what staff moved for this task alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from applications.models import EvaluationAssignment
from applications.queries.calendar import CycleDates, dates_for, with_later
from applications.states import WINDOW_OPENS, ApplicationState, TaskWindow
from core.deadlines import Deadline

A = ApplicationState
#: Where applicants read themselves to be while tasks of a window are written.
WRITTEN_IN: Mapping[str, frozenset[A]] = {
    TaskWindow.STAGE2: frozenset({A.STAGE2}),
    TaskWindow.STREAM_STAGE: frozenset({A.FINAL}),
}
#: Where they may stand besides while more time for one task of stage 2 still runs.
WRITTEN_LATE = frozenset({A.STAGE2, A.UNDER_REVIEW})


@dataclass(frozen=True)
class WritingTime:
    """From when until when one task is written, by whom; ``is_own``: staff moved its end for this task alone."""

    dates: CycleDates
    opens_code: str
    closes_code: str
    states: frozenset[A]
    is_own: bool

    @property
    def closes(self) -> Deadline:
        """Its end. Raises ``Refused`` while the cycle has no such date."""
        return self.dates.deadline(self.closes_code)

    @property
    def closes_at(self) -> datetime | None:
        """Its end as an instant, for pages."""
        return self.dates.instant(self.closes_code)

    @property
    def zone(self) -> str:
        """The zone in which its end was entered."""
        return self.dates.zone(self.closes_code)

    def is_open(self, released_state: str, moment: datetime) -> bool:
        """Say whether the task may be written by somebody who reads this state, the grace included."""
        return (
            released_state in self.states
            and self.dates.has_begun(self.opens_code, moment)
            and self.closes_code in self.dates.by_code
            and self.closes.takes(moment)
        )


def can_get_more_time(row: EvaluationAssignment) -> bool:
    """Say whether more time for one task could be used by its person, who reads where their application is."""
    states = WRITTEN_LATE if row.window == TaskWindow.STAGE2 else WRITTEN_IN[TaskWindow(row.window)]
    return row.application.released_state in states and not row.definition.is_external


def writing_time(row: EvaluationAssignment, dates: CycleDates | None = None) -> WritingTime:
    """Return when one task is written; ``dates`` are those of its person, where the caller has them."""
    dates = dates or dates_for(row.application)
    window = TaskWindow(row.window)
    own = with_later(dates, window, row.extended_until) if row.extended_until else dates
    is_own = own is not dates
    states = WRITTEN_LATE if is_own and window == TaskWindow.STAGE2 else WRITTEN_IN[window]
    return WritingTime(own, WINDOW_OPENS[window], str(window), states, is_own)

"""What is asked of the database about applications."""

from applications.queries.calendar import CycleDates, dates_of, general_deadline, stage2_deadline
from applications.queries.due import due_for_close, due_for_review, due_for_stage2
from applications.queries.snapshots import latest_snapshot
from applications.queries.visibility import (
    applications_visible_to,
    current_application,
    evaluations_visible_to,
    own_applications,
    own_evaluations,
    own_stream_applications,
    stream_applications_visible_to,
    track_applications_visible_to,
)

__all__ = [
    "CycleDates", "applications_visible_to", "current_application", "dates_of", "due_for_close", "due_for_review",
    "due_for_stage2", "evaluations_visible_to", "general_deadline", "latest_snapshot", "own_applications",
    "own_evaluations", "own_stream_applications", "stage2_deadline", "stream_applications_visible_to",
    "track_applications_visible_to",
]

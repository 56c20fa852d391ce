"""What is asked of the database about applications."""

from applications.queries.calendar import CycleDates, dates_for, dates_of
from applications.queries.due import (
    due_for_close,
    due_for_review,
    due_for_stage2,
    has_work_for_reviewers,
    tasks_to_close,
    timed_out,
)
from applications.queries.integrity import cases_to_end, cases_to_remind
from applications.queries.moves import moves_of
from applications.queries.references import references_to_expire, references_to_remind, references_to_request
from applications.queries.reminders import closes_to_remind_of
from applications.queries.snapshots import latest_snapshot
from applications.queries.visibility import (
    applications_visible_to,
    current_application,
    documents_visible_to,
    evaluations_visible_to,
    own_applications,
    own_documents,
    own_evaluations,
    own_stream_applications,
    stream_applications_visible_to,
    track_applications_visible_to,
)
from applications.queries.wording import Wording, released_wording, stream_wording, task_wording, track_wording

__all__ = [
    "CycleDates",
    "Wording",
    "applications_visible_to",
    "cases_to_end",
    "cases_to_remind",
    "closes_to_remind_of",
    "current_application",
    "dates_for",
    "dates_of",
    "documents_visible_to",
    "due_for_close",
    "due_for_review",
    "due_for_stage2",
    "evaluations_visible_to",
    "has_work_for_reviewers",
    "latest_snapshot",
    "moves_of",
    "own_applications",
    "own_documents",
    "own_evaluations",
    "own_stream_applications",
    "references_to_expire",
    "references_to_remind",
    "references_to_request",
    "released_wording",
    "stream_applications_visible_to",
    "stream_wording",
    "task_wording",
    "tasks_to_close",
    "timed_out",
    "track_applications_visible_to",
    "track_wording",
]

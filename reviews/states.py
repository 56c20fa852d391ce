"""States of reading, scoring and deciding."""

from django.db.models import TextChoices

from core.transitions import MoveTable


class RubricKind(TextChoices):
    CENTRAL = "central", "Central review"
    EVALUATION = "evaluation", "Evaluation"


class GroupRule(TextChoices):
    SUM = "sum", "Each counts"
    MAX = "max", "The best of the group counts"


class AssignmentState(TextChoices):
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    CONFLICTED = "conflicted", "Conflict of interest"
    ENDED = "ended", "No longer needed"


R = AssignmentState
OPEN_ASSIGNMENT = frozenset({R.ASSIGNED, R.IN_PROGRESS})
ASSIGNMENT_MOVES = MoveTable(
    AssignmentState,
    begin=({R.ASSIGNED, R.IN_PROGRESS}, R.IN_PROGRESS),
    submit=(OPEN_ASSIGNMENT, R.SUBMITTED),
    amend=(R.SUBMITTED, R.SUBMITTED),
    declare_conflict=({R.ASSIGNED, R.IN_PROGRESS, R.SUBMITTED}, R.CONFLICTED),
    end=(OPEN_ASSIGNMENT, R.ENDED),
)


class Confidence(TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class ConflictKind(TextChoices):
    PERSONAL = "personal", "A personal relationship"
    INSTITUTION = "institution", "The same institution or employer"
    COLLABORATION = "collaboration", "We have worked or published together"
    SUPERVISION = "supervision", "I have supervised or recommended them"
    OTHER = "other", "Another reason"


class GateKind(TextChoices):
    SCREEN = "screen", "Screen"
    REVIEW = "review", "Central review"


class Outcome(TextChoices):
    ADVANCE = "advance", "Advance"
    HOLD = "hold", "Hold"
    NOT_ADVANCE = "not_advance", "Not advanced"
    TAKE_BACK = "take_back", "Taken back"


#: What a batch may propose; taking back is the business of a counter-batch.
PROPOSABLE = (Outcome.ADVANCE, Outcome.HOLD, Outcome.NOT_ADVANCE)


class BatchState(TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    RELEASED = "released", "Released"
    DISCARDED = "discarded", "Discarded"


B = BatchState
BATCH_MOVES = MoveTable(
    BatchState,
    approve=(B.DRAFT, B.APPROVED),
    recall=(B.APPROVED, B.DRAFT),  # an edit after the approval voids it
    release=(B.APPROVED, B.RELEASED),
    discard=({B.DRAFT}, B.DISCARDED),
)

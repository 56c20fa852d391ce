"""States of reading, scoring and deciding."""

from django.db.models import TextChoices

from core.transitions import MoveTable


class RubricKind(TextChoices):
    CENTRAL = "central", "Central review"
    EVALUATION = "evaluation", "Evaluation"


class RubricState(TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "In force"
    RETIRED = "retired", "Retired"


#: A version that anything was ever read by has left the draft for good.
RUBRIC_MOVES = MoveTable(
    RubricState,
    publish=(RubricState.DRAFT, RubricState.PUBLISHED),
    retire=(RubricState.PUBLISHED, RubricState.RETIRED),
)


class GroupRule(TextChoices):
    """How criteria of one group count. ``MAX`` has each of them scored; of ``ANY_OF`` one is enough."""

    SUM = "sum", "Each counts"
    MAX = "max", "All are scored, the best counts"
    ANY_OF = "any_of", "One is enough, the best counts"


#: Of such a group only the best criterion counts, once.
BEST_COUNTS = frozenset({GroupRule.MAX, GroupRule.ANY_OF})


class AssignmentState(TextChoices):
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    CONFLICTED = "conflicted", "Conflict of interest"
    DECLINED = "declined", "Declined"
    REASSIGNED = "reassigned", "Given to somebody else"
    ENDED = "ended", "No longer needed"


R = AssignmentState
OPEN_ASSIGNMENT = frozenset({R.ASSIGNED, R.IN_PROGRESS})
ASSIGNMENT_MOVES = MoveTable(
    AssignmentState,
    begin=({R.ASSIGNED, R.IN_PROGRESS}, R.IN_PROGRESS),
    submit=(OPEN_ASSIGNMENT, R.SUBMITTED),
    amend=(R.SUBMITTED, R.SUBMITTED),
    declare_conflict=({R.ASSIGNED, R.IN_PROGRESS, R.SUBMITTED}, R.CONFLICTED),
    decline=(OPEN_ASSIGNMENT, R.DECLINED),
    move=(R.ASSIGNED, R.REASSIGNED),  # by a proposal: nothing moves for people who have started
    reassign=({R.ASSIGNED, R.IN_PROGRESS, R.DECLINED}, R.REASSIGNED),  # by hand, of what is late or was declined
    end=(OPEN_ASSIGNMENT, R.ENDED),
    set_aside=({R.ASSIGNED, R.IN_PROGRESS, R.SUBMITTED}, R.ENDED),  # its text is graded anew by others
)


class DeclineReason(TextChoices):
    """Why a reviewer hands a text back; a conflict of interest is declared instead."""

    TIME = "time", "I cannot finish it in time"
    EXPERTISE = "expertise", "I cannot judge this work"
    OTHER = "other", "Another reason"


class ProposalSource(TextChoices):
    SOLVED = "solved", "Worked out"
    FILE = "file", "From a file"


class ProposalState(TextChoices):
    DRAFT = "draft", "Not applied"
    APPLIED = "applied", "Applied"
    DISCARDED = "discarded", "Discarded"


P = ProposalState
PROPOSAL_MOVES = MoveTable(
    ProposalState,
    apply=(P.DRAFT, P.APPLIED),
    discard=(P.DRAFT, P.DISCARDED),
)


class ChangeReason(TextChoices):
    """Why a change of the assignments is proposed."""

    LACKING = "lacking", "a reader is lacking"
    LINK = "link", "reads another track as well: links their scores"
    POOL = "pool", "the present reader has left the pool"
    LOAD = "load", "evens out the loads"
    FILE = "file", "from the file"
    HAND = "hand", "chosen by hand"


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


class FlagState(TextChoices):
    FLAGGED = "flagged", "To be looked at"
    REMOVED = "removed", "Passage removed"
    LEFT = "left", "Left as it is"


FLAG_MOVES = MoveTable(
    FlagState,
    remove=(FlagState.FLAGGED, FlagState.REMOVED),
    leave=(FlagState.FLAGGED, FlagState.LEFT),
)


class PacketState(TextChoices):
    OPEN = "open", "To be checked"
    CHECKED = "checked", "Checked"
    TOLD = "told", "Handed over"


K = PacketState
PACKET_MOVES = MoveTable(
    PacketState,
    check=(K.OPEN, K.CHECKED),
    reopen=(K.CHECKED, K.OPEN),  # a sentence was changed since
    hand_over=(K.CHECKED, K.TOLD),
    take_back=(K.TOLD, K.CHECKED),  # the release was
)


class ConflictSource(TextChoices):
    """Where a conflict is known from."""

    DECLARED = "declared", "Declared by one of the two"
    STAFF = "staff", "Recorded by staff"
    ADDRESS = "address", "E-mail addresses of one organisation"
    INSTITUTION = "institution", "The same institution"
    CO_AUTHOR = "co_author", "A list of co-authors"
    MENTOR = "mentor", "Mentor in an earlier cycle"


#: What each source says, in the reviewers' own words.
KIND_OF_SOURCE = {
    ConflictSource.ADDRESS: ConflictKind.INSTITUTION,
    ConflictSource.INSTITUTION: ConflictKind.INSTITUTION,
    ConflictSource.CO_AUTHOR: ConflictKind.COLLABORATION,
    ConflictSource.MENTOR: ConflictKind.SUPERVISION,
}


class HintState(TextChoices):
    OPEN = "open", "To be looked at"
    CONFIRMED = "confirmed", "A conflict"
    DISMISSED = "dismissed", "No conflict"


H = HintState
HINT_MOVES = MoveTable(
    HintState,
    confirm=({H.OPEN, H.DISMISSED}, H.CONFIRMED),
    dismiss=(H.OPEN, H.DISMISSED),
)


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


#: What ends the reading: then the readers' notes are handed over.
READING_ENDS_WITH = frozenset({Outcome.ADVANCE, Outcome.NOT_ADVANCE})


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

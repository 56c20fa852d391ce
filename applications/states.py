"""States of what people hand in, and the moves between them."""

from django.db.models import TextChoices

from core.memory import Memory
from core.transitions import MoveTable


class ApplicationState(TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    LAPSED = "lapsed", "Lapsed"
    IN_SCREEN = "in_screen", "In screen"
    STAGE2 = "stage2", "Stage 2"
    UNDER_REVIEW = "under_review", "Under review"
    FINAL = "final", "With the mentors"
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    CLOSED = "closed", "Not selected"
    WITHDRAWN = "withdrawn", "Withdrawn"


A = ApplicationState
#: Nothing more happens in these.
ENDED = frozenset({A.LAPSED, A.CLOSED, A.WITHDRAWN})
#: A person may leave in any of these; an offer they know of is answered first, an accepted one goes through staff.
LEAVABLE = frozenset({A.DRAFT, A.SUBMITTED, A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW, A.FINAL, A.OFFERED})
#: The phases in which an application can be closed.
CLOSABLE = (A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW, A.FINAL)
#: Whoever was closed in a phase is led back to that one or an earlier one: nothing on the way to an offer is skipped.
CLOSED_FROM = Memory(A.CLOSED, "closed_from", tuple(frozenset({state}) for state in (*CLOSABLE, A.OFFERED, A.ACCEPTED)))
APPLICATION_MOVES = MoveTable(
    ApplicationState,
    field="internal_state",
    memory=CLOSED_FROM,
    submit=(A.DRAFT, A.SUBMITTED),
    reopen=(A.SUBMITTED, A.DRAFT),
    fall_back=(A.DRAFT, A.SUBMITTED),  # reopened and not submitted again by the close: the earlier version counts
    lapse=(A.DRAFT, A.LAPSED),
    revive=(A.LAPSED, A.DRAFT),  # staff gave this person more time after the close
    close_window=(A.SUBMITTED, A.IN_SCREEN),
    enter_stage2=(A.IN_SCREEN, A.STAGE2),
    begin_review=(A.STAGE2, A.UNDER_REVIEW),
    advance=(A.UNDER_REVIEW, A.FINAL),
    offer=(A.FINAL, A.OFFERED),
    accept_offer=(A.OFFERED, A.ACCEPTED),
    lose_offer=(A.OFFERED, A.FINAL),  # declined or expired: a waitlist may still reach them
    close=(set(CLOSABLE), A.CLOSED),
    # What a release did, taken back: to where it found the application.
    back_to_screen=({A.STAGE2, A.CLOSED}, A.IN_SCREEN),
    back_to_stage2=(A.CLOSED, A.STAGE2),
    back_to_review=({A.FINAL, A.CLOSED}, A.UNDER_REVIEW),
    back_to_final=(A.CLOSED, A.FINAL),
    withdraw=(LEAVABLE, A.WITHDRAWN),
)
#: Moves that lead back to where the application has been: never past a phase, only behind one (``CLOSED_FROM``).
APPLICATION_BACK = {
    A.IN_SCREEN: "back_to_screen",
    A.STAGE2: "back_to_stage2",
    A.UNDER_REVIEW: "back_to_review",
    A.FINAL: "back_to_final",
}


class TrackState(TextChoices):
    SELECTED = "selected", "Selected"
    IN_SCREEN = "in_screen", "In screen"
    STREAMS_OPEN = "streams_open", "Streams open"
    IN_REVIEW = "in_review", "In review"
    HELD = "held", "Held"
    ADVANCED = "advanced", "Advanced"
    NOT_ADVANCED = "not_advanced", "Not advanced"
    LAPSED = "lapsed", "Lapsed"
    WITHDRAWN = "withdrawn", "Withdrawn"


T = TrackState
LIVE_TRACK = frozenset({T.SELECTED, T.IN_SCREEN, T.STREAMS_OPEN, T.IN_REVIEW, T.HELD, T.ADVANCED})
#: Where a “no” is said.
DECIDABLE = (T.IN_SCREEN, T.IN_REVIEW, T.HELD)
#: A “no” of the screen is taken back to the screen; one of the review to the review, or before it. Held is no step.
NOT_ADVANCED_FROM = Memory(
    T.NOT_ADVANCED,
    "not_advanced_from",
    (
        frozenset({T.IN_SCREEN}),
        frozenset({T.STREAMS_OPEN}),
        frozenset({T.IN_REVIEW, T.HELD}),
        frozenset({T.ADVANCED}),
    ),
)
TRACK_MOVES = MoveTable(
    TrackState,
    field="internal_state",
    memory=NOT_ADVANCED_FROM,
    close_window=(T.SELECTED, T.IN_SCREEN),
    skip_screen=(T.SELECTED, T.STREAMS_OPEN),  # tracks without a screen step
    pass_screen=(T.IN_SCREEN, T.STREAMS_OPEN),
    fail_screen=(T.IN_SCREEN, T.NOT_ADVANCED),
    begin_review=(T.STREAMS_OPEN, T.IN_REVIEW),
    lapse=({T.SELECTED, T.STREAMS_OPEN}, T.LAPSED),
    revive=(T.LAPSED, T.SELECTED),
    advance=({T.IN_REVIEW, T.HELD}, T.ADVANCED),
    hold=(T.IN_REVIEW, T.HELD),
    not_advance=({T.IN_REVIEW, T.HELD}, T.NOT_ADVANCED),
    recall_screen=({T.STREAMS_OPEN, T.NOT_ADVANCED}, T.IN_SCREEN),  # a decision taken back, before its release or after
    recall_review=({T.ADVANCED, T.HELD, T.NOT_ADVANCED}, T.IN_REVIEW),
    recall_hold=({T.ADVANCED, T.NOT_ADVANCED}, T.HELD),
    withdraw=(LIVE_TRACK | {T.NOT_ADVANCED}, T.WITHDRAWN),  # an unreleased “no” must not stand in the way, or show
)


class StreamApplicationState(TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_STREAM_REVIEW = "in_stream_review", "With the mentors"
    LAPSED = "lapsed", "Lapsed"
    CLOSED = "closed", "Not taken forward"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = StreamApplicationState
#: Streams that count as an application to them.
LIVE_STREAM = frozenset({S.SUBMITTED, S.IN_STREAM_REVIEW})
STREAM_MOVES = MoveTable(
    StreamApplicationState,
    field="internal_state",
    submit=(S.DRAFT, S.SUBMITTED),
    reopen=(S.SUBMITTED, S.DRAFT),
    fall_back=(S.DRAFT, S.SUBMITTED),  # reopened and not submitted again by the close: the earlier version counts
    lapse=(S.DRAFT, S.LAPSED),
    reach_mentors=(S.SUBMITTED, S.IN_STREAM_REVIEW),
    close=({S.SUBMITTED, S.IN_STREAM_REVIEW}, S.CLOSED),
    back_to_submitted=({S.IN_STREAM_REVIEW, S.CLOSED}, S.SUBMITTED),  # what a release did, taken back
    withdraw=({S.DRAFT, S.SUBMITTED, S.IN_STREAM_REVIEW}, S.WITHDRAWN),
    restore=(S.WITHDRAWN, S.DRAFT),
)


class EvaluationState(TextChoices):
    ASSIGNED = "assigned", "Assigned"
    STARTED = "started", "Started"
    SUBMITTED = "submitted", "Handed in"
    GRADED = "graded", "Graded"
    EXPIRED = "expired", "Expired"
    EXCUSED = "excused", "Excused"
    VOID = "void", "No longer asked"
    INTEGRITY_REVIEW = "integrity_review", "A question is open"
    SET_ASIDE = "set_aside", "Does not count"


E = EvaluationState
#: Handed in, and nobody but those who decide on a question reads it: grading waits, or is over.
NOT_READ = frozenset({E.INTEGRITY_REVIEW, E.SET_ASIDE})
#: Nobody waits for these: a task that counts neither for nor against the person.
NOT_ASKED = frozenset({E.EXCUSED, E.VOID})
EVALUATION_MOVES = MoveTable(
    EvaluationState,
    start=(E.ASSIGNED, E.STARTED),  # timed tasks alone
    submit=({E.ASSIGNED, E.STARTED}, E.SUBMITTED),
    time_up=(E.STARTED, E.SUBMITTED),  # what was saved is handed in by the clock
    reuse=(E.ASSIGNED, E.SUBMITTED),  # the work of an earlier cycle counts again
    reopen=(E.SUBMITTED, E.ASSIGNED),
    fall_back=(E.ASSIGNED, E.SUBMITTED),  # as above
    expire=({E.ASSIGNED, E.STARTED}, E.EXPIRED),
    revive=(E.EXPIRED, E.ASSIGNED),  # staff gave this person more time for this task
    excuse=({E.ASSIGNED, E.EXPIRED}, E.EXCUSED),
    ask_again=(E.EXCUSED, E.ASSIGNED),
    end_late=(E.EXCUSED, E.EXPIRED),  # the excuse was taken back after the time for the task
    drop=(E.ASSIGNED, E.VOID),  # the one stream that asked for it was taken back
    bring_back=(E.VOID, E.ASSIGNED),
    grade=(E.SUBMITTED, E.GRADED),
    receive_score=({E.ASSIGNED, E.GRADED}, E.GRADED),  # from a provider of tests; a later score takes the place
    question=({E.SUBMITTED, E.GRADED}, E.INTEGRITY_REVIEW),
    clear=(E.INTEGRITY_REVIEW, E.SUBMITTED),
    clear_graded=(E.INTEGRITY_REVIEW, E.GRADED),
    regrade=(E.INTEGRITY_REVIEW, E.SUBMITTED),
    retake=(E.INTEGRITY_REVIEW, E.ASSIGNED),
    set_aside=(E.INTEGRITY_REVIEW, E.SET_ASIDE),
    restore=(E.SET_ASIDE, E.SUBMITTED),  # an appeal was granted
    restore_graded=(E.SET_ASIDE, E.GRADED),
)


class EvidenceKind(TextChoices):
    """What a concern about a submission rests on."""

    SAME_WORDS = "same_words", "The same words stand in another place"
    SAME_WORK = "same_work", "The same work was handed in more than once"
    STATEMENT = "statement", "It does not fit the statement on AI tools"
    INSIDE = "inside", "Something inside the work: results that its code cannot give, sources that do not exist"
    RECORD = "record", "What the portal recorded: times, versions, files"
    DETECTOR = "detector", "The score of an AI detector"
    OTHER = "other", "Something else that was seen"


#: Evidence that carries no case by itself, however many times over: such scores are wrong too often.
NOT_ALONE = frozenset({EvidenceKind.DETECTOR})


class CaseState(TextChoices):
    """How far a question about a submission is."""

    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"
    APPEALED = "appealed", "Appealed"
    ENDED = "ended", "Ended without an outcome"


#: Somebody waits for an outcome.
LIVE_CASE = frozenset({CaseState.OPEN, CaseState.APPEALED})
CASE_MOVES = MoveTable(
    CaseState,
    decide=(CaseState.OPEN, CaseState.DECIDED),
    appeal=(CaseState.DECIDED, CaseState.APPEALED),
    decide_appeal=(CaseState.APPEALED, CaseState.DECIDED),
    end=(LIVE_CASE, CaseState.ENDED),  # the application itself ended first
)


class CaseOutcome(TextChoices):
    """What two people can find about a submission, or about an appeal."""

    NO_CONCERN = "no_concern", "No concern: grading goes on"
    REGRADE = "regrade", "Graded anew by other people"
    RETAKE = "retake", "The task may be done again"
    SET_ASIDE = "set_aside", "The submission does not count"
    UPHELD = "upheld", "The outcome stands"
    GRANTED = "granted", "The appeal is granted: the submission counts"


#: What can be found about a submission, and about an appeal.
FIRST_OUTCOMES = (CaseOutcome.NO_CONCERN, CaseOutcome.REGRADE, CaseOutcome.RETAKE, CaseOutcome.SET_ASIDE)
APPEAL_OUTCOMES = (CaseOutcome.UPHELD, CaseOutcome.GRANTED)


class CaseRound(TextChoices):
    """Each is decided once, by two people."""

    FIRST = "first", "The question"
    APPEAL = "appeal", "The appeal"


class ReferenceState(TextChoices):
    """How far a reference is. There is no “opened”: mail scanners open links."""

    LISTED = "listed", "Listed"
    REQUESTED = "requested", "Requested"
    STARTED = "started", "Started"
    SUBMITTED = "submitted", "Received"
    DECLINED = "declined", "Declined"
    BOUNCED = "bounced", "Bounced"
    EXPIRED = "expired", "Closed without a letter"
    REPLACED = "replaced", "No longer asked"


R = ReferenceState
#: The referee was written to and has not answered yet.
WAITS_FOR_REFEREE = frozenset({R.REQUESTED, R.STARTED})
#: Counts against the number of referees that an application may name.
HOLDS_PLACE = frozenset({R.LISTED, R.REQUESTED, R.STARTED, R.SUBMITTED})
REFERENCE_MOVES = MoveTable(
    ReferenceState,
    request=(R.LISTED, R.REQUESTED),
    start=(R.REQUESTED, R.STARTED),
    submit=(R.STARTED, R.SUBMITTED),
    amend=(R.SUBMITTED, R.SUBMITTED),
    decline=(WAITS_FOR_REFEREE, R.DECLINED),
    bounce=(R.REQUESTED, R.BOUNCED),
    expire=({R.LISTED, R.REQUESTED, R.STARTED, R.BOUNCED}, R.EXPIRED),
    relist=(R.EXPIRED, R.LISTED),  # staff gave this person more time: the referee is asked again
    replace=({R.LISTED, R.REQUESTED, R.STARTED, R.DECLINED, R.BOUNCED}, R.REPLACED),
)


class Window(TextChoices):
    """A deadline that staff can move for one person."""

    GENERAL = "general_closes", "General application"
    STAGE2 = "stage2_closes", "Stage 2: streams and tasks"
    REFERENCES = "references_close", "References"


class TaskWindow(TextChoices):
    """When an evaluation is written; the value is the key date at which that ends."""

    STAGE2 = "stage2_closes", "In stage 2"
    STREAM_STAGE = "stream_stage_closes", "With the mentors"


#: The key date at which each begins.
WINDOW_OPENS = {TaskWindow.STAGE2: "stage2_opens", TaskWindow.STREAM_STAGE: "stream_stage_opens"}


class AskedWhen(TextChoices):
    """When a stream asks the people who apply to it for an evaluation."""

    ADDED = "added", "As soon as the stream is added"
    ADVANCED = "advanced", "Once the person reaches the stream's mentors"


class AnswerScope(TextChoices):
    """Which form an answer belongs to; the scope key names the track, stream application or assignment."""

    GENERAL = "general", "General application"
    TRACK = "track", "Track questions"
    STREAM = "stream", "Stream questions"
    EVALUATION = "evaluation", "Evaluation"


class DocumentType(TextChoices):
    """Kinds of file that are taken; the value is also the ending of the name under which one is handed out."""

    PDF = "pdf", "PDF"
    DOCX = "docx", "DOCX"
    TEXT = "text", "Text"


class AiPolicy(TextChoices):
    FORBIDDEN = "forbidden", "AI tools are not allowed"
    ALLOWED_DISCLOSE = "allowed_disclose", "AI tools are allowed and must be disclosed"
    ALLOWED_FREE = "allowed_free", "AI tools are allowed"
    REQUIRED = "required", "AI tools must be used and disclosed"


#: Whoever hands in under these says which tools they used, and for what.
WITH_DISCLOSURE = frozenset({AiPolicy.ALLOWED_DISCLOSE, AiPolicy.REQUIRED})


class EvaluationKind(TextChoices):
    TASK = "task", "A task written here"
    EXTERNAL = "external", "A test of a provider, whose score is imported"

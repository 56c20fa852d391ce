"""How every model that leads to a person is treated: what its rows become, and what of them is in the person's copy.

A test walks all models and fails on one that is missing here, and on a text column of a kept row about which nothing
is said. Order matters: rows are treated from the top, and the account itself comes last.
"""

import hashlib
from typing import Any

from django.db.models import Q

from core import ids
from mats_portal.desk.privacy.holding import ERASED_WORDS, Holding, Treatment

EMPTY_CONTENT = hashlib.sha256(b"[]").hexdigest()


def _new_reference(row: Any) -> str:
    return ids.reference(row.reference.partition("-")[0])


def _nowhere(row: Any) -> str:
    return f"deleted-{row.public_id.lower()}-{row.pk}@deleted.invalid"


def _reason(row: Any) -> str:
    return "" if row.by_rule else ERASED_WORDS


DELETE, EMPTY, KEEP = Treatment.DELETE, Treatment.EMPTY, Treatment.KEEP
STAFF_WORK = "The work of staff and mentors; whoever holds a role is not deleted while they hold it."
APPLIED = "application__person"
ONE_STATE = frozenset({"public_id", "state"})
STATES = frozenset({"public_id", "internal_state", "released_state"})

HOLDINGS: tuple[Holding, ...] = (
    # --- Mails, before the rows and addresses by which they are found
    Holding(
        "core.OutboxMail",
        ("person",),
        DELETE,
        "Every mail to the person, and every other that names them.",
        copied=("subject", "body", "sent_at"),
        told=Q(state__in=["sent", "bounced"], is_secret=False),
    ),
    # --- What the person wrote
    Holding(
        "applications.AnswerVersion",
        ("answer__application__person",),
        DELETE,
        "Earlier texts of answers.",
        copied=("answer__question__code", "version", "value", "was_stored", "saved_at"),
    ),
    Holding(
        "applications.Answer",
        (APPLIED,),
        DELETE,
        "Answers as typed.",
        copied=("question__code", "question__text", "scope", "value", "version", "saved_at", "taken_from"),
    ),
    Holding(
        "desk.CorrectionRequest",
        ("person", APPLIED),
        DELETE,
        "Corrections that were asked for, and their answers.",
        copied=("kind", "what", "proposed", "reason", "state", "asked_at", "reply", "decided_at"),
    ),
    Holding(
        "applications.AnswerCorrection",
        ("snapshot__application__person",),
        DELETE,
        "What was put right in answers after they were handed in.",
        copied=("question_code", "text", "accepted_at"),
    ),
    Holding(
        "applications.Document",
        (APPLIED,),
        DELETE,
        "Files sent in answer to a question, and the text read out of them.",
        copied=("name", "type", "size", "sha256", "text", "corrected_text", "uploaded_at", "handed_in_at"),
        files="storage_name",
    ),
    Holding(
        "applications.FormUse",
        (APPLIED,),
        DELETE,
        "Which version of a form was filled in.",
        copied=("scope", "version__form__title", "version__number", "began_at", "moved_at"),
    ),
    Holding(
        "applications.AnswerSnapshot",
        (APPLIED,),
        EMPTY,
        "That something was handed in, and when; not a word of it.",
        empties={"content": [], "sha256": EMPTY_CONTENT},
        plain=frozenset({"public_id", "scope", "scope_key"}),
        copied=("scope", "content", "sha256", "submitted_at"),
    ),
    Holding(
        "applications.EvaluationAssignment",
        (APPLIED,),
        EMPTY,
        "That a task was given and handed in, for the figures of the task.",
        empties={"ai_statement": ""},
        plain=ONE_STATE | {"window"},
        copied=("definition__title", "ai_statement", "assigned_at", "started_at", "ends_at", "submitted_at"),
    ),
    Holding(
        "applications.DeadlineExtension",
        (APPLIED, "granted_by"),
        EMPTY,
        "That a deadline was moved for somebody.",
        empties={"reason": ERASED_WORDS},
        plain=frozenset({"public_id", "window"}),
        copied=("window", "until", "reason", "granted_at"),
    ),
    Holding(
        "applications.TaskExtension",
        ("assignment__application__person", "granted_by"),
        EMPTY,
        "That somebody got more time for a task.",
        empties={"reason": ERASED_WORDS},
        plain=frozenset({"public_id"}),
        copied=("assignment__definition__title", "until", "reason", "granted_at"),
    ),
    Holding(
        "applications.Excusal",
        ("assignment__application__person", "given_by", "ended_by"),
        EMPTY,
        "That somebody was excused from a task.",
        empties={"reason": ERASED_WORDS},
        plain=frozenset({"public_id"}),
        copied=("assignment__definition__title", "reason", "given_at", "ended_at"),
    ),
    Holding(
        "applications.CaseEvidence",
        ("case__assignment__application__person",),
        EMPTY,
        "That a question about a submission rested on something.",
        empties={"text": ERASED_WORDS},
        plain=frozenset({"kind"}),
        copied=("kind", "text"),
    ),
    Holding(
        "applications.CaseStatement",
        ("case__assignment__application__person",),
        DELETE,
        "Answers to questions about a submission, with their files.",
        copied=("round", "text", "written_at", "name"),
        files="storage_name",
    ),
    Holding(
        "applications.CaseRuling",
        ("case__assignment__application__person",),
        EMPTY,
        "What two people found about a submission, as a word.",
        empties={"reason": ERASED_WORDS},
        plain=frozenset({"round", "outcome"}),
        copied=("outcome", "reason", "confirmed_at"),
        told=Q(confirmed_at__isnull=False),
    ),
    Holding(
        "applications.IntegrityCase",
        ("assignment__application__person",),
        EMPTY,
        "That there was a question about a submission, and when.",
        empties={"concern": ERASED_WORDS, "note": ""},
        plain=ONE_STATE | {"paused_from"},
        copied=("assignment__definition__title", "concern", "state", "raised_at", "reply_by"),
    ),
    # --- What referees wrote: gone with the application; told of, and not shown
    Holding(
        "applications.LetterAnswer",
        ("reference__application__person",),
        DELETE,
        "What a referee had typed.",
        withheld="A letter that you asked for is its writer's; your page shows that it came.",
    ),
    Holding(
        "applications.Letter",
        ("reference__application__person",),
        DELETE,
        "Letters of referees.",
        withheld="A letter that you asked for is its writer's; your page shows that it came.",
    ),
    Holding(
        "applications.Reference",
        (APPLIED,),
        DELETE,
        "Referees that were named.",
        copied=("name", "referee__email", "relation", "access_waived", "state", "requested_at", "submitted_at"),
    ),
    Holding(
        "applications.ExternalScore",
        ("assignment__application__person",),
        DELETE,
        "Scores that a provider of tests reported.",
        copied=("value", "out_of", "received_at"),
    ),
    Holding(
        "applications.Accommodation",
        ("person",),
        DELETE,
        "More time for tasks with a clock, and why.",
        copied=("factor", "reason", "granted_at", "ended_at"),
    ),
    Holding(
        "applications.StreamApplication_areas",
        ("streamapplication__application__person",),
        DELETE,
        "Areas chosen in a stream.",
        copied=("streamapplication__stream__title", "streamarea__title"),
    ),
    Holding(
        "applications.StreamApplication",
        (APPLIED,),
        KEEP,
        "How many applied to a stream and how far they came.",
        plain=STATES,
        copied=("stream__title", "released_state", "acknowledged_at", "created_at", "submitted_at"),
    ),
    Holding(
        "applications.TrackApplication",
        (APPLIED,),
        KEEP,
        "How many applied to a track and how far they came.",
        plain=STATES | {"not_advanced_from"},
        copied=("track__name", "released_state", "created_at"),
    ),
    Holding(
        "applications.Application",
        ("person",),
        EMPTY,
        "The number of applications and their outcomes.",
        empties={"reference": _new_reference},
        plain=STATES | {"closed_from"},
        copied=("reference", "cycle__name", "released_state", "minutes_taken", "created_at", "submitted_at"),
    ),
    # --- What others wrote about the person
    Holding(
        "reviews.ReviewScore",
        (
            "review__assignment__track_application__application__person",
            "review__assignment__evaluation__application__person",
        ),
        KEEP,
        "Numbers, for how far readers agree.",
        withheld="Scores are the readers' working notes.",
    ),
    Holding(
        "reviews.Review",
        ("assignment__track_application__application__person", "assignment__evaluation__application__person"),
        EMPTY,
        "That somebody read it, with a mean of numbers.",
        empties={
            "feedback_public": ERASED_WORDS,
            "note_internal": "",
            "follow_up_1": "",
            "follow_up_2": "",
            "confidence": "",
            "snapshots": [],
        },
        withheld="Private notes stay with the readers, questions for an interview with those who hold it. What readers "
        "wrote for you is among your results.",
    ),
    Holding(
        "reviews.Explanation",
        (
            "review__assignment__track_application__application__person",
            "review__assignment__evaluation__application__person",
        ),
        DELETE,
        "What readers wrote to each other about levels far apart.",
        withheld="The readers' working notes.",
    ),
    Holding(
        "reviews.EarlierLevels",
        (
            "review__assignment__track_application__application__person",
            "review__assignment__evaluation__application__person",
        ),
        KEEP,
        "Numbers that stood before a reader changed them.",
        plain=frozenset({"levels"}),
        withheld="Scores are the readers' working notes.",
    ),
    Holding(
        "reviews.FeedbackEdit",
        ("sentence__packet__track_application__application__person",),
        DELETE,
        "What was changed in a note before it was handed over, or after.",
        withheld="What a note said before it was handed over stays inside.",
    ),
    Holding(
        "reviews.FeedbackSentence",
        ("packet__track_application__application__person",),
        DELETE,
        "Notes of readers, one by one.",
        withheld="Readers are not named; what they wrote for you is among what was handed over.",
    ),
    Holding(
        "reviews.FeedbackPacket",
        ("track_application__application__person",),
        EMPTY,
        "That notes were handed over, and when; not a word of them.",
        empties={"told": []},
        plain=ONE_STATE,
        copied=("track_application__track__name", "told", "told_at", "corrected_at"),
        told=Q(state="told"),
    ),
    Holding(
        "reviews.ReviewAssignment",
        ("track_application__application__person", "evaluation__application__person", "reviewer"),
        EMPTY,
        "Who read how much; its label was drawn at random.",
        empties={"decline_note": ""},
        plain=frozenset({"public_id", "label", "state", "decline_reason"}),
        withheld="Readers are not named.",
    ),
    Holding(
        "reviews.IdentityFlag",
        ("application__person", "assignment__reviewer", "decided_by"),
        DELETE,
        "Words of an answer that gave its writer away.",
        withheld="Readers are not named; the words are your own, and stand in what you handed in.",
    ),
    Holding(
        "reviews.PracticeScore",
        ("round__reviewer",),
        DELETE,
        "Practice before reading, on invented texts.",
        copied=("item__title", "levels", "scored_at"),
    ),
    Holding(
        "reviews.PracticeRound",
        ("reviewer",),
        DELETE,
        "Rounds of practice.",
        copied=("rubric__title", "number", "began_at", "finished_at"),
    ),
    Holding(
        "reviews.AssignmentChange",
        ("track_application__application__person", "evaluation__application__person", "reviewer"),
        DELETE,
        "What was proposed is no record: who read what stands with the assignment.",
        withheld="Readers are not named.",
    ),
    Holding("reviews.AssignmentProposal", ("maker",), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding(
        "reviews.ConflictHint",
        ("person", "reviewer"),
        DELETE,
        "Nobody is left to judge.",
        withheld="What staff look at in confidence, about you and a reader.",
    ),
    Holding(
        "reviews.CoAuthor",
        ("reviewer",),
        DELETE,
        "A reviewer's own list.",
        copied=("name", "email"),
    ),
    Holding(
        "reviews.ConflictOfInterest",
        ("person", "reviewer"),
        DELETE,
        "Nobody is left to judge.",
        withheld="Said in confidence by a reader, or by you about somebody else.",
    ),
    Holding(
        "reviews.Decision",
        ("track_application__application__person",),
        EMPTY,
        "How many went on, and by which rule.",
        empties={"reason": _reason, "found": None},
        plain=frozenset({"outcome", "left_out"}),
        withheld="What was released is among your results.",
    ),
    Holding(
        "reviews.FurtherRead",
        ("track_application__application__person", "asked_by"),
        KEEP,
        "That one reading more was asked for, and why, in the portal's words.",
        plain=frozenset({"reason"}),
        withheld="What was released is among your results.",
    ),
    Holding(
        "matching.RankEntry",
        ("stream_application__application__person",),
        EMPTY,
        "A place in a list that a match was computed from.",
        empties={"note": ""},
        withheld="Mentors' lists are not shown to anybody outside.",
    ),
    Holding(
        "matching.PreferenceEntry",
        ("stream_application__application__person", "preference_list__application__person"),
        KEEP,
        "A number in a list that a match was computed from.",
        copied=("stream_application__stream__title", "position", "acceptable"),
    ),
    Holding(
        "matching.PreferenceList",
        (APPLIED,),
        EMPTY,
        "That there was an order.",
        empties={"previous": dict},
        copied=("version", "saved_at", "confirmed_at", "locked_at"),
    ),
    Holding(
        "matching.Offer",
        (APPLIED,),
        EMPTY,
        "Who filled a seat, as a number.",
        empties={"reply_reason": ""},
        plain=frozenset({"public_id", "state", "expires_zone"}),
        copied=("stream__title", "state", "reply_reason", "sent_at", "expires_at"),
        told=Q(sent_at__isnull=False),
    ),
    # --- Around the account
    Holding("core.Opening", ("subject",), DELETE, "Who opened the file.", copied=("role", "on")),
    Holding(
        "accounts.KnownDevice",
        ("user",),
        DELETE,
        "Devices signed in from.",
        copied=("name", "first_seen_at", "last_seen_at"),
    ),
    Holding(
        "usersessions.UserSession",
        ("user",),
        DELETE,
        "Sessions.",
        copied=("ip", "user_agent", "created_at", "last_seen_at"),
    ),
    Holding("mfa.Authenticator", ("user",), DELETE, "Second factors and passkeys.", copied=("type", "created_at")),
    Holding(
        "account.EmailConfirmation",
        ("email_address__user",),
        DELETE,
        "Links that confirm an address.",
        withheld="A key to your account.",
    ),
    Holding("account.EmailAddress", ("user",), DELETE, "Addresses.", copied=("email", "verified", "primary")),
    Holding("accounts.User_groups", ("user",), DELETE, "Not in use.", withheld="There are none."),
    Holding("accounts.User_user_permissions", ("user",), DELETE, "Not in use.", withheld="There are none."),
    Holding(
        "desk.SavedExport",
        ("owner",),
        DELETE,
        "Choices of columns.",
        copied=("name", "kind", "columns", "created_at"),
    ),
    Holding("streams.SavedStream", ("person",), DELETE, "Streams saved.", copied=("stream__title", "saved_at")),
    Holding("desk.CalendarLink", ("person",), DELETE, "The address of your calendar.", copied=("made_at",)),
    Holding(
        "desk.PersonCopy",
        ("person",),
        DELETE,
        "Copies that were asked for, with their files.",
        copied=("requested_at", "ready_at", "downloads"),
        files="storage_name",
    ),
    Holding(
        "core.Job",
        ("asked_by",),
        EMPTY,
        "That a job ran.",
        empties={"params": dict, "result": dict, "message": "", "error": ""},
        plain=frozenset({"public_id", "kind", "state"}),
        copied=("kind", "state", "created_at"),
    ),
    Holding(
        "desk.DeletionRequest",
        ("person",),
        KEEP,
        "That and when a deletion was carried out, with numbers.",
        plain=frozenset({"public_id", "state", "counts"}),
        copied=("state", "requested_at", "due_at"),
    ),
    Holding(
        "desk.RetentionHold",
        ("person",),
        EMPTY,
        "That nothing could be deleted for a time.",
        empties={"reason": ERASED_WORDS},
        plain=frozenset({"public_id"}),
        copied=("placed_at", "released_at"),
    ),
    Holding(
        "desk.RetentionItem",
        (APPLIED,),
        KEEP,
        "That an application was erased by a rule, and when.",
        copied=("run__kind", "done_at"),
        told=Q(done_at__isnull=False),
    ),
    Holding("desk.RetentionRun", ("proposed_by", "confirmed_by"), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("desk.CyclePublication", ("proposed_by", "confirmed_by"), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding(
        "core.AuditEvent",
        ("actor",),
        KEEP,
        "Who did what when, without texts; it cannot be changed by anybody.",
        plain=frozenset({"verb", "object_type", "object_key", "before", "after", "details", "request_id"}),
        copied=("at", "verb", "object_type"),
    ),
    Holding(
        "core.AuditSeal",
        ("event__actor",),
        KEEP,
        "A fingerprint over a line of the record.",
        plain=frozenset({"hash"}),
        withheld="It says nothing without the lines that it covers.",
    ),
    # --- Work in a role
    Holding(
        "accounts.RoleGrant",
        ("user", "granted_by"),
        KEEP,
        "Which roles were held.",
        plain=frozenset({"public_id", "role", "scope_kind", "scope_key"}),
        copied=("role", "scope_kind", "granted_at", "revoked_at"),
    ),
    Holding("desk.ExportFile", ("maker",), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("admin.LogEntry", ("user",), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("matching.LotteryCommitment", ("made_by",), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("matching.MatchRun", ("made_by", "approved_by"), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("matching.RankOrderList", ("saved_by",), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("reviews.DecisionBatch", ("maker", "approver"), KEEP, STAFF_WORK, withheld=STAFF_WORK),
    Holding("streams.Mentor", ("user",), KEEP, "The public page of a mentor.", withheld=STAFF_WORK),
    Holding("streams.StreamMentor", ("mentor__user",), KEEP, "The public page of a stream.", withheld=STAFF_WORK),
    # --- The account, last: every way to the person above begins here
    Holding(
        "accounts.User",
        ("pk",),
        EMPTY,
        "A number without a name, so that counts and the record still add up.",
        empties={
            "email": _nowhere,
            "display_name": "Deleted person",
            "timezone": "",
            "password": "!",
            "last_login": None,
            "is_active": False,
        },
        plain=frozenset({"public_id"}),
        copied=("email", "display_name", "timezone", "created_at", "last_login"),
    ),
)
#: Models without a way to a person that may hold something of one, and who takes care of it.
APART = {"sessions.Session": "Ended with the account, and those that name the address."}

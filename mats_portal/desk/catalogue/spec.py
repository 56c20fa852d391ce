"""What a catalogue file may say: tables, keys, and what each key may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from applications.states import AiPolicy, AskedWhen, EvaluationKind
from mats_portal.desk.catalogue.kinds import Field, Many, One, Table, one_of, text
from questions.states import DataClass, QuestionKind
from reviews.states import GroupRule
from streams.models.cycle import LEAST_DAYS_TO_ANSWER, LEAST_DAYS_TO_DECIDE, MOST_DAYS, reminder_days
from streams.states import (
    AffiliationType,
    Audience,
    Autonomy,
    CapsBy,
    DataSensitivity,
    FeedbackPolicy,
    Frequency,
    HelpStep,
    HelpTopic,
    InPerson,
    InterviewRule,
    MeetingFormat,
    MentorRole,
    OfferMode,
    ReferenceMoment,
    RequirementKind,
    SelectionMode,
    StepKind,
    StreamState,
    WhoActs,
)

LONG = Field("text", "", high=20_000)
SLUG = Field("slug")
OPTIONAL_SLUG = Field("slug", "")
YES, NO = Field("yes_no", True), Field("yes_no", False)
MINUTES = Field("integer", 0, low=0, high=2400)

CYCLE = Table(
    {
        "slug": SLUG,
        "code": text(8),
        "name": text(100),
        "summary": LONG,
        "programme_starts_on": Field("date"),
        "programme_ends_on": Field("date"),
        "zone": Field("zone", "AoE"),
        "grace_minutes": Field("integer", 15, low=0, high=120),
        "effort_budget_minutes": Field("integer", 480, low=1, high=6000),
        "reviews_per_application": Field("integer", 2, low=1, high=5),
        "offer_mode": one_of(OfferMode, "match"),
        "caps_by": one_of(CapsBy, "nothing"),
        "max_referees": Field("integer", 2, low=0, high=5),
        "referees_asked": one_of(ReferenceMoment, "stage2"),
        "practice_required": NO,
        "gives_out_reading": YES,
        "feedback_policy": one_of(FeedbackPolicy, "checked"),
        "explain_difference": Field("integer", 2, low=0, high=10),
        "concern_reply_days": Field("integer", 7, low=LEAST_DAYS_TO_ANSWER, high=MOST_DAYS),
        "concern_decision_days": Field("integer", 7, low=LEAST_DAYS_TO_DECIDE, high=MOST_DAYS),
        "concern_appeal_days": Field("integer", 7, low=LEAST_DAYS_TO_ANSWER, high=MOST_DAYS),
        "concern_reminder_days": Field("integers", reminder_days(), low=1, high=MOST_DAYS),
        "cohort_cap": Field("integer", None, low=1, high=5000),
        "public_current": NO,
        "general_form": SLUG,
    }
)
KEY_DATE = Table(
    {
        "code": SLUG,
        "label": text(120),
        "note": LONG,
        "on": Field("date"),
        "at": Field("at", ""),
        "until": Field("date", None),
        "zone": Field("zone", "AoE"),
        "audience": one_of(Audience, "everyone"),
        "who_acts": one_of(WhoActs, "nobody"),
        "public": YES,
        "moved_from": Field("date", None),
        "moved_on": Field("date", None),
        "moved_reason": text(300, ""),
    },
    key="code",
)
SITE = Table(
    {
        "slug": SLUG,
        "name": text(100),
        "city": text(100),
        "timezone": Field("place_zone"),
        "seats": Field("integer", None, low=1, high=5000),
    },
    key="slug",
)
TOPIC = Table({"slug": SLUG, "name": text(100), "parent": OPTIONAL_SLUG}, key="slug")
CHOICE = Table({"value": SLUG, "label": text(200), "group": text(60, "")}, key="value")
QUESTION = Table(
    {
        "code": SLUG,
        "meaning": text(200),
        "kind": one_of(QuestionKind),
        "text": text(1000),
        "help": LONG,
        "choices": Many(CHOICE),
        "at_least": Field("integer", 0, low=0, high=20),
        "at_most": Field("integer", None, low=1, high=20),
        "optional_only": NO,
        "asked_anew": NO,
        "minutes": Field("integer", 1, low=0, high=240),
        "data_class": one_of(DataClass, "none"),
    },
    key="code",
)
SECTION = Table({"code": SLUG, "title": text(100), "intro": LONG}, key="code")
CONDITION = Table({"question": SLUG, "in": Field("values")})
ITEM = Table(
    {
        "question": SLUG,
        "section": SLUG,
        "required": YES,
        "max_words": Field("integer", None, low=1, high=5000),
        "wording": text(1000, ""),
        "show_if": One(CONDITION),
    },
    key="question",
)
FORM = Table({"code": SLUG, "title": text(200), "sections": Many(SECTION, 1), "items": Many(ITEM, 1)}, key="code")
STEP = Table(
    {
        "kind": one_of(StepKind),
        "name": text(100),
        "opens": OPTIONAL_SLUG,
        "closes": OPTIONAL_SLUG,
        "required": YES,
        "minutes": MINUTES,
        "note": LONG,
    },
    key="name",
)
ANCHORS = Table({str(level): text(600, "") for level in range(1, 10)})
CRITERION = Table(
    {
        "code": SLUG,
        "name": text(120),
        "help": LONG,
        "weight": Field("number", low=0.01, high=100),
        "anchors": One(ANCHORS, required=True),
        "group": OPTIONAL_SLUG,
        "group_rule": one_of(GroupRule, "sum"),
        "questions": Field("texts", []),
        "stream": OPTIONAL_SLUG,
        "area": OPTIONAL_SLUG,
    },
    key="code",
)
RUBRIC = Table(
    {
        "title": text(200),
        "note": LONG,
        "version": Field("integer", 1, low=1, high=999),
        "scale_min": Field("integer", 1, low=1, high=8),
        "scale_max": Field("integer", 5, low=2, high=9),
        "criteria": Many(CRITERION, 1),
    }
)
PART_POLICY = Table({"section": SLUG, "ai_policy": one_of(AiPolicy)}, key="section")
EVALUATION = Table(
    {
        "code": SLUG,
        "tracks": Field("texts"),
        "title": text(150),
        "brief": Field("text", high=20_000),
        "streams": Field("texts", []),
        "streams_ask": one_of(AskedWhen, "added"),
        "kind": one_of(EvaluationKind, "task"),
        "about": LONG,
        "form": OPTIONAL_SLUG,
        "minutes": Field("integer", low=5, high=1200),
        "time_limit": Field("integer", 0, low=0, high=600),
        "ai_policy": one_of(AiPolicy),
        "parts": Many(PART_POLICY),
        "reuse_cycles": Field("integer", 0, low=0, high=10),
        "provider": OPTIONAL_SLUG,
        "version": Field("integer", 1, low=1, high=999),
        "rubric": One(RUBRIC),
    },
    key="code",
)
TRACK = Table(
    {
        "slug": SLUG,
        "name": text(100),
        "summary": text(1000),
        "method": LONG,
        "description": LONG,
        "looks_for": LONG,
        "form": OPTIONAL_SLUG,
        "place_cap": Field("integer", None, low=1, high=5000),
        "blind": Field("texts", [], tuple(DataClass.values)),
        "reviewers_read_references": NO,
        "steps": Many(STEP, 1),
        "rubric": One(RUBRIC, required=True),
    },
    key="slug",
)
FINDER_OPTION = Table(
    {"value": SLUG, "label": text(150), "tracks": Field("texts", []), "because": text(150, "")}, key="value"
)
FINDER = Table(
    {
        "key": SLUG,
        "text": text(200),
        "weight": Field("integer", 1, low=1, high=9),
        "options": Many(FINDER_OPTION, 2),
    },
    key="key",
)
PRACTICE_ANSWER = Table({"question": SLUG, "text": Field("text", high=6000)}, key="question")
PRACTICE_SCORE = Table(
    {"criterion": SLUG, "level": Field("integer", low=0, high=5), "reason": text(600)}, key="criterion"
)
PRACTICE = Table(
    {
        "code": SLUG,
        "track": SLUG,
        "title": text(120),
        "answers": Many(PRACTICE_ANSWER, 1),
        "scores": Many(PRACTICE_SCORE, 1),
    },
    key="code",
)
MENTOR = Table(
    {
        "code": SLUG,
        "name": text(150),
        "affiliation": text(150, ""),
        "affiliation_type": one_of(AffiliationType, ""),
        "city": text(100, ""),
        "timezone": Field("place_zone", "UTC"),
        "hours": text(60, ""),
        "travel": text(200, ""),
        "bio": LONG,
    },
    key="code",
)
STREAM_MENTOR = Table(
    {
        "mentor": SLUG,
        "role": one_of(MentorRole, "mentor"),
        "cap": Field("integer", None, low=1, high=50),
        "note": text(200, ""),
    },
    key="mentor",
)
AREA = Table({"code": SLUG, "title": text(150), "description": LONG}, key="code")
REQUIREMENT = Table(
    {
        "kind": one_of(RequirementKind),
        "text": text(2000),
        "options": Field("texts", []),
        "min_options": Field("integer", 0, low=0, high=20),
        "area": OPTIONAL_SLUG,
    }
)
CADENCE = Table(
    {
        "frequency": one_of(Frequency),
        "minutes": Field("integer", low=5, high=480),
        "format": one_of(MeetingFormat),
        "phase": text(60, ""),
        "with_mentor": YES,
        "in_person": NO,
        "note": text(300, ""),
    }
)
PROJECT = Table({"title": text(150), "text": LONG, "open": YES}, key="title")
READING = Table({"title": text(200), "url": text(500)}, key="url")
AGREEMENT = Table(
    {
        "title": text(150),
        "version": Field("integer", low=1, high=999),
        "body": Field("text", high=50_000),
        "published_on": Field("date"),
        "ack_at_apply": YES,
        "sign_before_start": YES,
    },
    key="version",
)
STREAM = Table(
    {
        "slug": SLUG,
        "title": text(150),
        "summary": text(600),
        "description": LONG,
        "own_statement": LONG,
        "working_style": LONG,
        "what_fellow_owns": LONG,
        "host_org": text(150, ""),
        "site": OPTIONAL_SLUG,
        "tracks": Field("texts"),
        "topics": Field("texts", []),
        "form": OPTIONAL_SLUG,
        "in_person": one_of(InPerson, "none"),
        "selection_mode": one_of(SelectionMode),
        "autonomy": one_of(Autonomy, "shared"),
        "data_sensitivity": one_of(DataSensitivity, "open"),
        "interview": one_of(InterviewRule, "optional"),
        "reply_hours": Field("integer", None, low=1, high=400),
        "ad_hoc_calls": NO,
        "dual_use": NO,
        "coalition": NO,
        "demo_invented": NO,
        "seats_asked": Field("integer", low=0, high=200),
        "seats_granted": Field("integer", low=0, high=200),
        "state": one_of(StreamState),
        "pause_reason": text(300, ""),
        "published_on": Field("date", None),
        "mentors": Many(STREAM_MENTOR, 1),
        "areas": Many(AREA),
        "requirements": Many(REQUIREMENT),
        "cadences": Many(CADENCE),
        "projects": Many(PROJECT),
        "reading": Many(READING),
        "agreements": Many(AGREEMENT),
    },
    key="slug",
)
HELP = Table(
    {
        "slug": SLUG,
        "title": text(150),
        "summary": text(300),
        "body": Field("text", high=20_000),
        "topic": one_of(HelpTopic),
        "steps": Field("texts", [], tuple(HelpStep.values)),
        "order": Field("integer", 100, low=0, high=999),
        "public": YES,
    },
    key="slug",
)


@dataclass(frozen=True)
class Catalogue:
    """The top level of a catalogue: one cycle, and lists of everything in it."""

    cycle: Table = CYCLE
    lists: Mapping[str, Table] = field(
        default_factory=lambda: {
            "key_dates": KEY_DATE,
            "sites": SITE,
            "topics": TOPIC,
            "questions": QUESTION,
            "forms": FORM,
            "tracks": TRACK,
            "finder": FINDER,
            "evaluations": EVALUATION,
            "mentors": MENTOR,
            "streams": STREAM,
            "practice": PRACTICE,
            "help": HELP,
        }
    )


CATALOGUE = Catalogue()

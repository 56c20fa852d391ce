"""Names of states, kinds and modes of the programme, and the moves of a stream."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.transitions import MoveTable


class StreamState(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    PAUSED = "paused", _("Paused, not taking applications")


S = StreamState
PUBLIC_STATES = frozenset({S.PUBLISHED, S.PAUSED})
STREAM_MOVES = MoveTable(
    StreamState,
    publish=(S.DRAFT, S.PUBLISHED),
    pause=(S.PUBLISHED, S.PAUSED),
    resume=(S.PAUSED, S.PUBLISHED),
    unpublish=({S.PUBLISHED, S.PAUSED}, S.DRAFT),
)


class OfferMode(TextChoices):
    MATCH = "match", _("One certified match, at most one offer each")
    ROUNDS = "rounds", _("Each stream offers down its list")


class CapsBy(TextChoices):
    """What besides the cohort limits places over several streams. Never both: the sets must not overlap."""

    NOTHING = "nothing", _("no limit over several streams")
    TRACK = "track", _("a limit for each track")
    SITE = "site", _("the seats of each site")


class ReferenceMoment(TextChoices):
    """When the referees of an application are asked."""

    STAGE2 = "stage2", _("When stage 2 opens for the person")
    SUBMIT = "submit", _("When the general application is submitted")
    APPLICANT = "applicant", _("When the applicant asks")


class FeedbackPolicy(TextChoices):
    """Whether applicants get what their readers wrote for them."""

    NONE = "none", _("Nobody gets any")
    CHECKED = "checked", _("What a person has checked is handed over with the result")
    REQUIRED = "required", _("Nothing is released before everything is checked")


class Audience(TextChoices):
    EVERYONE = "everyone", _("everyone")
    APPLICANTS = "applicants", _("applicants")
    REFEREES = "referees", _("referees")
    REVIEWERS = "reviewers", _("reviewers")
    MENTORS = "mentors", _("mentors")
    STAFF = "staff", _("staff")
    FELLOWS = "fellows", _("fellows")


class WhoActs(TextChoices):
    YOU = "you", _("You")
    REFEREES = "referees", _("Referees")
    REVIEWERS = "reviewers", _("Reviewers")
    MENTORS = "mentors", _("Mentors")
    STAFF = "staff", _("Staff")
    FELLOWS = "fellows", _("Fellows")
    NOBODY = "nobody", _("Nobody")


class Precision(TextChoices):
    """How exactly a key date is meant, and so how a page prints it."""

    DAY = "day", _("That day")
    END_OF_DAY = "end_of_day", _("The end of that day")
    TIME = "time", _("A time of day")


class StepKind(TextChoices):
    FORM = "form", _("Form")
    SCREEN = "screen", _("Screen")
    STREAM_APPLICATION = "stream_application", _("Stream applications")
    EVALUATION = "evaluation", _("Track evaluation")
    REFERENCE = "reference", _("References")
    CENTRAL_REVIEW = "central_review", _("Central review")
    STREAM_EVALUATION = "stream_evaluation", _("Stream evaluation")
    INTERVIEW = "interview", _("Interview")
    RANKING = "ranking", _("Ranking")
    OFFER = "offer", _("Offer")


class InPerson(TextChoices):
    NONE = "none", _("Remote is fine")
    PREFERRED = "preferred", _("In person preferred")
    DEFAULT = "default", _("In person by default")
    REQUIRED = "required", _("In person required")


class SelectionMode(TextChoices):
    MENTOR_ASSIGNS = "mentor_assigns", _("The mentor assigns the project")
    MENTOR_ASSIGNS_AFTER_MATCH = "mentor_assigns_after_match", _("The mentor assigns the project after the match")
    MENTOR_SETS_DIRECTION = "mentor_sets_direction", _("The mentors set the direction, the project follows")
    PITCH_AND_PREFERENCE = "pitch_and_preference", _("Projects are pitched, then fellows state preferences")
    JOINT_DISCUSSION = "joint_discussion", _("Mentor and fellow settle it by discussion")
    MENTOR_PITCHES_FELLOW_MAY_PROPOSE = (
        "mentor_pitches_fellow_may_propose",
        _("The mentor pitches ideas and fellows may propose their own"),
    )
    JOINT_SELECTION = "joint_selection", _("Mentor and fellow choose it together at the start")
    FELLOW_PROPOSES = "fellow_proposes", _("The fellow proposes, the mentor refines")


class Autonomy(TextChoices):
    TACTICAL = "tactical", _("Freedom in how, not in what")
    WITHIN_PROJECT = "direction_within_project", _("Chooses directions within the project")
    SHARED = "shared", _("Decides together with the mentor")
    OWN_DIRECTION = "own_direction", _("Sets the direction")


class DataSensitivity(TextChoices):
    OPEN = "open", _("Open data only")
    PARTNER = "partner", _("Uses a partner's data under conditions")
    CONFIDENTIAL = "confidential", _("Works on confidential material")


class InterviewRule(TextChoices):
    NONE = "none", _("No interview")
    OPTIONAL = "optional", _("Interview for some")
    REQUIRED = "required", _("Interview before ranking")


class AffiliationType(TextChoices):
    ACADEMIC = "academic", _("University")
    COMPANY = "company", _("Company")
    NONPROFIT = "nonprofit", _("Non-profit")
    GOVERNMENT = "government", _("Public body")
    INDEPENDENT = "independent", _("Independent")


class MentorRole(TextChoices):
    LEAD = "lead", _("Lead")
    MENTOR = "mentor", _("Mentor")
    CO_MENTOR = "co_mentor", _("Co-mentor")
    COORDINATOR = "coordinator", _("Coordinator")


class RequirementKind(TextChoices):
    ESSENTIAL = "essential", _("Essential")
    PREFERRED = "preferred", _("Preferred")
    IDEAL_SOME_OF = "ideal_some_of", _("Some of these")
    STRONG_ADVANTAGE = "strong_advantage", _("Strong advantage, not required")
    NOT_A_FIT = "not_a_fit", _("Not a good fit")


class Frequency(TextChoices):
    DAILY = "daily", _("daily")
    THRICE_WEEKLY = "thrice_weekly", _("three times a week")
    TWICE_WEEKLY = "twice_weekly", _("twice a week")
    WEEKLY = "weekly", _("weekly")
    FORTNIGHTLY = "fortnightly", _("every two weeks")
    MONTHLY = "monthly", _("monthly")
    AS_NEEDED = "as_needed", _("as needed")


class MeetingFormat(TextChoices):
    ONE_TO_ONE = "one_to_one", _("one to one")
    GROUP = "group", _("group")
    EITHER = "either", _("one to one or group")
    PEERS = "peers", _("fellows only")


class HelpTopic(TextChoices):
    """The chapters of the help, in the order of the way."""

    BEFORE = "before", _("Before you apply")
    APPLYING = "applying", _("The general application")
    STAGE2 = "stage2", _("Streams, tasks and references")
    READING = "reading", _("How you are read")
    OFFERS = "offers", _("Offers and after")
    PORTAL = "portal", _("Your account and your data")


class HelpStep(TextChoices):
    """The pages that lead to help of their own."""

    CATALOGUE = "catalogue", _("Streams and tracks")
    APPLICATION = "application", _("General application")
    CHECK = "check", _("Check your answers")
    REFEREES = "referees", _("Referees")
    STAGE2 = "stage2", _("Streams and tasks")
    STREAM = "stream", _("One stream’s questions")
    TASK = "task", _("A task")
    ORDER = "order", _("Order of streams")
    OFFERS = "offers", _("Offers")
    RESULT = "result", _("Result and feedback")
    DATA = "data", _("My data")

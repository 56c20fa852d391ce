"""Which rows a copied life has: the tables, what they hang on, and what is not taken over as it is."""

import dataclasses
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db import models

from accounts.models import User
from applications.models import (
    Accommodation,
    Answer,
    Application,
    DeadlineExtension,
    Document,
    EvaluationAssignment,
    Excusal,
    ExternalScore,
    FormUse,
    IntegrityCase,
    Letter,
    LetterAnswer,
    Reference,
    StreamApplication,
    TaskExtension,
    TrackApplication,
)
from applications.models.document import FOLDER
from applications.states import NOT_READ
from core.models import Opening, OutboxMail
from matching.models import Offer, PreferenceEntry, PreferenceList, RankEntry
from reviews.models import (
    ConflictOfInterest,
    Decision,
    EarlierLevels,
    Explanation,
    FeedbackPacket,
    FeedbackSentence,
    FurtherRead,
    IdentityFlag,
    Review,
    ReviewAssignment,
    ReviewScore,
)
from streams.models import SavedStream

#: 22 characters that may stand in an address, out of 122 random bits.
RANDOM_ID = "translate(rtrim(encode(uuid_send(gen_random_uuid()), 'base64'), '='), '+/', '-_')"
#: A place in a reader's queue, drawn like the others.
RANDOM_PLACE = "(random() * 2147483646)::int"


@dataclass(frozen=True)
class Part:
    """Rows of ``model`` that belong to a row of ``parent``; ``is_parent`` where further rows belong to them in turn."""

    model: type[models.Model]
    parent: type[models.Model]
    column: str
    is_parent: bool = False
    #: Columns that are not taken over as they are: SQL over the row ``t``, its parent's copy ``p``, the
    #: newcomer ``who`` (where people are the parent), and what its scope was copied to, ``scoped``.
    other: dict[str, str] = dataclasses.field(default_factory=dict)


SCOPED = {"scope_key": "coalesce(scoped.new_public, t.scope_key)"}
PEOPLE = Part(User, User, "id", other={"display_name": "who.name", "email": "who.email"})
PARTS = (
    Part(EmailAddress, User, "user_id", other={"email": "who.email"}),
    Part(SavedStream, User, "person_id"),
    Part(Accommodation, User, "person_id"),
    Part(Opening, User, "subject_id"),
    Part(Application, User, "person_id", is_parent=True, other={"reference": "who.reference"}),
    Part(TrackApplication, Application, "application_id", is_parent=True),
    Part(StreamApplication, Application, "application_id", is_parent=True),
    Part(
        EvaluationAssignment,
        Application,
        "application_id",
        is_parent=True,
        # Without the question: what waits for its outcome waits for a grader instead.
        other={"state": f"CASE WHEN t.state IN {tuple(sorted(map(str, NOT_READ)))} THEN 'submitted' ELSE t.state END"},
    ),
    Part(ExternalScore, EvaluationAssignment, "assignment_id"),
    Part(TaskExtension, EvaluationAssignment, "assignment_id"),
    Part(Excusal, EvaluationAssignment, "assignment_id"),
    Part(StreamApplication.areas.through, StreamApplication, "streamapplication_id"),
    Part(
        Document,
        Application,
        "application_id",
        is_parent=True,
        other=SCOPED | {"storage_name": f"'{FOLDER}/' || m.new_public"},
    ),
    Part(
        Answer,
        Application,
        "application_id",
        other=SCOPED
        | {
            "value": "CASE WHEN file.new_public IS NULL THEN t.value"
            " ELSE jsonb_set(t.value, '{id}', to_jsonb(file.new_public)) END"
        },
    ),
    Part(FormUse, Application, "application_id", other=SCOPED),
    Part(DeadlineExtension, Application, "application_id"),
    Part(Reference, Application, "application_id", is_parent=True),
    Part(LetterAnswer, Reference, "reference_id"),
    Part(Letter, Reference, "reference_id"),
    Part(ConflictOfInterest, User, "person_id"),
    Part(Decision, TrackApplication, "track_application_id"),
    Part(FurtherRead, TrackApplication, "track_application_id"),
    Part(FeedbackPacket, TrackApplication, "track_application_id", is_parent=True),
    Part(PreferenceList, Application, "application_id", is_parent=True),
    Part(PreferenceEntry, PreferenceList, "preference_list_id"),
    Part(
        OutboxMail,
        User,
        "person_id",
        other={
            "to": "who.email",
            "key": "t.key || ':copy-' || p.copy",
            "subject": "replace(t.subject, who.old_reference, who.reference)",
            "body": "replace(replace(t.body, who.old_name, who.name), who.old_reference, who.reference)",
        },
    ),
)
#: What hangs on an application and is not copied, with the reason. (Earlier texts of an answer are not either.)
LEFT_OUT: dict[type[models.Model], str] = {
    Offer: "a stream has its seats, however many apply",
    RankEntry: "a stream has one list",
    IntegrityCase: "it is about one person's own submission, and names their words",
    IdentityFlag: "it hangs on one reading of one text, and its words name the original",
}
#: An assignment hangs on a track or on a task; what is read hangs on it.
READINGS = tuple(
    Part(ReviewAssignment, parent, column, is_parent=True, other={"position": RANDOM_PLACE})
    for parent, column in ((TrackApplication, "track_application_id"), (EvaluationAssignment, "evaluation_id"))
)
READ = (
    Part(Review, ReviewAssignment, "assignment_id", is_parent=True),
    Part(ReviewScore, Review, "review_id"),
    Part(FeedbackSentence, Review, "review_id"),
    Part(Explanation, Review, "review_id"),
    Part(EarlierLevels, Review, "review_id"),
)
MAPPED = {part.model for part in (*PARTS, *READINGS, *READ) if part.is_parent} | {User}

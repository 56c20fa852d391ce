"""Kinds of question, classes of data, and the life of a form version."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.transitions import MoveTable


class QuestionKind(TextChoices):
    SHORT_TEXT = "short_text", _("One line of text")
    LONG_TEXT = "long_text", _("Text of several paragraphs")
    CHOICE = "choice", _("One of several choices")
    MULTI_CHOICE = "multi_choice", _("Any of several choices")
    ONE_OR_MORE = "one_or_more", _("At least so many of several choices")
    YES_NO = "yes_no", _("Yes or no")
    NUMBER = "number", _("A number")
    DATE = "date", _("A date")
    LINKS = "links", _("Links, each with a short explanation")
    CONSENT = "consent", _("A statement to agree to")
    SKILL = "skill", _("A skill: own level, evidence, link")
    AVAILABILITY = "availability", _("Availability: first day, last day, hours a week")
    ACKNOWLEDGEMENT = "acknowledgement", _("Something to have read")
    FILE = "file", _("A file")


#: Kinds whose answer is one or several of the question's choices.
WITH_CHOICES = frozenset({QuestionKind.CHOICE, QuestionKind.MULTI_CHOICE, QuestionKind.ONE_OR_MORE})
#: Kinds that name choices: a skill's are its levels, lowest first.
NAMES_CHOICES = WITH_CHOICES | {QuestionKind.SKILL}
WITH_WORDS = frozenset({QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT})
#: Kinds that are one box to tick: unticked is no answer.
TICKED = frozenset({QuestionKind.CONSENT, QuestionKind.ACKNOWLEDGEMENT})
#: Kinds that can have a fewest and a most.
COUNTED = frozenset({QuestionKind.MULTI_CHOICE, QuestionKind.ONE_OR_MORE, QuestionKind.LINKS})


class DataClass(TextChoices):
    """What an answer may reveal; a track's ``blind_fields`` names the classes its first readers do not get."""

    NONE = "none", _("Nothing about who the person is")
    IDENTITY = "identity", _("Identity: names, pronouns, personal pages")
    INSTITUTION = "institution", _("Institution: employer, university, degree")
    CONTACT = "contact", _("Contact details")
    LOGISTICS = "logistics", _("Places, dates and visa support; for operations only")
    DEMOGRAPHIC = "demographic", _("Demographic; for statistics only")
    SPECIAL = "special", _("Special category; on a need-to-know basis")
    DOCUMENT = "document", _("A document")


#: What a condition names that hangs on the areas chosen in a stream, by their codes; no question has this code.
AREAS = "areas"


class FormState(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


FORM_MOVES = MoveTable(
    FormState,
    publish=(FormState.DRAFT, FormState.PUBLISHED),
    retire=(FormState.PUBLISHED, FormState.RETIRED),
)

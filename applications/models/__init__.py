"""What people hand in."""

from applications.models.answer import Answer, AnswerSnapshot, AnswerVersion
from applications.models.application import Application, StreamApplication, TrackApplication
from applications.models.document import Document
from applications.models.evaluation import EvaluationAssignment, EvaluationDefinition
from applications.models.extension import DeadlineExtension
from applications.models.form_use import FormUse
from applications.models.reference import Letter, LetterAnswer, Referee, Reference

__all__ = [
    "Answer",
    "AnswerSnapshot",
    "AnswerVersion",
    "Application",
    "DeadlineExtension",
    "Document",
    "EvaluationAssignment",
    "EvaluationDefinition",
    "FormUse",
    "Letter",
    "LetterAnswer",
    "Referee",
    "Reference",
    "StreamApplication",
    "TrackApplication",
]

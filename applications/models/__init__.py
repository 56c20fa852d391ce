"""What people hand in."""

from applications.models.answer import Answer, AnswerCorrection, AnswerSnapshot, AnswerVersion
from applications.models.application import Application, StreamApplication, TrackApplication
from applications.models.document import Document
from applications.models.evaluation import (
    Accommodation,
    EvaluationAssignment,
    EvaluationDefinition,
    ExternalScore,
    ScoreDelivery,
)
from applications.models.exception import Excusal, TaskExtension
from applications.models.extension import DeadlineExtension
from applications.models.form_use import FormUse
from applications.models.integrity import CaseEvidence, CaseRuling, CaseStatement, IntegrityCase
from applications.models.reference import Letter, LetterAnswer, Referee, Reference

__all__ = [
    "Accommodation",
    "Answer",
    "AnswerCorrection",
    "AnswerSnapshot",
    "AnswerVersion",
    "Application",
    "CaseEvidence",
    "CaseRuling",
    "CaseStatement",
    "DeadlineExtension",
    "Document",
    "EvaluationAssignment",
    "EvaluationDefinition",
    "Excusal",
    "ExternalScore",
    "FormUse",
    "IntegrityCase",
    "Letter",
    "LetterAnswer",
    "Referee",
    "Reference",
    "ScoreDelivery",
    "StreamApplication",
    "TaskExtension",
    "TrackApplication",
]

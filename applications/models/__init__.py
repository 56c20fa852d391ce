"""What people hand in."""

from applications.models.answer import Answer, AnswerSnapshot, AnswerVersion
from applications.models.application import Application, StreamApplication, TrackApplication
from applications.models.evaluation import EvaluationAssignment, EvaluationDefinition

__all__ = [
    "Answer",
    "AnswerSnapshot",
    "AnswerVersion",
    "Application",
    "EvaluationAssignment",
    "EvaluationDefinition",
    "StreamApplication",
    "TrackApplication",
]

"""Rubrics, assignments, proposals, reviews, conflicts, decisions."""

from reviews.models.assignment import ConflictOfInterest, ReviewAssignment
from reviews.models.closeness import CoAuthor, ConflictHint
from reviews.models.comparing import EarlierLevels, Explanation
from reviews.models.decision import Decision, DecisionBatch
from reviews.models.feedback import FeedbackEdit, FeedbackPacket, FeedbackSentence
from reviews.models.identity import IdentityFlag
from reviews.models.practice import PracticeItem, PracticeRound, PracticeScore
from reviews.models.proposal import AssignmentChange, AssignmentProposal
from reviews.models.review import FurtherRead, Review, ReviewScore
from reviews.models.rubric import Criterion, Rubric

__all__ = [
    "AssignmentChange",
    "AssignmentProposal",
    "CoAuthor",
    "ConflictHint",
    "ConflictOfInterest",
    "Criterion",
    "Decision",
    "DecisionBatch",
    "EarlierLevels",
    "Explanation",
    "FeedbackEdit",
    "FeedbackPacket",
    "FeedbackSentence",
    "FurtherRead",
    "IdentityFlag",
    "PracticeItem",
    "PracticeRound",
    "PracticeScore",
    "Review",
    "ReviewAssignment",
    "ReviewScore",
    "Rubric",
]

"""Shapes of what people type."""

from reviews.forms.batches import BatchForm, OutcomeForm, ScheduleForm, UndoForm
from reviews.forms.review import ConflictForm, IdentityForm, ReviewForm, ScoresForm

__all__ = [
    "BatchForm",
    "ConflictForm",
    "IdentityForm",
    "OutcomeForm",
    "ReviewForm",
    "ScheduleForm",
    "ScoresForm",
    "UndoForm",
]

"""Shapes of what people type."""

from reviews.forms.batches import BatchForm, OutcomeForm, ScheduleForm, UndoForm
from reviews.forms.review import ConflictForm, ReviewForm, ScoresForm

__all__ = ["BatchForm", "ConflictForm", "OutcomeForm", "ReviewForm", "ScheduleForm", "ScoresForm", "UndoForm"]

"""Who reads what, and what a reading is worth: pure functions, without Django."""

from reviews.engine.assigning import Assignment, assign
from reviews.engine.scoring import Weighted, mean_of, weighted_mean

__all__ = ["Assignment", "Weighted", "assign", "mean_of", "weighted_mean"]

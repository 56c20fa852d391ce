"""What a reading is worth: pure functions, without Django."""

from reviews.engine.scoring import Weighted, mean_of, weighted_mean

__all__ = ["Weighted", "mean_of", "weighted_mean"]

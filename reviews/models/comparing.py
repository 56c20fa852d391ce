"""What readers make of each other's levels, after their own are in."""

from django.db import models

from core import clock
from reviews.models.review import Review
from reviews.models.rubric import Criterion


class Explanation(models.Model):
    """Why a reader gave a level that is far from another reader's: two lines a criterion."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="explanations")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    wants_further = models.BooleanField(default=False, help_text="The reader would like somebody else to read it too.")
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="explained_once_a_criterion")]

    def __str__(self) -> str:
        return f"explanation of {self.review_id}"


class EarlierLevels(models.Model):
    """The levels that a reader had handed in before they changed them."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="earlier")
    version = models.PositiveIntegerField()
    levels = models.JSONField(help_text="Level by criterion code, null for “cannot tell”.")
    mean = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    kept_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "earlier levels"
        constraints = [models.UniqueConstraint(fields=["review", "version"], name="earlier_levels_once_a_version")]

    def __str__(self) -> str:
        return f"version {self.version} of {self.review_id}"

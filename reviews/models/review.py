"""A reading: scores, one public sentence, a private note."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from reviews.models.assignment import ReviewAssignment
from reviews.models.rubric import Criterion
from reviews.states import Confidence


class Review(models.Model):
    """What a reviewer wrote about one assignment, draft or handed in; ``snapshots`` names what they read."""

    assignment = models.OneToOneField(ReviewAssignment, on_delete=models.CASCADE, related_name="review")
    confidence = models.CharField(max_length=10, choices=Confidence.choices, blank=True)
    feedback_public = models.TextField(blank=True)
    note_internal = models.TextField(blank=True)
    follow_up_1 = models.TextField(blank=True, help_text="A question about handed-in work, to be asked in person.")
    follow_up_2 = models.TextField(blank=True)
    mean = models.DecimalField(max_digits=6, decimal_places=3, null=True, help_text="Weighted; null until submitted.")
    snapshots = models.JSONField(default=list, help_text="Public ids of the snapshots that were read.")
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence="") | Q(confidence__in=Confidence.values), name="review_confidence_known"
            )
        ]

    def __str__(self) -> str:
        return f"review of {self.assignment_id}"

    @property
    def follow_ups(self) -> tuple[str, ...]:
        """The questions that the reader would ask, none to two."""
        return tuple(text for text in (self.follow_up_1, self.follow_up_2) if text)


class FurtherRead(models.Model):
    """One reading more than the cycle asks for, because two of an application in a track leave it open."""

    track_application = models.OneToOneField(
        "applications.TrackApplication", on_delete=models.CASCADE, related_name="further_read"
    )
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"further reading of {self.track_application_id}"


class ReviewScore(models.Model):
    """One criterion's score; ``value`` null means "cannot tell"."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="score_once")]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.value}"

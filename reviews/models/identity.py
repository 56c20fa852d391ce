"""Passages that give away who wrote a text, as its blind readers found them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.models.assignment import ReviewAssignment
from reviews.states import FLAG_MOVES, FlagState


class IdentityFlag(models.Model):
    """A reader says that a passage names its writer. Once removed, no blind reader gets ``removed`` any more."""

    MOVES = FLAG_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    assignment = models.ForeignKey(ReviewAssignment, on_delete=models.PROTECT, related_name="identity_flags")
    application = models.ForeignKey("applications.Application", on_delete=models.CASCADE, related_name="identity_flags")
    question_code = models.CharField(max_length=100)
    passage = models.TextField(help_text="As the reader marked it.")
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=FlagState.choices, default=FlagState.FLAGGED, editable=False)
    removed = models.TextField(blank=True, help_text="The passage that readers no longer get.")
    flagged_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FlagState.values), name="identity_flag_state_known"),
            models.CheckConstraint(
                condition=~Q(state=FlagState.REMOVED) | ~Q(removed=""), name="identity_flag_removed_something"
            ),
        ]
        indexes = [
            models.Index(fields=["application"], condition=Q(state=FlagState.REMOVED), name="identity_removed_passages")
        ]

    def __str__(self) -> str:
        return f"identity flag on {self.assignment_id}"

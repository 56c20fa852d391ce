"""Who reads what, and who must not."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.states import (
    ASSIGNMENT_MOVES,
    OPEN_ASSIGNMENT,
    AssignmentState,
    ConflictKind,
    ConflictSource,
    DeclineReason,
)


class ReviewAssignment(models.Model):
    """One reviewer's task: an application in a track, or an evaluation to grade. Its public id is the address."""

    MOVES = ASSIGNMENT_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    label = models.CharField(max_length=10, help_text="What the reviewer calls it, such as A-4417; drawn at random.")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_assignments")
    track_application = models.ForeignKey(
        "applications.TrackApplication", null=True, on_delete=models.PROTECT, related_name="review_assignments"
    )
    evaluation = models.ForeignKey(
        "applications.EvaluationAssignment", null=True, on_delete=models.PROTECT, related_name="review_assignments"
    )
    rubric = models.ForeignKey("reviews.Rubric", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=12, choices=AssignmentState.choices, default=AssignmentState.ASSIGNED, editable=False
    )
    position = models.PositiveIntegerField(help_text="The reviewer's own random order.")
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(null=True, blank=True, help_text="Empty: when the review closes.")
    submitted_at = models.DateTimeField(null=True, blank=True)
    decline_reason = models.CharField(max_length=10, choices=DeclineReason.choices, blank=True)
    decline_note = models.CharField(max_length=300, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True, help_text="When it went to the back of the queue.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AssignmentState.values), name="review_assignment_state_known"),
            models.CheckConstraint(
                condition=Q(track_application__isnull=False, evaluation__isnull=True)
                | Q(track_application__isnull=True, evaluation__isnull=False),
                name="review_assignment_has_one_target",
            ),
            models.CheckConstraint(
                condition=~Q(state=AssignmentState.DECLINED) | ~Q(decline_reason=""),
                name="review_declined_for_a_reason",
            ),
            models.UniqueConstraint(fields=["reviewer", "track_application"], name="review_assigned_once"),
            models.UniqueConstraint(fields=["reviewer", "evaluation"], name="grading_assigned_once"),
        ]
        indexes = [
            models.Index(
                fields=["reviewer", "position"], condition=Q(state__in=sorted(OPEN_ASSIGNMENT)), name="review_queue"
            )
        ]

    def __str__(self) -> str:
        return self.label


class ConflictOfInterest(models.Model):
    """A person whom another person must not judge."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=ConflictKind.choices)
    source = models.CharField(max_length=12, choices=ConflictSource.choices, default=ConflictSource.DECLARED)
    note = models.CharField(max_length=300, blank=True)
    declared_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "conflicts of interest"
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "person"], name="conflict_once"),
            models.CheckConstraint(condition=Q(kind__in=ConflictKind.values), name="conflict_kind_known"),
            models.CheckConstraint(condition=Q(source__in=ConflictSource.values), name="conflict_source_known"),
        ]

    def __str__(self) -> str:
        return f"conflict of {self.reviewer_id}"

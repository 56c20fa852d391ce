"""What staff settle about one task of one person: more time for it, or that it is not asked of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models.evaluation import EvaluationAssignment
from core import clock, ids


class TaskExtension(models.Model):
    """More time for one task of one person; the latest one counts. The reason is for staff alone."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    assignment = models.ForeignKey(EvaluationAssignment, on_delete=models.CASCADE, related_name="extensions")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="task_extension_has_a_reason")]

    def __str__(self) -> str:
        return f"extension of {self.assignment_id}"


class Excusal(models.Model):
    """That one person need not do one task, and why: for staff and leads alone. Ended when the task is asked again."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    assignment = models.ForeignKey(EvaluationAssignment, on_delete=models.CASCADE, related_name="excusals")
    reason = models.CharField(max_length=300)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=clock.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="excusal_has_a_reason"),
            models.UniqueConstraint(fields=["assignment"], condition=Q(ended_at__isnull=True), name="excusal_once"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="excusal_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"excusal of {self.assignment_id}"

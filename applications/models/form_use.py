"""Which version of a form an application fills in."""

from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import AnswerScope
from core import clock


class FormUse(models.Model):
    """The version of one form with which an application began: it stays, or staff move it and the person is told."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="form_uses")
    scope = models.CharField(max_length=12, choices=AnswerScope.choices)
    scope_key = models.CharField(max_length=32, blank=True)
    version = models.ForeignKey("questions.FormVersion", on_delete=models.PROTECT, related_name="uses")
    moved_from = models.ForeignKey(
        "questions.FormVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "scope", "scope_key"], name="form_use_once"),
            models.CheckConstraint(condition=Q(scope__in=AnswerScope.values), name="form_use_scope_known"),
            models.CheckConstraint(
                condition=Q(moved_from__isnull=True, moved_at__isnull=True)
                | Q(moved_from__isnull=False, moved_at__isnull=False),
                name="form_use_moved_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version_id} in application {self.application_id}"

"""More time for one person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import Window
from core import clock, ids


class DeadlineExtension(models.Model):
    """A deadline that staff moved for one person, with the reason; the latest one of a window counts."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="extensions")
    window = models.CharField(max_length=20, choices=Window.choices)
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(window__in=Window.values), name="extension_window_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="extension_has_a_reason"),
        ]
        indexes = [models.Index(fields=["application", "window", "-granted_at"])]

    def __str__(self) -> str:
        return f"{self.window} of {self.application_id} until {self.until:%d %B %H:%M} UTC"

"""Streams that a person wants to find again."""

from django.conf import settings
from django.db import models

from core import clock
from streams.models.stream import Stream


class SavedStream(models.Model):
    """One stream on a person's own list. Nobody else reads it, and nothing follows from it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_streams")
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["saved_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["person", "stream"], name="stream_saved_once")]

    def __str__(self) -> str:
        return f"stream {self.stream_id}, saved"

"""Devices that people signed in from."""

from django.conf import settings
from django.db import models


class KnownDevice(models.Model):
    """A browser and system that a person signed in from; outlives its sessions, so that no device is news twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_devices")
    name = models.CharField(max_length=80)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="known_device_once")]

    def __str__(self) -> str:
        return self.name

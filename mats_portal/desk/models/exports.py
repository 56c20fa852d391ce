"""Files that were made for one person, and their choices of columns."""

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core import clock, ids


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX (Excel, LibreOffice)"


def storage_name() -> str:
    """Return a name nobody can guess, drawn once: a job that is run again writes the same file again."""
    return f"exports/{secrets.token_urlsafe(24)}"


class ExportFile(models.Model):
    """A file with data of the programme: its maker's alone, and gone after a day. The row stays for the record."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="export_files")
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")

    kind = models.CharField(max_length=20)
    filters = models.JSONField(default=dict, blank=True)
    columns = ArrayField(models.CharField(max_length=100))
    file_format = models.CharField(max_length=5, choices=ExportFormat.choices)
    purpose = models.CharField(max_length=300)

    storage_name = models.CharField(max_length=100, unique=True, default=storage_name, editable=False)
    n_rows = models.PositiveIntegerField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["maker", "-created_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(file_format__in=ExportFormat.values), name="export_format_known"),
            models.CheckConstraint(condition=~Q(purpose=""), name="export_has_a_purpose"),
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True)
                | Q(
                    n_rows__isnull=False, size__isnull=False, expires_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"
                ),
                name="export_ready_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} export {self.public_id}"


class SavedExport(models.Model):
    """A person's choice of columns under a name of theirs."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_exports")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    columns = ArrayField(models.CharField(max_length=100))
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_export_name_once")]

    def __str__(self) -> str:
        return self.name

"""What people ask about their own data: copies, deletion, corrections; and their calendar."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from core.transitions import MoveTable


def copy_name() -> str:
    """Return a name nobody can guess for a person's copy."""
    return f"copies/{secrets.token_urlsafe(24)}"


class PersonCopy(models.Model):
    """Everything the portal holds of one person, in one file: theirs alone, and gone after a week."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="copies")
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    storage_name = models.CharField(max_length=100, unique=True, default=copy_name, editable=False)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "person copies"
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True)
                | Q(size__isnull=False, expires_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"),
                name="copy_ready_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"copy {self.public_id}"


class DeletionState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being carried out"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


D = DeletionState
DELETION_MOVES = MoveTable(
    DeletionState,
    cancel=(D.WAITING, D.CANCELLED),
    begin=({D.WAITING, D.RUNNING}, D.RUNNING),
    finish=(D.RUNNING, D.DONE),
)


class DeletionRequest(models.Model):
    """A person's wish to be deleted, and afterwards the record that it was done: numbers, no texts."""

    MOVES = DELETION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deletion_requests")
    state = models.CharField(
        max_length=10, choices=DeletionState.choices, default=DeletionState.WAITING, editable=False
    )
    requested_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict, help_text="Rows by kind when it began.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeletionState.values), name="deletion_state_known"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["waiting", "running"]), name="deletion_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"deletion {self.public_id}"


class CalendarLink(models.Model):
    """A person's own calendar feed. Its public id is signed into the address; without the row the address is dead."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_link")
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"calendar {self.pk}"


class CorrectionState(models.TextChoices):
    OPEN = "open", "With staff"
    ACCEPTED = "accepted", "Put right"
    DECLINED = "declined", "Not changed"
    WITHDRAWN = "withdrawn", "Taken back"


CORRECTION_MOVES = MoveTable(
    CorrectionState,
    accept=(CorrectionState.OPEN, CorrectionState.ACCEPTED),
    decline=(CorrectionState.OPEN, CorrectionState.DECLINED),
    withdraw=(CorrectionState.OPEN, CorrectionState.WITHDRAWN),
)


class CorrectionKind(models.TextChoices):
    """What a person can ask staff to put right, because they cannot themselves."""

    ANSWERS = "answers", "An answer or a file as I submitted it"
    FILE_TEXT = "file_text", "The text that was read out of a file"
    RECORDED = "recorded", "A date, a score or a place that you recorded"
    OTHER = "other", "Something else"


class CorrectionRequest(models.Model):
    """A fact that somebody asks staff to put right: what it is, what it should be, and why."""

    MOVES = CORRECTION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="corrections")
    application = models.ForeignKey("applications.Application", null=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("applications.Document", null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=10, choices=CorrectionKind.choices)
    state = models.CharField(
        max_length=10, choices=CorrectionState.choices, default=CorrectionState.OPEN, editable=False
    )
    what = models.CharField(max_length=200)
    answer = models.CharField(
        max_length=130, blank=True, help_text="Which answer is meant: a snapshot and a question code; empty: none."
    )
    proposed = models.TextField()
    reason = models.TextField()
    asked_at = models.DateTimeField(default=clock.now)
    reply = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "correction"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CorrectionState.values), name="correction_state_known"),
            models.CheckConstraint(condition=Q(kind__in=CorrectionKind.values), name="correction_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=[CorrectionState.OPEN, CorrectionState.WITHDRAWN])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reply=""),
                name="correction_decided_with_a_reply",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state="open"), name="correction_waits")]

    def __str__(self) -> str:
        return f"correction {self.public_id}"

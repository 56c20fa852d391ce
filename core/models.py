"""The platform's own rows: clock, audit, outbox, jobs."""

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse

from core import clock, ids
from core.states import JOB_MOVES, MAIL_MOVES, JobState, MailClass, MailState


class DemoClock(models.Model):
    """How far the demo's "now" is moved from real time. One row, read only in demo mode."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    offset = models.DurationField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="demo_clock_is_one_row")]

    def __str__(self) -> str:
        return f"moved by {self.offset}"


class Edition(models.Model):
    """The name of the configuration's present state, written by triggers alone: see ``core.editions``."""

    id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.id)


class AuditEvent(models.Model):
    """Who did what to which row, when; personal texts never stand here."""

    at = models.DateTimeField(default=clock.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=80)
    object_key = models.CharField(max_length=40)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    about = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="Whose file the row belongs to (a person's key). The database fills it in; the chain leaves it out.",
    )

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_key"]), models.Index(fields=["-at"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type}"


class AuditSeal(models.Model):
    """One link of the chain over the record: ``hash`` covers a line and, by the link before, all earlier ones."""

    number = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="seal_counts_from_one"),
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="seal_hash_is_whole"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class OutboxMail(models.Model):
    """One mail that was decided on, in the transaction of the act that caused it; ``key`` names act and object."""

    MOVES = MAIL_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    key = models.CharField(max_length=200, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="mails")
    to = models.EmailField()
    template = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    mail_class = models.CharField(max_length=10, choices=MailClass.choices)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.QUEUED, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    is_secret = models.BooleanField(default=False, help_text="Holds a sign-in code: nobody but its reader may see it.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    not_before = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="Real time, after a failed try.")
    claimed_at = models.DateTimeField(null=True, help_text="Real time: a claim goes stale by the wall clock.")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_state_known")]
        indexes = [
            # In the order in which they are claimed: of a long queue only the first is looked at.
            models.Index(fields=["created_at", "id"], condition=Q(state=MailState.QUEUED), name="mail_waiting"),
            models.Index(fields=["person", "-created_at"]),
            # A mail that came back is found by its address, in whatever letters the other side wrote it.
            models.Index(Upper("to"), name="mail_to"),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("core:mail", args=[self.public_id])


class Job(models.Model):
    """Work that a person waits for: what was asked, how far it is, what came of it."""

    MOVES = JOB_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="Real time of the last sign of life.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="job_progress_within_total"),
        ]
        indexes = [models.Index(fields=["-created_at"])]

    def __str__(self) -> str:
        return self.kind

    def get_absolute_url(self) -> str:
        return reverse("core:job", args=[self.public_id])

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}

    @property
    def silent_since(self) -> datetime | None:
        """The last sign of life of a running job."""
        return self.beat_at if self.state == JobState.RUNNING else None


class Opening(models.Model):
    """Somebody opened a person's file in a role: one row a viewer, role and day. The person reads it as a role."""

    subject = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="openings")
    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    on = models.DateField()
    first_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "viewer", "role", "on"], name="opening_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.on}"

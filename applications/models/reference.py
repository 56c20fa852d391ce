"""Referees and what they write. An applicant reads the state of a reference and never a word of its letter."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from applications.models.application import Application
from applications.states import REFERENCE_MOVES, ReferenceState
from core import clock, ids


class Referee(models.Model):
    """One address that is asked for references in one cycle, by however many applicants: the only place it stands.

    ``nonce`` is part of the signature of the referee's link: a new one makes every earlier link worthless.
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="referees")
    email = models.EmailField()
    nonce = models.CharField(max_length=22, default=ids.public_id, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "email"], name="referee_once_a_cycle"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="referee_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return f"referee {self.public_id}"


class Reference(models.Model):
    """One referee of one application."""

    MOVES = REFERENCE_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="references")
    referee = models.ForeignKey(Referee, on_delete=models.PROTECT, related_name="references")
    name = models.CharField(max_length=120, help_text="As the applicant wrote it.")
    relation = models.CharField(max_length=200, blank=True, help_text="As the applicant wrote it.")
    access_waived = models.BooleanField(help_text="The applicant gave up asking to read the letter.")
    state = models.CharField(
        max_length=10, choices=ReferenceState.choices, default=ReferenceState.LISTED, editable=False
    )
    n_requests = models.PositiveSmallIntegerField(default=0)
    decline_reason = models.CharField(max_length=300, blank=True)
    listed_at = models.DateTimeField(default=clock.now)
    requested_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True, help_text="When we last wrote to the referee about it.")
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "referee"],
                condition=~Q(state=ReferenceState.REPLACED),
                name="reference_once_a_referee",
            ),
            models.CheckConstraint(condition=Q(state__in=ReferenceState.values), name="reference_state_known"),
            models.CheckConstraint(
                condition=Q(requested_at__isnull=False)
                | Q(
                    state__in=[
                        ReferenceState.LISTED,
                        ReferenceState.EXPIRED,
                        ReferenceState.REPLACED,
                    ]
                ),
                name="reference_past_listed_was_requested",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReferenceState.SUBMITTED) | Q(submitted_at__isnull=False),
                name="reference_received_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "application"])]

    def __str__(self) -> str:
        return f"reference {self.public_id}"


class LetterAnswer(models.Model):
    """What the referee has typed so far in one field; nobody but the referee reads it before it is sent."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="typed")
    code = models.SlugField(max_length=40)
    value = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reference", "code"], name="letter_answer_once")]

    def __str__(self) -> str:
        return f"{self.code} of reference {self.reference_id}, version {self.version}"


class Letter(models.Model):
    """A reference as it was sent, word for word; an amended one is a further row. The newest counts.

    ``content`` is a list of {"code", "question", "display"}.
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="letters")
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    submitted_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["reference", "-submitted_at"])]

    def __str__(self) -> str:
        return f"letter {self.public_id}"

"""What an applicant gets to read of those who read their application: gathered, checked by a person, handed over."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.models.review import Review
from reviews.states import PACKET_MOVES, PacketState


class FeedbackPacket(models.Model):
    """The sentences for one application in a track. ``told`` is what was handed over: what and the words."""

    MOVES = PACKET_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    track_application = models.OneToOneField(
        "applications.TrackApplication", on_delete=models.CASCADE, related_name="feedback"
    )
    state = models.CharField(max_length=8, choices=PacketState.choices, default=PacketState.OPEN, editable=False)
    version = models.PositiveIntegerField(default=1, help_text="Counts changes: what is checked is what was read.")
    is_changed = models.BooleanField(default=False, help_text="A sentence was changed since it was checked.")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    told = models.JSONField(default=list)
    told_at = models.DateTimeField(null=True, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True, help_text="When what was handed over was corrected.")

    class Meta:
        verbose_name = "packet of notes"
        verbose_name_plural = "packets of notes"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PacketState.values), name="packet_state_known"),
            models.CheckConstraint(
                condition=~Q(state=PacketState.TOLD) | Q(told_at__isnull=False), name="packet_told_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=PacketState.CHECKED) | Q(checked_by__isnull=False), name="packet_checked_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"packet {self.pk}"


class FeedbackSentence(models.Model):
    """One reader's words in a packet: ``original`` as the reader wrote them, ``text`` as they are handed over."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    packet = models.ForeignKey(FeedbackPacket, on_delete=models.CASCADE, related_name="sentences")
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="sentences")
    about = models.CharField(max_length=200, blank=True, help_text="The task that it is about; empty: the application.")
    original = models.TextField()
    text = models.TextField()
    warnings = models.JSONField(default=list, help_text="Why a person should look twice.")
    position = models.PositiveIntegerField(help_text="Drawn at random: the order tells nothing.")
    left_out = models.CharField(max_length=200, blank=True, help_text="Why it is not handed over.")
    asked = models.CharField(max_length=300, blank=True, help_text="What the reader was asked to say otherwise.")
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "note"
        constraints = [models.UniqueConstraint(fields=["packet", "review"], name="sentence_once_a_packet")]

    def __str__(self) -> str:
        return f"sentence {self.pk}"


class FeedbackEdit(models.Model):
    """One change of a sentence by somebody other than its writer."""

    sentence = models.ForeignKey(FeedbackSentence, on_delete=models.CASCADE, related_name="edits")
    before = models.TextField(blank=True)
    after = models.TextField(blank=True, help_text="Empty: it was left out.")
    reason = models.CharField(max_length=200, blank=True)
    was_told = models.BooleanField(default=False, help_text="The applicant had read what stood there before.")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(was_told=False) | ~Q(reason=""), name="correction_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"edit of {self.sentence_id}"

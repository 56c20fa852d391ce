"""Mentors, and their part in streams."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.ids import public_id
from streams.models.stream import Stream
from streams.states import AffiliationType, MentorRole


class Mentor(models.Model):
    """What the catalogue shows of a mentor. What they may do follows from role grants, not from this row."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="mentor"
    )
    display_name = models.CharField(max_length=150)
    affiliation = models.CharField(max_length=150, blank=True)
    affiliation_type = models.CharField(max_length=20, choices=AffiliationType.choices, blank=True)
    base_city = models.CharField(max_length=100, blank=True)
    timezone = models.CharField(max_length=60, default="UTC")
    working_hours = models.CharField(max_length=60, blank=True)
    travel_note = models.CharField(max_length=200, blank=True)
    bio = models.TextField(blank=True)

    class Meta:
        ordering = ["display_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(affiliation_type="") | Q(affiliation_type__in=AffiliationType.values),
                name="mentor_affiliation_type_known",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name


class StreamMentor(models.Model):
    """A mentor's part in a stream."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="stream_mentors")
    mentor = models.ForeignKey(Mentor, on_delete=models.PROTECT, related_name="stream_mentors")
    role = models.CharField(max_length=12, choices=MentorRole.choices, default=MentorRole.MENTOR)
    cap = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Fellows this mentor takes in this stream.")
    note = models.CharField(max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["stream", "order"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "mentor"], name="stream_mentor_unique"),
            models.CheckConstraint(condition=Q(role__in=MentorRole.values), name="stream_mentor_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.mentor} in {self.stream}"

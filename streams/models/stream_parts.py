"""The parts of a stream's page: areas, requirements, meetings, projects, reading and agreements."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.ids import public_id
from streams.models.stream import Stream
from streams.states import Frequency, MeetingFormat, RequirementKind


class StreamArea(models.Model):
    """One of several separate areas in a stream, with requirements of its own."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="areas")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["stream", "order"]
        constraints = [models.UniqueConstraint(fields=["stream", "code"], name="stream_area_code_unique")]

    def __str__(self) -> str:
        return self.title


class Requirement(models.Model):
    """What a stream, or one area of it, says about the people it looks for. Never an automatic reject."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="requirements")
    area = models.ForeignKey(StreamArea, on_delete=models.CASCADE, null=True, blank=True, related_name="requirements")
    kind = models.CharField(max_length=20, choices=RequirementKind.choices)
    text = models.TextField()
    options = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    min_options = models.PositiveSmallIntegerField(default=0)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["stream", "order"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "order"], name="requirement_order_unique"),
            models.CheckConstraint(condition=Q(kind__in=RequirementKind.values), name="requirement_kind_known"),
            models.CheckConstraint(
                condition=Q(options__len__gte=F("min_options")) | Q(min_options=0),
                name="requirement_enough_options",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Cadence(models.Model):
    """One regular meeting of a stream."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="cadences")
    phase = models.CharField(max_length=60, blank=True, help_text="If only in a part of the programme.")
    frequency = models.CharField(max_length=15, choices=Frequency.choices)
    minutes = models.PositiveSmallIntegerField()
    format = models.CharField(max_length=12, choices=MeetingFormat.choices)
    with_mentor = models.BooleanField(default=True)
    in_person = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["stream", "order"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "order"], name="cadence_order_unique"),
            models.CheckConstraint(condition=Q(minutes__gte=5) & Q(minutes__lte=480), name="cadence_5_to_480_minutes"),
            models.CheckConstraint(condition=Q(frequency__in=Frequency.values), name="cadence_frequency_known"),
            models.CheckConstraint(condition=Q(format__in=MeetingFormat.values), name="cadence_format_known"),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min {self.get_frequency_display()}"


class ProjectOption(models.Model):
    """A project that a stream names in advance."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="project_options")
    title = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    order = models.PositiveSmallIntegerField()
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["stream", "order"]
        constraints = [models.UniqueConstraint(fields=["stream", "title"], name="project_option_title_unique")]

    def __str__(self) -> str:
        return self.title


class ReadingItem(models.Model):
    """Something to read before applying."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="reading")
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["stream", "order"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "url"], name="reading_item_url_unique"),
            models.CheckConstraint(condition=Q(url__startswith="https://"), name="reading_item_https_only"),
        ]

    def __str__(self) -> str:
        return self.title


class Agreement(models.Model):
    """One version of a text that fellows of a stream sign. A version's text never changes."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(max_length=150)
    version = models.PositiveSmallIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    ack_at_apply = models.BooleanField(default=True)
    sign_before_start = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["stream", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "version"], name="agreement_version_unique"),
            models.CheckConstraint(condition=Q(version__gte=1), name="agreement_version_from_1"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="agreement_sha256_wellformed"),
        ]
        # People sign a version; what they signed must never change under them.
        triggers = [pgtrigger.Protect(name="agreement_immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"

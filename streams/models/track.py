"""Tracks of a cycle and the ordered steps an applicant goes through in each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core.ids import public_id
from streams.models.cycle import Cycle
from streams.states import StepKind


class Track(models.Model):
    """A way into the programme, defined by method."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    slug = models.SlugField(max_length=60)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="tracks")
    form = models.ForeignKey("questions.Form", on_delete=models.PROTECT, null=True, blank=True, related_name="tracks")

    name = models.CharField(max_length=100)
    summary = models.TextField()
    method = models.TextField(blank=True)
    description = models.TextField(blank=True)
    looks_for = models.TextField(blank=True)
    order = models.PositiveSmallIntegerField()
    place_cap = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Places over all streams of which this is the primary track, if caps are by track.",
    )
    blind_fields = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Classes of data that readers of the central review do not get.",
    )

    reviewers_read_references = models.BooleanField(
        default=False, help_text="Central reviewers get the references, which name people, once their own score is in."
    )

    class Meta:
        ordering = ["cycle", "order"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "slug"], name="track_slug_unique_in_cycle"),
            models.UniqueConstraint(fields=["cycle", "order"], name="track_order_unique_in_cycle"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("streams:track", args=[self.slug])


class Step(models.Model):
    """One station of a track; its window is named by two key dates of the cycle."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=StepKind.choices)
    name = models.CharField(max_length=100)
    opens_code = models.SlugField(max_length=40, blank=True)
    closes_code = models.SlugField(max_length=40, blank=True)
    required = models.BooleanField(default=True)
    minutes = models.PositiveSmallIntegerField(default=0, help_text="Of the applicant's time.")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["track", "order"]
        constraints = [
            models.UniqueConstraint(fields=["track", "order"], name="step_order_unique_in_track"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="step_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.track}: {self.name}"

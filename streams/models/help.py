"""What the programme explains to people who apply: one text for each thing they ask."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core import clock
from core.ids import public_id
from streams.states import HelpTopic


class HelpEntry(models.Model):
    """One question and its answer. It belongs to no cycle: dates and names stand on the pages that know them."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    topic = models.CharField(max_length=20, choices=HelpTopic.choices)
    steps = models.JSONField(default=list, blank=True, help_text="Pages that lead here.")
    order = models.PositiveSmallIntegerField(default=100)
    is_public = models.BooleanField(default=True)

    title = models.CharField(max_length=150)
    summary = models.CharField(max_length=300)
    body = models.TextField(help_text="Markdown.")
    updated_at = models.DateTimeField(default=clock.now)

    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english")
        + SearchVector("body", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["order", "title"]
        indexes = [GinIndex(fields=["search_vector"], name="help_search_gin")]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=HelpTopic.values), name="help_topic_known"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(summary="") & ~Q(body=""), name="help_says_something"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("streams:help_entry", args=[self.slug])

"""Streams: what a group of mentors offers in a cycle."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core import clock
from core.ids import public_id
from streams.models.cycle import Cycle, Site
from streams.models.track import Track
from streams.states import STREAM_MOVES, Autonomy, DataSensitivity, InPerson, InterviewRule, SelectionMode, StreamState


class ResearchArea(models.Model):
    """A topic by which people look for streams."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Stream(models.Model):
    """A set of mentors, a focus and some seats, to which applicants apply."""

    MOVES = STREAM_MOVES

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    slug = models.SlugField(max_length=80)

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="streams")
    tracks = models.ManyToManyField(Track, through="StreamTrack", related_name="streams")
    mentors = models.ManyToManyField("streams.Mentor", through="StreamMentor", related_name="streams")
    research_areas = models.ManyToManyField(ResearchArea, related_name="streams", blank=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="streams")
    form = models.ForeignKey("questions.Form", on_delete=models.PROTECT, null=True, blank=True, related_name="streams")

    state = models.CharField(max_length=20, choices=StreamState.choices, default=StreamState.DRAFT, editable=False)
    pause_reason = models.CharField(max_length=300, blank=True)

    title = models.CharField(max_length=150)
    summary = models.TextField()
    description = models.TextField(blank=True)
    own_statement = models.TextField(blank=True, help_text="Claims of the stream, shown as its own words.")
    working_style = models.TextField(blank=True)
    what_fellow_owns = models.TextField(blank=True)
    host_org = models.CharField(max_length=150, blank=True)

    in_person = models.CharField(max_length=12, choices=InPerson.choices, default=InPerson.NONE)
    selection_mode = models.CharField(max_length=40, choices=SelectionMode.choices)
    autonomy = models.CharField(max_length=30, choices=Autonomy.choices, default=Autonomy.SHARED)
    data_sensitivity = models.CharField(max_length=15, choices=DataSensitivity.choices, default=DataSensitivity.OPEN)
    interview = models.CharField(max_length=10, choices=InterviewRule.choices, default=InterviewRule.OPTIONAL)
    reply_hours = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Usual time to an answer in chat.")
    ad_hoc_calls = models.BooleanField(default=False)
    dual_use = models.BooleanField(default=False)
    is_coalition = models.BooleanField(default=False)
    demo_invented = models.BooleanField(default=False)

    seats_asked = models.PositiveSmallIntegerField(default=0)
    seats_granted = models.PositiveSmallIntegerField(default=0)

    published_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    # Titles, mentors, areas and texts in one column, written by ``streams.domain.streams.refresh_search_text``.
    search_text = models.TextField(blank=True, editable=False)
    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english")
        + SearchVector("search_text", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["cycle", "title"]
        indexes = [
            GinIndex(fields=["search_vector"], name="stream_search_gin"),
            GinIndex(
                fields=["title", "summary", "search_text"], opclasses=["gin_trgm_ops"] * 3, name="stream_trigram_gin"
            ),
            models.Index(fields=["cycle", "state"], name="stream_cycle_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "slug"], name="stream_slug_unique_in_cycle"),
            models.CheckConstraint(condition=Q(state__in=StreamState.values), name="stream_state_known"),
            models.CheckConstraint(condition=Q(in_person__in=InPerson.values), name="stream_in_person_known"),
            models.CheckConstraint(condition=Q(selection_mode__in=SelectionMode.values), name="stream_mode_known"),
            models.CheckConstraint(condition=Q(autonomy__in=Autonomy.values), name="stream_autonomy_known"),
            models.CheckConstraint(
                condition=Q(data_sensitivity__in=DataSensitivity.values), name="stream_data_sensitivity_known"
            ),
            models.CheckConstraint(condition=Q(interview__in=InterviewRule.values), name="stream_interview_known"),
            models.CheckConstraint(
                condition=Q(state=StreamState.DRAFT) | Q(seats_granted__gte=1), name="stream_public_has_seats"
            ),
            models.CheckConstraint(
                condition=Q(state=StreamState.DRAFT) | Q(published_at__isnull=False), name="stream_public_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=StreamState.PAUSED) | ~Q(pause_reason=""), name="stream_paused_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(in_person=InPerson.REQUIRED) | Q(site__isnull=False), name="stream_required_place_has_site"
            ),
            models.CheckConstraint(
                condition=Q(reply_hours__isnull=True) | Q(reply_hours__gte=1), name="stream_reply_hours_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("streams:detail", args=[self.slug])

    @property
    def takes_applications(self) -> bool:
        return self.state == StreamState.PUBLISHED


class StreamTrack(models.Model):
    """A track in which a stream can be reached; one of them is its primary track."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="stream_tracks")
    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="stream_tracks")
    primary = models.BooleanField(default=False)

    class Meta:
        ordering = ["stream", "-primary", "track"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "track"], name="stream_track_unique"),
            models.UniqueConstraint(fields=["stream"], condition=Q(primary=True), name="stream_one_primary_track"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} in {self.track}"

"""One application a person and cycle, its tracks and its streams. Two layers of state: staff's and the applicant's."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.states import (
    APPLICATION_MOVES,
    CLOSABLE,
    CLOSED_FROM,
    DECIDABLE,
    NOT_ADVANCED_FROM,
    STREAM_MOVES,
    TRACK_MOVES,
    ApplicationState,
    StreamApplicationState,
    TrackState,
)
from core import clock, ids


class Application(models.Model):
    """A person's application in one cycle."""

    MOVES = APPLICATION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="applications")
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="applications")
    internal_state = models.CharField(
        max_length=20, choices=ApplicationState.choices, default=ApplicationState.DRAFT, editable=False
    )
    released_state = models.CharField(
        max_length=20, choices=ApplicationState.choices, default=ApplicationState.DRAFT, editable=False
    )
    closed_from = models.CharField(
        max_length=20,
        choices=ApplicationState.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The phase in which it was closed; written by the database, and only while it is closed.",
    )
    minutes_taken = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "cycle"], name="application_one_a_person_and_cycle"),
            models.CheckConstraint(
                condition=Q(internal_state__in=ApplicationState.values), name="application_internal_known"
            ),
            models.CheckConstraint(
                condition=Q(released_state__in=ApplicationState.values), name="application_released_known"
            ),
            models.CheckConstraint(
                condition=Q(internal_state__in=["draft", "lapsed", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="application_past_draft_was_submitted",
            ),
            models.CheckConstraint(
                condition=Q(internal_state=ApplicationState.CLOSED, closed_from__in=CLOSABLE)
                | ~Q(internal_state=ApplicationState.CLOSED) & Q(closed_from=""),
                name="application_closed_from_a_phase",
            ),
        ]
        triggers = [CLOSED_FROM.trigger(name="led_back_no_further", field="internal_state")]
        indexes = [models.Index(fields=["cycle", "internal_state"]), models.Index(fields=["cycle", "released_state"])]

    def __str__(self) -> str:
        return self.reference


class TrackApplication(models.Model):
    """One track of an application."""

    MOVES = TRACK_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="track_applications")
    track = models.ForeignKey("streams.Track", on_delete=models.PROTECT, related_name="track_applications")
    internal_state = models.CharField(
        max_length=20, choices=TrackState.choices, default=TrackState.SELECTED, editable=False
    )
    released_state = models.CharField(
        max_length=20, choices=TrackState.choices, default=TrackState.SELECTED, editable=False
    )
    not_advanced_from = models.CharField(
        max_length=20,
        choices=TrackState.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Where it was not advanced; written by the database, and only while it is not.",
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "track"], name="track_application_once"),
            models.CheckConstraint(
                condition=Q(internal_state__in=TrackState.values), name="track_application_internal_known"
            ),
            models.CheckConstraint(
                condition=Q(released_state__in=TrackState.values), name="track_application_released_known"
            ),
            models.CheckConstraint(
                condition=Q(internal_state=TrackState.NOT_ADVANCED, not_advanced_from__in=DECIDABLE)
                | ~Q(internal_state=TrackState.NOT_ADVANCED) & Q(not_advanced_from=""),
                name="track_application_not_advanced_somewhere",
            ),
        ]
        triggers = [NOT_ADVANCED_FROM.trigger(name="recalled_no_further", field="internal_state")]
        indexes = [models.Index(fields=["track", "internal_state"])]

    def __str__(self) -> str:
        return f"{self.application_id} in track {self.track_id}"


class StreamApplication(models.Model):
    """One stream of an application."""

    MOVES = STREAM_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="stream_applications")
    stream = models.ForeignKey("streams.Stream", on_delete=models.PROTECT, related_name="stream_applications")
    areas = models.ManyToManyField("streams.StreamArea", blank=True, related_name="stream_applications")
    internal_state = models.CharField(
        max_length=20, choices=StreamApplicationState.choices, default=StreamApplicationState.DRAFT, editable=False
    )
    released_state = models.CharField(
        max_length=20, choices=StreamApplicationState.choices, default=StreamApplicationState.DRAFT, editable=False
    )
    agreement = models.ForeignKey(
        "streams.Agreement", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "stream"], name="stream_application_once"),
            models.CheckConstraint(
                condition=Q(internal_state__in=StreamApplicationState.values), name="stream_application_internal_known"
            ),
            models.CheckConstraint(
                condition=Q(released_state__in=StreamApplicationState.values), name="stream_application_released_known"
            ),
        ]
        indexes = [models.Index(fields=["stream", "internal_state"])]

    def __str__(self) -> str:
        return f"{self.application_id} to stream {self.stream_id}"

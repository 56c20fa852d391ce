"""Who wants whom: the applicant's preference list and the stream's rank order list."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from matching.states import LIST_MOVES, IfLate, ListState


class PreferenceList(models.Model):
    """An applicant's order of streams. Never shown to mentors."""

    application = models.OneToOneField(
        "applications.Application", on_delete=models.CASCADE, related_name="preference_list"
    )
    version = models.PositiveIntegerField(default=0)
    previous = models.JSONField(default=dict, blank=True, help_text="The order before the last move, to undo it.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"preferences of {self.application_id}"


class PreferenceEntry(models.Model):
    """One stream on the list; position 1 is wanted most."""

    preference_list = models.ForeignKey(PreferenceList, on_delete=models.CASCADE, related_name="entries")
    stream_application = models.OneToOneField(
        "applications.StreamApplication", on_delete=models.CASCADE, related_name="preference_entry"
    )
    position = models.PositiveSmallIntegerField()
    acceptable = models.BooleanField(default=True, help_text="False: no place in this stream would be accepted.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["preference_list", "position"],
                name="preference_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(position__gte=1), name="preference_position_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.stream_application_id}"


class RankOrderList(models.Model):
    """A stream's order of applicants, in tiers; who is not on it is not acceptable."""

    MOVES = LIST_MOVES

    stream = models.OneToOneField("streams.Stream", on_delete=models.PROTECT, related_name="rank_order_list")
    state = models.CharField(max_length=10, choices=ListState.choices, default=ListState.DRAFT, editable=False)
    if_late = models.CharField(max_length=10, choices=IfLate.choices, default=IfLate.USE_DRAFT)
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(default=clock.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ListState.values), name="rank_list_state_known"),
            models.CheckConstraint(condition=Q(if_late__in=IfLate.values), name="rank_list_if_late_known"),
        ]

    def __str__(self) -> str:
        return f"rank order list of stream {self.stream_id}"


class RankEntry(models.Model):
    """One applicant on a stream's list. The same tier means a tie; ``tier`` null means "not acceptable", said aloud."""

    rank_list = models.ForeignKey(RankOrderList, on_delete=models.CASCADE, related_name="entries")
    stream_application = models.OneToOneField(
        "applications.StreamApplication", on_delete=models.CASCADE, related_name="rank_entry"
    )
    tier = models.PositiveSmallIntegerField(null=True)
    position = models.PositiveSmallIntegerField(
        default=1, help_text="Order of display inside a tier; it decides nothing."
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "rank entries"
        ordering = ["tier", "position", "pk"]
        constraints = [models.CheckConstraint(condition=Q(tier=None) | Q(tier__gte=1), name="rank_tier_from_one")]

    def __str__(self) -> str:
        return f"tier {self.tier}: {self.stream_application_id}"

"""The record that a cycle became the public one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from core.transitions import MoveTable


class PublicationState(models.TextChoices):
    PROPOSED = "proposed", "Waits for a second person"
    DONE = "done", "Public"
    UNDONE = "undone", "Taken back"
    DISCARDED = "discarded", "Discarded"


PUBLICATION_MOVES = MoveTable(
    PublicationState,
    confirm=(PublicationState.PROPOSED, PublicationState.DONE),
    discard=(PublicationState.PROPOSED, PublicationState.DISCARDED),
    undo=(PublicationState.DONE, PublicationState.UNDONE),
)


class CyclePublication(models.Model):
    """That a cycle becomes the public one: asked for by one person, confirmed by another, and the record of both."""

    MOVES = PUBLICATION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="publications")
    replaced = models.ForeignKey(
        "streams.Cycle", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Public before."
    )
    state = models.CharField(
        max_length=10, choices=PublicationState.choices, default=PublicationState.PROPOSED, editable=False
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PublicationState.values), name="publication_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[PublicationState.DONE, PublicationState.UNDONE])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("proposed_by")),
                name="publication_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(state=PublicationState.PROPOSED), name="publication_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"publication {self.public_id}"

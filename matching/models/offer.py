"""A place offered to one person."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from core import clock, ids
from matching.models.run import MatchRun
from matching.states import HOLDS_SEAT, OFFER_MOVES, OfferState


class Offer(models.Model):
    """An offer holds one numbered seat of its stream while it is drafted, sent or accepted.

    Two constraints cannot be forgotten: a seat holds one live offer, and a person accepts one offer a cycle.
    """

    MOVES = OFFER_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey("applications.Application", on_delete=models.PROTECT, related_name="offers")
    stream_application = models.ForeignKey(
        "applications.StreamApplication", on_delete=models.PROTECT, related_name="offers"
    )
    stream = models.ForeignKey("streams.Stream", on_delete=models.PROTECT, related_name="offers")
    run = models.ForeignKey(MatchRun, on_delete=models.PROTECT, related_name="offers")
    seat = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.DRAFT, editable=False)
    expires_at = models.DateTimeField()
    expires_zone = models.CharField(max_length=60, default="AoE")
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    reply_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_known"),
            models.CheckConstraint(condition=Q(seat__gte=1), name="offer_seat_from_one"),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state=OfferState.ACCEPTED),
                name="offer_one_accepted_a_person_and_cycle",
            ),
            models.UniqueConstraint(
                fields=["stream", "seat"], condition=Q(state__in=sorted(HOLDS_SEAT)), name="offer_one_a_seat"
            ),
            models.UniqueConstraint(fields=["run", "stream_application"], name="offer_once_a_run"),
        ]
        indexes = [models.Index(fields=["state", "expires_at"])]

    def __str__(self) -> str:
        return f"offer {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("matching:offer", args=[self.public_id])

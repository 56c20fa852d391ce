"""Gate decisions: proposed in a batch, approved by a second person, released together."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock, ids
from reviews.states import BATCH_MOVES, BatchState, GateKind, Outcome


class DecisionBatch(models.Model):
    """A reviewed diff of one track's applications at one gate."""

    MOVES = BATCH_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="batches")
    track = models.ForeignKey("streams.Track", on_delete=models.PROTECT, related_name="batches")
    gate = models.CharField(max_length=8, choices=GateKind.choices)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.DRAFT, editable=False)
    rule = models.CharField(max_length=200, blank=True, help_text="The rule behind the proposal, in words.")
    rule_line = models.DecimalField(
        max_digits=4, decimal_places=2, null=True, blank=True, help_text="The raw mean from which on people go on."
    )
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts edits: an approval is of one version.")
    release_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    approved_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    counters = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="counter_batches",
        help_text="The release that this batch takes back.",
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why a release is taken back.")

    class Meta:
        verbose_name_plural = "decision batches"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "released"]) | Q(approver__isnull=False),
                name="batch_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("maker")), name="batch_approved_by_a_second_person"
            ),
            models.UniqueConstraint(
                fields=["track", "gate"],
                condition=Q(state__in=["approved", "draft"], counters__isnull=True),
                name="batch_one_open_a_track_and_gate",
            ),
            models.UniqueConstraint(
                fields=["counters"],
                condition=Q(state__in=["approved", "draft"]),
                name="batch_one_open_counter_a_release",
            ),
            models.CheckConstraint(
                condition=Q(counters__isnull=True) | ~Q(reason=""), name="batch_taken_back_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_gate_display()} batch {self.pk}"


class Decision(models.Model):
    """One line of a batch: what is proposed for one application in the track."""

    batch = models.ForeignKey(DecisionBatch, on_delete=models.CASCADE, related_name="decisions")
    track_application = models.ForeignKey(
        "applications.TrackApplication", on_delete=models.PROTECT, related_name="decisions"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    by_rule = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=clock.now)
    left_out = models.CharField(
        max_length=100, blank=True, help_text="Why the release passed this person over, such as “has withdrawn”."
    )
    found = models.JSONField(
        null=True,
        blank=True,
        help_text="Where the release found the application; of a counter-batch, the mails it holds.",
    )
    taken_back_at = models.DateTimeField(null=True, blank=True, help_text="When a counter-batch undid this line.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "track_application"], name="decision_once_a_batch"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="decision_outcome_known"),
            models.CheckConstraint(condition=Q(by_rule=True) | ~Q(reason=""), name="decision_by_hand_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} for {self.track_application_id}"

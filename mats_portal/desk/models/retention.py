"""How long each class of data is kept, what stops its erasure, and the runs that erase."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from core.transitions import MoveTable


class RetentionClass(models.TextChoices):
    """Classes of data that a cycle keeps for so long and no longer."""

    DRAFTS = "drafts", "Drafts that were never handed in"
    UNSUCCESSFUL = "unsuccessful", "Applications that led to no place"
    WISHED = "wished", "The same, where the person asked to have answers kept"
    DEMOGRAPHICS = "demographics", "Answers for statistics"


class RetentionRule(models.Model):
    """How long a cycle keeps one class of data; without a row the portal's default holds."""

    cycle = models.ForeignKey("streams.Cycle", on_delete=models.CASCADE, related_name="retention_rules")
    kind = models.CharField(max_length=12, choices=RetentionClass.choices)
    months = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "kind"], name="retention_rule_once"),
            models.CheckConstraint(condition=Q(kind__in=RetentionClass.values), name="retention_rule_kind_known"),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=120), name="retention_rule_months_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.cycle_id}"


class RetentionHold(models.Model):
    """Nothing of this person is deleted while it holds. Placed and released by name, with a reason."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="retention_holds")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=clock.now)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="retention_hold_has_a_reason"),
            models.UniqueConstraint(fields=["person"], condition=Q(released_at=None), name="retention_hold_once"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False),
                name="retention_hold_released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.public_id}"


class RunState(models.TextChoices):
    PROPOSED = "proposed", "Waits for a second person"
    CONFIRMED = "confirmed", "Being carried out"
    DONE = "done", "Done"
    DISCARDED = "discarded", "Discarded"


RETENTION_MOVES = MoveTable(
    RunState,
    confirm=(RunState.PROPOSED, RunState.CONFIRMED),
    discard=(RunState.PROPOSED, RunState.DISCARDED),
    finish=(RunState.CONFIRMED, RunState.DONE),
)


class RetentionRun(models.Model):
    """A list of what is erased, drawn up by one person and confirmed by another; then the record that it was done."""

    MOVES = RETENTION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=RetentionClass.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PROPOSED, editable=False)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict, help_text="Rows by kind, as they were when it was drawn up.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="retention_run_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RetentionClass.values), name="retention_run_kind_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[RunState.CONFIRMED, RunState.DONE])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("proposed_by")),
                name="retention_run_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["cycle", "kind"],
                condition=Q(state__in=[RunState.PROPOSED, RunState.CONFIRMED]),
                name="retention_run_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.public_id}"


class RetentionItem(models.Model):
    """One application in a run; ``done_at`` makes the run resumable, ``spared`` says that a hold came in between."""

    run = models.ForeignKey(RetentionRun, on_delete=models.CASCADE, related_name="items")
    application = models.ForeignKey("applications.Application", on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    spared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "application"], name="retention_item_once")]
        indexes = [models.Index(fields=["application"], name="retention_item_application")]

    def __str__(self) -> str:
        return f"{self.application_id} in {self.run_id}"


class StatisticCount(models.Model):
    """What is left of answers for statistics: how many gave one answer. Empty where they were fewer than ten."""

    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    question = models.ForeignKey("questions.Question", on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10, choices=[("applied", "Applied"), ("accepted", "Took a place")])
    value = models.CharField(max_length=100)
    n = models.PositiveIntegerField(null=True, help_text="Empty: fewer than ten, or hidden beside such a number.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "question", "stage", "value"], name="statistic_count_once"),
            models.CheckConstraint(condition=Q(n__isnull=True) | Q(n__gte=10), name="statistic_count_hides_few"),
        ]

    def __str__(self) -> str:
        return f"{self.value}: {self.n}"

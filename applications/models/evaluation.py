"""Evaluations of tracks and streams: what is asked, who was asked, who gets more time, what providers report."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import (
    EVALUATION_MOVES,
    WITH_DISCLOSURE,
    AiPolicy,
    AskedWhen,
    EvaluationKind,
    EvaluationState,
    TaskWindow,
)
from core import clock, ids


class EvaluationDefinition(models.Model):
    """A brief and a form to answer, with or without a clock; or a test elsewhere, whose score is imported.

    ``part_policies`` names sections of the form whose rule on AI tools differs from ``ai_policy``. ``about`` is read
    before the start; the brief of a timed task only after it.
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="evaluation_definitions")
    tracks = models.ManyToManyField("streams.Track", related_name="evaluation_definitions")
    streams = models.ManyToManyField("streams.Stream", blank=True, related_name="evaluation_definitions")
    streams_ask = models.CharField(
        max_length=10,
        choices=AskedWhen.choices,
        default=AskedWhen.ADDED,
        help_text="When its streams ask for it; tracks always ask at the opening of stage 2.",
    )
    kind = models.CharField(max_length=10, choices=EvaluationKind.choices, default=EvaluationKind.TASK)
    code = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=200)
    about = models.TextField(blank=True)
    brief = models.TextField(help_text="Markdown.")
    form = models.ForeignKey("questions.Form", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    effort_minutes = models.PositiveSmallIntegerField()
    time_limit_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    ai_policy = models.CharField(max_length=20, choices=AiPolicy.choices)
    part_policies = models.JSONField(default=dict, blank=True)
    reuse_cycles = models.PositiveSmallIntegerField(default=0, help_text="Later cycles in which the work may count.")
    provider = models.SlugField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "code", "version"], name="evaluation_definition_once"),
            models.CheckConstraint(condition=Q(ai_policy__in=AiPolicy.values), name="evaluation_ai_policy_known"),
            models.CheckConstraint(condition=Q(streams_ask__in=AskedWhen.values), name="evaluation_moment_known"),
            models.CheckConstraint(
                condition=Q(kind=EvaluationKind.TASK, form__isnull=False, provider="")
                | (
                    Q(kind=EvaluationKind.EXTERNAL, form__isnull=True, time_limit_minutes__isnull=True)
                    & ~Q(provider="")
                ),
                name="evaluation_kind_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(time_limit_minutes__isnull=True)
                | Q(time_limit_minutes__gte=5, time_limit_minutes__lte=600),
                name="evaluation_time_limit_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_timed(self) -> bool:
        """Whether a clock runs from its start."""
        return self.time_limit_minutes is not None

    @property
    def is_external(self) -> bool:
        """Whether it is done elsewhere."""
        return self.kind == EvaluationKind.EXTERNAL

    @property
    def policies(self) -> frozenset[str]:
        """The rules on AI tools that hold in some part of it."""
        return frozenset({self.ai_policy, *self.part_policies.values()})

    @property
    def asks_statement(self) -> bool:
        """Whether some part allows AI tools."""
        return self.policies != {AiPolicy.FORBIDDEN}

    @property
    def needs_statement(self) -> bool:
        """Whether it is handed in only with a statement on AI tools."""
        return bool(self.policies & WITH_DISCLOSURE)

    def policy_of(self, section: str) -> str:
        """Return the rule on AI tools in one part."""
        return str(self.part_policies.get(section, self.ai_policy))


class EvaluationAssignment(models.Model):
    """One person's task: assigned once, however many tracks and streams ask for it."""

    MOVES = EVALUATION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="evaluation_assignments")
    definition = models.ForeignKey(EvaluationDefinition, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(
        max_length=20, choices=EvaluationState.choices, default=EvaluationState.ASSIGNED, editable=False
    )
    window = models.CharField(max_length=20, choices=TaskWindow.choices, default=TaskWindow.STAGE2)
    ai_statement = models.TextField(blank=True)
    assigned_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Set at the start, by the clock of the server.")
    by_clock = models.BooleanField(default=False, help_text="Handed in by the end of its time, as it was saved.")
    extended_until = models.DateTimeField(
        null=True, blank=True, help_text="More time for this task alone; its extensions say why."
    )
    reused_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=models.F("started_at")),
                name="evaluation_clock_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="started") | Q(ends_at__isnull=False), name="evaluation_started_has_an_end"
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(state="started"), name="evaluation_one_clock_at_a_time"
            ),
            models.UniqueConstraint(fields=["application", "definition"], name="evaluation_assigned_once"),
            models.CheckConstraint(condition=Q(state__in=EvaluationState.values), name="evaluation_state_known"),
            models.CheckConstraint(condition=Q(window__in=TaskWindow.values), name="evaluation_window_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "graded", "integrity_review", "set_aside"])
                | Q(submitted_at__isnull=False),
                name="evaluation_handed_in_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition_id} of {self.application_id}"


class Accommodation(models.Model):
    """More time for one person on every timed task. The reason is for the staff who granted it, and for nobody else."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="accommodations")
    factor = models.DecimalField(max_digits=3, decimal_places=2)
    reason = models.TextField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at__isnull=True), name="accommodation_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(factor__gt=1, factor__lte=4), name="accommodation_factor_sane"),
        ]

    def __str__(self) -> str:
        return f"accommodation {self.public_id}"


class ExternalScore(models.Model):
    """What a provider reported for one assignment; a later report takes its place."""

    assignment = models.OneToOneField(EvaluationAssignment, on_delete=models.CASCADE, related_name="external_score")
    value = models.DecimalField(max_digits=8, decimal_places=3)
    out_of = models.DecimalField(max_digits=8, decimal_places=3)
    source = models.CharField(
        max_length=10, choices=[("csv", "File"), ("hook", "Provider's call"), ("hand", "By hand")]
    )
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(out_of__gt=0, value__gte=0, value__lte=models.F("out_of")), name="external_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"score of assignment {self.assignment_id}"


class ScoreDelivery(models.Model):
    """One signed call of a provider, so that the same call twice is one."""

    provider = models.SlugField(max_length=40)
    delivery_id = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=clock.now)
    outcome = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "delivery_id"], name="score_delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.delivery_id}"

"""Evaluations of a track: what is asked, and who was asked."""

from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import EVALUATION_MOVES, AiPolicy, EvaluationState
from core import clock, ids


class EvaluationDefinition(models.Model):
    """An untimed evaluation: a brief and a form of short answers."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="evaluation_definitions")
    tracks = models.ManyToManyField("streams.Track", related_name="evaluation_definitions")
    code = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=200)
    brief = models.TextField(help_text="Markdown.")
    form = models.ForeignKey("questions.Form", on_delete=models.PROTECT, related_name="+")
    effort_minutes = models.PositiveSmallIntegerField()
    ai_policy = models.CharField(max_length=20, choices=AiPolicy.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "code", "version"], name="evaluation_definition_once"),
            models.CheckConstraint(condition=Q(ai_policy__in=AiPolicy.values), name="evaluation_ai_policy_known"),
        ]

    def __str__(self) -> str:
        return self.title


class EvaluationAssignment(models.Model):
    """One person's task: assigned once, however many tracks and streams ask for it."""

    MOVES = EVALUATION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="evaluation_assignments")
    definition = models.ForeignKey(EvaluationDefinition, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(
        max_length=12, choices=EvaluationState.choices, default=EvaluationState.ASSIGNED, editable=False
    )
    ai_statement = models.TextField(blank=True)
    assigned_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "definition"], name="evaluation_assigned_once"),
            models.CheckConstraint(condition=Q(state__in=EvaluationState.values), name="evaluation_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "graded"]) | Q(submitted_at__isnull=False),
                name="evaluation_handed_in_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition_id} of {self.application_id}"

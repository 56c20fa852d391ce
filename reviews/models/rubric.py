"""What is scored, on which scale, with which weight."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from reviews.states import GroupRule, RubricKind


class Rubric(models.Model):
    """A track's criteria for the central review, or the criteria of one evaluation. A change is a new version."""

    kind = models.CharField(max_length=12, choices=RubricKind.choices)
    track = models.ForeignKey("streams.Track", null=True, blank=True, on_delete=models.PROTECT, related_name="rubrics")
    definition = models.ForeignKey(
        "applications.EvaluationDefinition", null=True, blank=True, on_delete=models.PROTECT, related_name="rubrics"
    )
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=200)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=RubricKind.CENTRAL, track__isnull=False, definition__isnull=True)
                | Q(kind=RubricKind.EVALUATION, track__isnull=True, definition__isnull=False),
                name="rubric_belongs_to_track_or_evaluation",
            ),
            models.UniqueConstraint(fields=["track", "version"], name="rubric_version_of_track_once"),
            models.UniqueConstraint(fields=["definition", "version"], name="rubric_version_of_evaluation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Criterion(models.Model):
    """One thing that is scored. ``weight`` is in percent; ``anchors`` maps a level such as "3" to its text.

    Criteria with the same non-empty ``group`` and rule ``max`` count as one: the best of them, with its weight.
    """

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)
    help = models.TextField(blank=True)
    weight = models.DecimalField(max_digits=5, decimal_places=2)
    scale_min = models.PositiveSmallIntegerField(default=1)
    scale_max = models.PositiveSmallIntegerField(default=5)
    anchors = models.JSONField(default=dict)
    group = models.CharField(max_length=60, blank=True)
    group_rule = models.CharField(max_length=5, choices=GroupRule.choices, default=GroupRule.SUM)
    question_codes = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["rubric", "code"], name="criterion_code_once"),
            models.CheckConstraint(condition=Q(scale_max__gt=F("scale_min")), name="criterion_scale_rises"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="criterion_weight_positive"),
            models.CheckConstraint(condition=Q(group_rule__in=GroupRule.values), name="criterion_group_rule_known"),
        ]

    def __str__(self) -> str:
        return self.name

"""What is scored, on which scale, with which weight."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core import ids
from reviews.states import RUBRIC_MOVES, GroupRule, RubricKind, RubricState

#: Reviewers scored by it: neither a criterion nor its words may change under what they gave.
STAYS = """
    IF EXISTS (
        SELECT 1 FROM reviews_rubric
        WHERE state <> 'draft'
        AND id = CASE WHEN TG_OP = 'INSERT' THEN NEW.rubric_id ELSE OLD.rubric_id END
    ) THEN
        RAISE EXCEPTION 'The criteria of a published rubric never change.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


class Rubric(models.Model):
    """A track's criteria for the central review, or the criteria of one evaluation. A change is a new version.

    ``edits`` counts what staff saved of a draft, so that two of them do not write over each other.
    """

    MOVES = RUBRIC_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=RubricKind.choices)
    track = models.ForeignKey("streams.Track", null=True, blank=True, on_delete=models.PROTECT, related_name="rubrics")
    definition = models.ForeignKey(
        "applications.EvaluationDefinition", null=True, blank=True, on_delete=models.PROTECT, related_name="rubrics"
    )
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=RubricState.choices, default=RubricState.DRAFT, editable=False)
    title = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    edits = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RubricState.values), name="rubric_state_known"),
            models.CheckConstraint(
                condition=Q(kind=RubricKind.CENTRAL, track__isnull=False, definition__isnull=True)
                | Q(kind=RubricKind.EVALUATION, track__isnull=True, definition__isnull=False),
                name="rubric_belongs_to_track_or_evaluation",
            ),
            models.UniqueConstraint(fields=["track", "version"], name="rubric_version_of_track_once"),
            models.UniqueConstraint(fields=["definition", "version"], name="rubric_version_of_evaluation_once"),
            *(
                models.UniqueConstraint(
                    fields=[owner], condition=Q(state=state), name=f"rubric_of_{owner}_once_{state.value}"
                )
                for owner in ("track", "definition")
                for state in (RubricState.DRAFT, RubricState.PUBLISHED)
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="rubric_stays",
                operation=pgtrigger.UpdateOf("title", "note", "version", "kind", "track_id", "definition_id"),
                condition=~pgtrigger.Q(old__state=RubricState.DRAFT),
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Criterion(models.Model):
    """One thing that is scored. ``weight`` is in percent; ``anchors`` maps a level such as "3" to its text.

    Criteria with the same non-empty ``group`` and a rule by which the best counts are one: the best of them, with its
    weight. One with an area is scored only of people who chose that area of that stream (both by their codes).
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
    group_rule = models.CharField(max_length=6, choices=GroupRule.choices, default=GroupRule.SUM)
    question_codes = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    stream_slug = models.SlugField(max_length=80, blank=True)
    area_code = models.SlugField(max_length=40, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["rubric", "code"], name="criterion_code_once"),
            models.CheckConstraint(condition=Q(scale_max__gt=F("scale_min")), name="criterion_scale_rises"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="criterion_weight_positive"),
            models.CheckConstraint(condition=Q(group_rule__in=GroupRule.values), name="criterion_group_rule_known"),
            models.CheckConstraint(
                condition=Q(stream_slug="", area_code="") | ~Q(stream_slug="") & ~Q(area_code=""),
                name="criterion_area_has_its_stream",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="criterion_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=STAYS,
            )
        ]

    def __str__(self) -> str:
        return self.name

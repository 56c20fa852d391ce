"""The question bank: one row for each thing the programme ever asks."""

from django.db import models
from django.db.models import F, Q

from questions.states import DataClass, QuestionKind


class Question(models.Model):
    """One question with one meaning, wherever it is asked; the key by which answers are reused."""

    code = models.SlugField(max_length=80, unique=True)
    canonical_meaning = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=QuestionKind.choices)
    text = models.TextField()
    help = models.TextField(blank=True)
    choices = models.JSONField(default=list, blank=True, help_text='A list of {"value": ..., "label": ...}.')
    at_least = models.PositiveSmallIntegerField(default=0, help_text="Fewest choices or links.")
    at_most = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Most choices or links.")
    optional_only = models.BooleanField(
        default=False, help_text="Nobody has to answer it, and no rule may depend on the answer."
    )
    asked_anew = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What was said in one cycle says nothing about the next: the answer is never brought forward.",
    )
    effort_minutes = models.PositiveSmallIntegerField(default=1)
    data_class = models.CharField(max_length=20, choices=DataClass.choices, default=DataClass.NONE)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=QuestionKind.values), name="question_kind_known"),
            models.CheckConstraint(condition=Q(data_class__in=DataClass.values), name="question_data_class_known"),
            models.CheckConstraint(condition=Q(effort_minutes__lte=240), name="question_effort_at_most_240"),
            models.CheckConstraint(
                condition=Q(at_most__isnull=True) | Q(at_most__gte=F("at_least")),
                name="question_at_most_not_below_least",
            ),
        ]

    def __str__(self) -> str:
        return self.code

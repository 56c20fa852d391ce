"""Forms, their versions, and the questions in each version."""

from django.db import models
from django.db.models import Q

from core.ids import public_id
from questions.models.question import Question
from questions.states import FORM_MOVES, FormState


class Form(models.Model):
    """A named set of questions; what it asks at a given time is its published version."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    code = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class FormVersion(models.Model):
    """One immutable wording of a form. A published version never changes; a change is a new version."""

    MOVES = FORM_MOVES

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=FormState.choices, default=FormState.DRAFT, editable=False)
    sections = models.JSONField(default=list, help_text='A list of {"code": ..., "title": ..., "intro": ...}.')
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["form", "number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_number_unique"),
            models.UniqueConstraint(
                fields=["form"], condition=Q(state=FormState.PUBLISHED), name="form_one_published_version"
            ),
            models.CheckConstraint(condition=Q(state__in=FormState.values), name="form_version_state_known"),
            models.CheckConstraint(
                condition=Q(state=FormState.DRAFT) | Q(published_at__isnull=False),
                name="form_version_published_has_time",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="form_version_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.form} v{self.number}"


class FormItem(models.Model):
    """A question's place in a form version."""

    version = models.ForeignKey(FormVersion, on_delete=models.CASCADE, related_name="items")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="items")
    order = models.PositiveSmallIntegerField()
    section = models.SlugField(max_length=40)
    required = models.BooleanField(default=True)
    wording = models.TextField(blank=True, help_text="Asks in other words than the question bank; the meaning stays.")
    max_words = models.PositiveSmallIntegerField(null=True, blank=True)
    visible_if = models.JSONField(
        null=True, blank=True, help_text='Show only if an earlier answer fits: {"question": code, "in": [values]}.'
    )

    class Meta:
        ordering = ["version", "order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "order"], name="form_item_order_unique"),
            models.UniqueConstraint(fields=["version", "question"], name="form_item_question_once"),
            models.CheckConstraint(
                condition=Q(max_words__isnull=True) | Q(max_words__gte=1) & Q(max_words__lte=5000),
                name="form_item_max_words_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.question.code}"

    @property
    def text(self) -> str:
        """The question as this form asks it."""
        return self.wording or self.question.text

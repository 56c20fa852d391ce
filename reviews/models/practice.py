"""Practice before the first text: invented answers with reference scores, and what reviewers made of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.models.rubric import Rubric


class PracticeItem(models.Model):
    """One invented application. ``answers``: question code and text; ``scores``: criterion, level, reason.

    A level of 0 is "cannot tell". Nobody's real answers belong here.
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="practice_items")
    code = models.SlugField(max_length=60)
    title = models.CharField(max_length=120)
    answers = models.JSONField(default=list)
    scores = models.JSONField(default=list)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["rubric", "code"], name="practice_item_code_once")]

    def __str__(self) -> str:
        return self.title


class PracticeRound(models.Model):
    """One reviewer's way through a rubric's practice items; it may be gone as often as they like."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="practice_rounds")
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="practice_rounds")
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "rubric", "number"], name="practice_round_once"),
            models.UniqueConstraint(
                fields=["reviewer", "rubric"], condition=Q(finished_at__isnull=True), name="practice_one_open_round"
            ),
        ]

    def __str__(self) -> str:
        return f"practice round {self.number} of {self.reviewer_id}"


class PracticeScore(models.Model):
    """What a reviewer gave one item in one round: level by criterion code, null for "cannot tell"."""

    round = models.ForeignKey(PracticeRound, on_delete=models.CASCADE, related_name="scores")
    item = models.ForeignKey(PracticeItem, on_delete=models.CASCADE, related_name="+")
    levels = models.JSONField(default=dict)
    scored_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "item"], name="practice_item_scored_once_a_round")]

    def __str__(self) -> str:
        return f"practice of {self.item_id}"

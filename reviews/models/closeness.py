"""Whom reviewers are close to by what staff know of them, and what of it is only a hint."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.states import HINT_MOVES, ConflictSource, HintState


class CoAuthor(models.Model):
    """One line of the list of people with whom a reviewer has published."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="co_authors")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="", email=""), name="co_author_has_a_name_or_address"),
            models.UniqueConstraint(fields=["reviewer", "name", "email"], name="co_author_once"),
        ]

    def __str__(self) -> str:
        return f"co-author of {self.reviewer_id}"


class ConflictHint(models.Model):
    """Weak evidence that two people are close: a person of the staff says whether they are."""

    MOVES = HINT_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=12, choices=ConflictSource.choices)
    evidence = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=HintState.choices, default=HintState.OPEN, editable=False)
    found_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "person", "source"], name="hint_once"),
            models.CheckConstraint(condition=Q(state__in=HintState.values), name="hint_state_known"),
            models.CheckConstraint(condition=Q(source__in=ConflictSource.values), name="hint_source_known"),
        ]

    def __str__(self) -> str:
        return f"hint {self.pk}"

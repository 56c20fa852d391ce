"""A run of the match: frozen inputs, result and certificate, immutable once computed."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from core import clock, ids
from matching.states import RUN_MOVES, RunState


class MatchRun(models.Model):
    """One computation. ``inputs`` is the engine's instance with public ids of applications and streams."""

    MOVES = RUN_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="match_runs")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.CONFIGURED, editable=False)
    seed = models.CharField(max_length=64)
    job = models.ForeignKey("core.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    inputs = models.JSONField(null=True)
    inputs_sha256 = models.CharField(max_length=64, blank=True)
    engine_version = models.CharField(max_length=20, blank=True)
    result = models.JSONField(null=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    certificate = models.JSONField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    computed_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="match_run_number_once"),
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(state=RunState.APPROVED), name="match_run_one_approved_a_cycle"
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="match_run_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["computed", "approved"])
                | Q(result__isnull=False, certificate__isnull=False, inputs__isnull=False),
                name="match_run_computed_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.APPROVED) | Q(approved_by__isnull=False),
                name="match_run_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(made_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="match_run_approved_by_a_second_person",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="computed_is_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__computed_at__isnull=False)
                & (
                    pgtrigger.Q(old__inputs_sha256__df=pgtrigger.F("new__inputs_sha256"))
                    | pgtrigger.Q(old__result_sha256__df=pgtrigger.F("new__result_sha256"))
                    | pgtrigger.Q(old__inputs__df=pgtrigger.F("new__inputs"))
                    | pgtrigger.Q(old__result__df=pgtrigger.F("new__result"))
                    | pgtrigger.Q(old__certificate__df=pgtrigger.F("new__certificate"))
                    | pgtrigger.Q(old__seed__df=pgtrigger.F("new__seed"))
                ),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("matching:run", args=[self.public_id])

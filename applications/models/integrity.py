"""A question about a submission: what was seen, what its author says, what two people found."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from applications.models.evaluation import EvaluationAssignment
from applications.states import (
    APPEAL_OUTCOMES,
    CASE_MOVES,
    FIRST_OUTCOMES,
    LIVE_CASE,
    CaseOutcome,
    CaseRound,
    CaseState,
    DocumentType,
    EvaluationState,
    EvidenceKind,
)
from core import clock, ids

FOLDER = "statements"


def storage_name() -> str:
    """Return a name that nobody can guess and that says nothing of whose file it is."""
    return f"{FOLDER}/{secrets.token_urlsafe(24)}"


class IntegrityCase(models.Model):
    """A question about one submission. ``concern`` is read by its author, ``note`` by those who decide alone."""

    MOVES = CASE_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    assignment = models.ForeignKey(EvaluationAssignment, on_delete=models.CASCADE, related_name="integrity_cases")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN, editable=False)
    paused_from = models.CharField(
        max_length=20,
        choices=[(EvaluationState.SUBMITTED, "Handed in"), (EvaluationState.GRADED, "Graded")],
        help_text="Where the task stood, and stands again if there is no concern.",
    )
    concern = models.TextField()
    note = models.TextField(blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=clock.now)
    reply_by = models.DateTimeField()
    decide_by = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "question"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="integrity_case_state_known"),
            models.CheckConstraint(condition=~Q(concern=""), name="integrity_case_says_what_was_seen"),
            models.CheckConstraint(
                condition=Q(paused_from__in=[EvaluationState.SUBMITTED, EvaluationState.GRADED]),
                name="integrity_case_paused_from_known",
            ),
            models.CheckConstraint(
                condition=Q(reply_by__gt=F("raised_at"), decide_by__gt=F("reply_by")),
                name="integrity_case_dates_in_order",
            ),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(state__in=sorted(LIVE_CASE)), name="integrity_case_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["decide_by"], condition=Q(state__in=sorted(LIVE_CASE)), name="integrity_case_due")
        ]

    def __str__(self) -> str:
        return f"question {self.public_id}"


class CaseEvidence(models.Model):
    """One thing that a concern rests on; its author reads it too."""

    case = models.ForeignKey(IntegrityCase, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=12, choices=EvidenceKind.choices)
    text = models.TextField()

    class Meta:
        verbose_name_plural = "case evidence"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="case_evidence_kind_known"),
            models.CheckConstraint(condition=~Q(text=""), name="case_evidence_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.case_id}"


class CaseStatement(models.Model):
    """What the author of the submission says, to the question and in an appeal; with a file where there is one."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    case = models.ForeignKey(IntegrityCase, on_delete=models.CASCADE, related_name="statements")
    round = models.CharField(max_length=8, choices=CaseRound.choices, default=CaseRound.FIRST)
    text = models.TextField()
    written_at = models.DateTimeField(default=clock.now)
    storage_name = models.CharField(max_length=100, unique=True, default=storage_name, editable=False)
    name = models.CharField(max_length=100, blank=True, help_text="Empty: no file came with it.")
    type = models.CharField(max_length=5, choices=DocumentType.choices, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="case_statement_once_a_round"),
            models.CheckConstraint(condition=Q(round__in=CaseRound.values), name="case_statement_round_known"),
            models.CheckConstraint(condition=~Q(text=""), name="case_statement_says_something"),
            models.CheckConstraint(
                condition=Q(name="", type="", size=0, sha256="")
                | Q(type__in=DocumentType.values, size__gte=1, sha256__regex=r"^[0-9a-f]{64}$"),
                name="case_statement_file_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} statement in {self.case_id}"


class CaseRuling(models.Model):
    """What one person proposes to find and, once confirmed, what two have found.

    ``raised_by`` and ``reply_by`` are the case's, repeated so that the database itself refuses an outcome of one
    person, of the one who raised the concern, or before the author was heard.
    """

    case = models.ForeignKey(IntegrityCase, on_delete=models.CASCADE, related_name="rulings")
    round = models.CharField(max_length=8, choices=CaseRound.choices, default=CaseRound.FIRST)
    outcome = models.CharField(max_length=12, choices=CaseOutcome.choices)
    reason = models.TextField(help_text="Read by the author of the submission.")
    retake_until = models.DateTimeField(null=True, blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reply_by = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When the author had answered; empty: not at all.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    appeal_by = models.DateTimeField(
        null=True, blank=True, help_text="Until when its author can appeal; empty: not against this outcome."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="case_ruling_once_a_round"),
            models.CheckConstraint(
                condition=Q(round=CaseRound.FIRST, outcome__in=FIRST_OUTCOMES)
                | Q(round=CaseRound.APPEAL, outcome__in=APPEAL_OUTCOMES),
                name="case_ruling_outcome_of_its_round",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="case_ruling_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(outcome=CaseOutcome.RETAKE) | Q(retake_until__isnull=False), name="case_retake_has_a_date"
            ),
            models.CheckConstraint(
                condition=~Q(proposed_by=F("raised_by"))
                & (Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("raised_by")) & ~Q(confirmed_by=F("proposed_by"))),
                name="case_ruling_by_two_who_did_not_raise_it",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="case_ruling_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(heard_at__isnull=False, heard_at__lte=F("proposed_at")) | Q(proposed_at__gte=F("reply_by")),
                name="case_ruling_after_a_hearing",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=CaseOutcome.SET_ASIDE)
                | Q(confirmed_at__isnull=True)
                | Q(appeal_by__isnull=False, appeal_by__gt=F("confirmed_at")),
                name="case_ruling_says_until_when_to_appeal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} ruling in {self.case_id}"

"""A proposed change of the assignments of one track: looked at and edited before it is applied."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock, ids
from reviews.models.assignment import ReviewAssignment
from reviews.states import PROPOSAL_MOVES, ChangeReason, ProposalSource, ProposalState


class AssignmentProposal(models.Model):
    """A diff of one track's assignments. ``unmet`` lists what nobody can read, ``links_missing`` counts links."""

    MOVES = PROPOSAL_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    track = models.ForeignKey("streams.Track", on_delete=models.PROTECT, related_name="assignment_proposals")
    source = models.CharField(max_length=10, choices=ProposalSource.choices)
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.DRAFT, editable=False)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts edits: what is applied is what was looked at.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="By when what is given out is to be read.")
    unmet = models.JSONField(default=list)
    links_missing = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_known"),
            models.CheckConstraint(condition=Q(source__in=ProposalSource.values), name="proposal_source_known"),
            models.UniqueConstraint(
                fields=["track"], condition=Q(state=ProposalState.DRAFT), name="proposal_one_open_a_track"
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.APPLIED, applied_at__isnull=False)
                | ~Q(state=ProposalState.APPLIED) & Q(applied_at__isnull=True),
                name="proposal_applied_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class AssignmentChange(models.Model):
    """One line of a proposal: ``reviewer`` reads a text, instead of who has ``leaves`` if that is set."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    proposal = models.ForeignKey(AssignmentProposal, on_delete=models.CASCADE, related_name="changes")
    track_application = models.ForeignKey(
        "applications.TrackApplication", null=True, on_delete=models.CASCADE, related_name="+"
    )
    evaluation = models.ForeignKey(
        "applications.EvaluationAssignment", null=True, on_delete=models.CASCADE, related_name="+"
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    leaves = models.ForeignKey(ReviewAssignment, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=ChangeReason.choices)
    is_dropped = models.BooleanField(default=False)
    taken_out = models.CharField(max_length=120, blank=True, help_text="Why it was not applied, in words.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(track_application__isnull=False, evaluation__isnull=True)
                | Q(track_application__isnull=True, evaluation__isnull=False),
                name="change_has_one_target",
            ),
            models.UniqueConstraint(
                fields=["proposal", "track_application", "reviewer"], name="change_reads_application_once"
            ),
            models.UniqueConstraint(fields=["proposal", "evaluation", "reviewer"], name="change_reads_task_once"),
            models.CheckConstraint(condition=Q(reason__in=ChangeReason.values), name="change_reason_known"),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}"

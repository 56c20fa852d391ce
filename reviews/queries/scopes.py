"""Where people wait for a decision, and which batches are due for their release."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from applications.models import TrackApplication
from applications.states import TrackState
from reviews.models import DecisionBatch
from reviews.queries.checks import WAITING
from reviews.states import AssignmentState, BatchState, GateKind
from streams.models import Cycle, Track


@dataclass(frozen=True)
class Scope:
    """A track and gate where people wait for a decision."""

    track: Track
    gate: str
    gate_label: str
    waiting: int
    complete: int
    open_batch: str


def scopes(cycle: Cycle | None) -> list[Scope]:
    """Return every track and gate of ``cycle`` at which somebody waits, with how many of them are completely read."""
    tracks = {
        track.pk: track
        for track in Track.objects.filter(cycle=cycle)
        .select_related("cycle")
        .annotate(
            n_screen=Count("track_applications", filter=Q(track_applications__internal_state=TrackState.IN_SCREEN)),
            n_review=Count(
                "track_applications", filter=Q(track_applications__internal_state__in=sorted(WAITING[GateKind.REVIEW]))
            ),
        )
        .order_by("order")
    }
    complete: dict[int, int] = defaultdict(int)
    for pk, track_id in (
        TrackApplication.objects.filter(track__cycle=cycle, internal_state__in=sorted(WAITING[GateKind.REVIEW]))
        .annotate(n=Count("review_assignments", filter=Q(review_assignments__state=AssignmentState.SUBMITTED)))
        .filter(n__gte=1)
        .values_list("n", "track_id")
    ):
        complete[track_id] += pk >= tracks[track_id].cycle.reviews_per_application
    opened = {
        (track_id, gate): public_id
        for track_id, gate, public_id in DecisionBatch.objects.filter(
            state__in=[BatchState.DRAFT, BatchState.APPROVED], counters=None
        ).values_list("track_id", "gate", "public_id")
    }
    return [
        Scope(
            track,
            gate,
            GateKind(gate).label,
            waiting,
            complete[track.pk] if gate == GateKind.REVIEW else waiting,
            opened.get((track.pk, gate), ""),
        )
        for track in tracks.values()
        for gate, waiting in ((GateKind.SCREEN, track.n_screen), (GateKind.REVIEW, track.n_review))
        if waiting
    ]


def batches_due(now: datetime) -> QuerySet[DecisionBatch]:
    """Return the approved batches whose scheduled release has come."""
    return DecisionBatch.objects.filter(state=BatchState.APPROVED, release_at__lte=now).order_by("release_at", "pk")

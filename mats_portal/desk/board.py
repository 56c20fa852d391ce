"""What staff see first: where the cycle stands, what waits for them, what blocks."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from applications.models import Application, TrackApplication
from applications.states import ApplicationState, TrackState
from core.access import kept_from
from core.editions import kept
from core.models import Job, OutboxMail
from core.states import JobState, MailState
from matching.models import MatchRun, Offer
from matching.states import HOLDS_SEAT, ListState, OfferState, RunState
from mats_portal.desk.figures import Figure
from mats_portal.desk.silence import in_silence
from mats_portal.desk.waiting import waiting_figures
from reviews.models import DecisionBatch, ReviewAssignment
from reviews.states import AssignmentState, BatchState
from streams.models import Cycle, Stream, Track
from streams.queries import staff_date_rows
from streams.queries.cycles import address_in
from streams.states import StreamState


@dataclass(frozen=True)
class TrackRow:
    """One track's way through the gates, in numbers."""

    name: str
    in_screen: int
    streams_open: int
    in_review: int
    advanced: int
    held: int
    not_advanced: int
    reads_done: int
    reads_planned: int


@dataclass(frozen=True)
class Phase:
    """One dated step of the calendar."""

    title: str
    official: str
    state: str


@dataclass(frozen=True)
class Board:
    """Everything on the page."""

    phases: list[Phase]
    needs_you: list[Figure]
    waiting: list[Figure]
    applications: list[Figure]
    tracks: list[TrackRow]
    match: list[Figure]
    system: list[Figure]


def board(cycle: Cycle, user: Any) -> Board:
    """Return the board of one cycle, in a fixed number of queries.

    Whoever ``user`` is kept from counts nowhere: a sum that only their decision moves would tell it.
    """
    kept_away = sorted(kept_from(user))
    mails = OutboxMail.objects.exclude(person__in=kept_away).aggregate(
        unknown=Count("pk", filter=Q(state=MailState.UNKNOWN)),
        failed=Count("pk", filter=Q(state=MailState.FAILED)),
        waiting=Count("pk", filter=Q(state=MailState.QUEUED)),
    )
    known = Offer.objects.filter(stream__cycle=cycle).exclude(application__person__in=kept_away)
    offers = known.aggregate(
        drafted=Count("pk", filter=Q(state=OfferState.DRAFT)),
        held=Count("pk", filter=Q(state__in=sorted(HOLDS_SEAT))),
        accepted=Count("pk", filter=Q(state=OfferState.ACCEPTED)),
    )
    return Board(
        phases=_phases(cycle),
        needs_you=_needs_you(cycle, user, mails | offers, kept_away),
        waiting=waiting_figures(cycle, user),
        applications=_applications(cycle, kept_away),
        tracks=_tracks(cycle, kept_away),
        match=_match(cycle, offers),
        system=_system(cycle, mails["waiting"]),
    )


def _phases(cycle: Cycle) -> list[Phase]:
    return [Phase(row.label, row.official, row.state) for row in staff_date_rows(cycle)]


def _needs_you(cycle: Cycle, user: Any, waiting: dict[str, int], kept_away: list[int]) -> list[Figure]:
    batches = DecisionBatch.objects.filter(cycle=cycle).aggregate(
        mine=Count("pk", filter=Q(state=BatchState.DRAFT, maker_id=user.pk)),
        second=Count("pk", filter=Q(state=BatchState.DRAFT) & ~Q(maker_id=user.pk)),
        approved=Count("pk", filter=Q(state=BatchState.APPROVED)),
    )
    runs = MatchRun.objects.filter(cycle=cycle).aggregate(
        waiting=Count("pk", filter=Q(state=RunState.COMPUTED) & ~Q(made_by_id=user.pk))
    )
    decisions = address_in(cycle, "reviews:batches")
    silent = in_silence(cycle).exclude(person__in=kept_away).count()
    found = [
        Figure("batches wait for a second person", batches["second"], decisions),
        Figure("batches of yours are drafts", batches["mine"], decisions),
        Figure("batches are approved and not released", batches["approved"], decisions),
        Figure("match runs wait for a second person", runs["waiting"], address_in(cycle, "matching:runs")),
        Figure("offers are drafted and not sent", waiting["drafted"], address_in(cycle, "matching:offers")),
        Figure("applications have no dated next event", silent, address_in(cycle, "desk:silence")),
        Figure("mails of unknown fate", waiting["unknown"], address_in(cycle, "core:outbox", state="unknown")),
        Figure("mails failed", waiting["failed"], address_in(cycle, "core:outbox", state="failed")),
    ]
    return [figure for figure in found if figure.value]


def _applications(cycle: Cycle, kept_away: list[int]) -> list[Figure]:
    known = Application.objects.filter(cycle=cycle).exclude(person__in=kept_away)
    counted = dict(known.values_list("internal_state").annotate(n=Count("pk")))
    return [
        Figure(label, counted[state], address_in(cycle, "desk:people", state=state))
        for state, label in ApplicationState.choices
        if state in counted
    ]


def _tracks(cycle: Cycle, kept_away: list[int]) -> list[TrackRow]:
    states: dict[int, dict[str, int]] = {}
    rows = TrackApplication.objects.filter(application__cycle=cycle).exclude(application__person__in=kept_away)
    for track_id, state, count in rows.values_list("track_id", "internal_state").annotate(n=Count("pk")):
        states.setdefault(track_id, {})[state] = count
    reads: dict[int, Any] = {
        row["track_application__track_id"]: row
        for row in ReviewAssignment.objects.filter(track_application__application__cycle=cycle)
        .exclude(state__in=[AssignmentState.CONFLICTED, AssignmentState.ENDED])
        .exclude(track_application__application__person__in=kept_away)
        .values("track_application__track_id")
        .annotate(planned=Count("pk"), done=Count("pk", filter=Q(state=AssignmentState.SUBMITTED)))
    }
    gates = [
        TrackState.IN_SCREEN,
        TrackState.STREAMS_OPEN,
        TrackState.IN_REVIEW,
        TrackState.ADVANCED,
        TrackState.HELD,
        TrackState.NOT_ADVANCED,
    ]
    return [
        TrackRow(
            name,
            *[states.get(pk, {}).get(gate, 0) for gate in gates],
            *[reads.get(pk, {}).get(count, 0) for count in ("done", "planned")],
        )
        for pk, name in _track_names(cycle.pk)
    ]


@kept
def _track_names(cycle_id: int) -> tuple[tuple[int, str], ...]:
    return tuple(Track.objects.filter(cycle=cycle_id).order_by("order").values_list("pk", "name"))


def _match(cycle: Cycle, offers: dict[str, int]) -> list[Figure]:
    published = Stream.objects.filter(cycle=cycle, state=StreamState.PUBLISHED)
    given_in = Q(rank_order_list__isnull=False) & ~Q(rank_order_list__state=ListState.DRAFT)
    granted = published.aggregate(
        streams=Count("pk"), seats=Sum("seats_granted", default=0), lists=Count("pk", filter=given_in)
    )
    return [
        Figure("seats granted", granted["seats"]),
        Figure(
            "rank lists in", granted["lists"], address_in(cycle, "matching:runs"), f"of {granted['streams']} streams"
        ),
        Figure("seats held by offers", offers["held"], address_in(cycle, "matching:offers")),
        Figure("offers accepted", offers["accepted"], address_in(cycle, "matching:offers")),
    ]


def _system(cycle: Cycle, waiting: int) -> list[Figure]:
    running = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    return [
        Figure("mails waiting", waiting, address_in(cycle, "core:outbox", state="queued")),
        Figure("jobs waiting or running", running, address_in(cycle, "core:jobs")),
    ]

"""Match runs: their inputs as they are now, and what their pages show."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.queries import has_role
from accounts.states import Role
from applications.models import Application, StreamApplication
from applications.states import ApplicationState, StreamApplicationState
from core.models import Job
from matching.engine import Instance, Lottery, snapshot_hash
from matching.models import MatchRun, RankEntry
from matching.queries.caps import caps_of, cohort_free
from matching.queries.commitments import published_commitment
from matching.queries.preferences import accepted_streams
from matching.queries.rankings import readable_lists
from matching.states import HOLDS_SEAT, RunState
from streams.models import Cycle, Stream
from streams.states import OfferMode, StreamState


def match_runs_visible_to(user: Any) -> QuerySet[MatchRun]:
    """Return the match runs that ``user`` may know of: all of them for staff and observers."""
    if has_role(user, Role.STAFF, Role.ADMIN, Role.OBSERVER):
        return MatchRun.objects.all()
    return MatchRun.objects.none()


def free_seats(cycle: Cycle) -> dict[Stream, int]:
    """Return how many seats of each stream are neither drafted, offered nor accepted."""
    streams = Stream.objects.filter(~Q(state=StreamState.DRAFT), cycle=cycle).annotate(
        n_held=Count("offers", filter=Q(offers__state__in=sorted(HOLDS_SEAT)))
    )
    return {stream: max(stream.seats_granted - stream.n_held, 0) for stream in streams.order_by("pk")}


def inputs_of(cycle: Cycle) -> dict[str, Any]:
    """Return the engine's instance as the rows stand now: public ids only, in the engine's canonical shape.

    People: whoever is with the mentors and holds no offer. Lists: the acceptable part of each person's order, and the
    locked lists of streams. Seats: granted less held. Caps: of the cohort, and of tracks or sites, less held.
    """
    people = Application.objects.filter(cycle=cycle, internal_state=ApplicationState.FINAL)
    names = dict(people.values_list("pk", "public_id"))
    wanted = accepted_streams(people)
    seats = free_seats(cycle)
    applicants = {
        name: [[row.stream.public_id] for row in wanted.get(pk, []) if row.stream in seats]
        for pk, name in names.items()
    }
    ranked: dict[str, dict[int, list[str]]] = {}
    entries = RankEntry.objects.filter(
        rank_list__in=readable_lists(cycle),
        tier__isnull=False,
        stream_application__internal_state=StreamApplicationState.IN_STREAM_REVIEW,
        stream_application__application__in=people,
    ).values_list("rank_list__stream__public_id", "tier", "stream_application__application__public_id")
    for stream, tier, name in entries:
        ranked.setdefault(stream, {}).setdefault(tier, []).append(name)
    shape: dict[str, Any] = {
        "applicants": applicants,
        "streams": {
            stream.public_id: {
                "min": 0,
                "max": free,
                "prefs": [tier for _number, tier in sorted(ranked.get(stream.public_id, {}).items())],
            }
            for stream, free in seats.items()
        },
    }
    if (free := cohort_free(cycle)) is not None:
        shape["cohort"] = {"max": free}
    open_streams = {stream.pk for stream in seats}
    for cap in caps_of(cycle):
        inside = [stream.public_id for stream in cap.streams if stream.pk in open_streams]
        if inside:
            shape.setdefault("tracks", {})[cap.key] = {"max": cap.free, "streams": inside}
    return Instance.from_json(shape).to_json()


def inputs_hash(inputs: dict[str, Any]) -> str:
    """Return the SHA-256 of inputs, whatever the order in which they were read."""
    return snapshot_hash(Instance.from_json(inputs))


def has_changed_since_freeze(run: MatchRun) -> bool:
    """Say whether the rows no longer say what the run computed with."""
    return run.inputs is not None and inputs_hash(inputs_of(run.cycle)) != run.inputs_sha256


def canonical(value: Any) -> str:
    """Return JSON text that is equal for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def proposals_of(run: MatchRun) -> list[tuple[str, str]]:
    """Return the pairs (application, stream) of public ids that an approval would offer.

    By match: the one place that the run found for each person. In rounds: each stream down its list to its seats, in
    the order of its tiers and of the recorded lottery, so that a person can hold several.
    """
    if run.cycle.offer_mode == OfferMode.MATCH:
        return sorted((name, stream) for name, stream in run.result["matching"].items() if stream)
    instance = Instance.from_json(run.inputs)
    drawn = Lottery.of(run.seed).positions(instance.applicants)
    found = []
    for stream, side in instance.streams.items():
        in_order = [name for tie in side.prefs for name in sorted(tie, key=drawn.__getitem__)]
        mutual = [name for name in in_order if instance.is_mutual(name, stream)]
        found += [(name, stream) for name in mutual[: side.capacity]]
    return sorted(found)


@dataclass(frozen=True)
class RunRow:
    """One line of the list of runs."""

    public_id: str
    number: int
    state: str
    state_label: str
    seed_commitment: str
    made_by: str
    approved_by: str
    created_at: datetime
    computed_at: datetime | None
    size: int | None
    is_stable: bool | None


def run_rows(user: Any, cycle: Cycle) -> list[RunRow]:
    """Return the runs of ``cycle``, newest first."""
    runs = match_runs_visible_to(user).filter(cycle=cycle).select_related("made_by", "approved_by").order_by("-number")
    return [
        RunRow(
            run.public_id,
            run.number,
            run.state,
            run.get_state_display(),
            Lottery.of(run.seed).commitment,
            str(run.made_by or ""),
            str(run.approved_by or ""),
            run.created_at,
            run.computed_at,
            run.certificate["size"] if run.certificate else None,
            run.certificate["stable"] if run.certificate else None,
        )
        for run in runs.defer("inputs", "result")
    ]


@dataclass(frozen=True)
class Placement:
    """What a run says about one person."""

    public_id: str
    reference: str
    name: str
    stream: str
    choice: int | None
    n_choices: int
    lottery: int | None
    n_ranked_by: int


def placements(run: MatchRun, user: Any) -> list[Placement]:
    """Return one line for each person of a computed run but the reader, placed people first, by name."""
    matching, lottery = run.result["matching"], run.result.get("lottery", {})
    titles = dict(Stream.objects.filter(cycle_id=run.cycle_id).values_list("public_id", "title"))
    people = Application.objects.filter(public_id__in=list(matching)).exclude(person_id=user.pk)
    ranked_by = Counter(name for side in run.inputs["streams"].values() for tie in side["prefs"] for name in tie)
    rows = []
    for application in people.select_related("person"):
        wanted = [name for tie in run.inputs["applicants"][application.public_id] for name in tie]
        place = matching[application.public_id]
        rows.append(
            Placement(
                application.public_id,
                application.reference,
                str(application.person),
                titles.get(place, ""),
                wanted.index(place) + 1 if place in wanted else None,
                len(wanted),
                lottery.get(application.public_id),
                ranked_by[application.public_id],
            )
        )
    return sorted(rows, key=lambda row: (not row.stream, row.name.lower(), row.reference))


@dataclass(frozen=True)
class StreamFill:
    """How a run fills one stream."""

    title: str
    seats: int
    placed: int
    ranked: int

    @property
    def unfilled(self) -> int:
        """Seats that stay empty."""
        return self.seats - self.placed


def stream_fills(run: MatchRun) -> list[StreamFill]:
    """Return one line for each stream of a computed run."""
    titles = dict(Stream.objects.filter(cycle_id=run.cycle_id).values_list("public_id", "title"))
    fill = run.certificate["fill"]
    return sorted(
        (
            StreamFill(titles.get(name, name), side["max"], fill.get(name, 0), sum(len(tie) for tie in side["prefs"]))
            for name, side in run.inputs["streams"].items()
        ),
        key=lambda row: row.title,
    )


def job_of(run: MatchRun) -> Job | None:
    """Return the job that computes a run."""
    return Job.objects.select_related("asked_by").filter(pk=run.job_id).first()


def person_of_run(run: MatchRun, public_id: str, user: Any) -> Application | None:
    """Return one person of a run for staff; never the reader's own."""
    people = Application.objects.filter(cycle_id=run.cycle_id, public_id=public_id).exclude(person_id=user.pk)
    return people.select_related("person").first()


def approved_run(cycle: Cycle) -> MatchRun | None:
    """Return the approved run of ``cycle``."""
    return MatchRun.objects.filter(cycle=cycle, state=RunState.APPROVED).first()


@dataclass(frozen=True)
class Commitment:
    """What anybody may know of an approved run: the lottery's commitment, its opened seed, checksums, totals."""

    seed: str
    commitment: str
    inputs_sha256: str
    result_sha256: str
    engine_version: str
    size: int
    approved_at: datetime | None
    is_as_committed: bool | None  # None: no commitment was published before lists closed


def published_commitments(cycle: Cycle) -> list[Commitment]:
    """Return the approved run of ``cycle`` once its first offer was sent: before that, a total would tell too much."""
    runs = MatchRun.objects.filter(cycle=cycle, state=RunState.APPROVED, offers__sent_at__isnull=False).distinct()
    committed = published_commitment(cycle)
    return [
        Commitment(
            run.seed,
            Lottery.of(run.seed).commitment,
            run.inputs_sha256,
            run.result_sha256,
            run.engine_version,
            run.certificate["size"],
            run.approved_at,
            committed.opens_with(run.seed) if committed else None,
        )
        for run in runs.defer("inputs", "result")
    ]


def rows_of_proposals(run: MatchRun) -> dict[tuple[str, str], StreamApplication]:
    """Return the stream applications of a run's people that are still with mentors, by (application, stream)."""
    rows = StreamApplication.objects.filter(
        application__cycle_id=run.cycle_id, internal_state=StreamApplicationState.IN_STREAM_REVIEW
    ).select_related("application__person", "stream")
    return {(row.application.public_id, row.stream.public_id): row for row in rows}

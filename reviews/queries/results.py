"""What an applicant gets to know: released outcomes and the sentences written for them. No scores, no ranks."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models import TrackApplication
from applications.states import TrackState
from reviews.models import Decision
from reviews.queries.feedback import Told, told_to
from reviews.queries.undo import STANDS
from reviews.states import GateKind, Outcome

#: Counts of people below this are not told.
FEW = 10


@dataclass(frozen=True)
class Result:
    """The released outcome of one track."""

    track: str
    chip: str
    headline: str
    text: str
    pool: str
    notes: tuple[str, ...]
    has_reading: bool
    released_at: datetime | None


@dataclass(frozen=True)
class TakenBack:
    """A result that was shown by mistake and does not hold."""

    track: str
    shown_at: datetime | None
    taken_back_at: datetime

    @property
    def title(self) -> str:
        """What the applicant reads first."""
        return f"{self.track}: a result shown here by mistake"

    @property
    def text(self) -> str:
        """What it means."""
        shown = f"{self.shown_at:%d %B %Y, %H:%M} UTC" if self.shown_at else "an earlier day"
        return (
            f"From {shown} to {self.taken_back_at:%d %B %Y, %H:%M} UTC a result of this track was shown here. "
            "It was released by mistake, and the mistake is ours. It does not hold, whatever it said."
        )


@dataclass(frozen=True)
class ResultPage:
    """All tracks of one application."""

    reference: str
    cycle: str
    results: tuple[Result, ...]
    waiting: tuple[str, ...]
    taken_back: tuple[TakenBack, ...]


def result_pages(user: Any) -> list[ResultPage]:
    """Return the outcomes of ``user``'s applications, newest cycle first; only what is released."""
    rows = list(
        TrackApplication.objects.filter(application__person_id=user.pk)
        .exclude(released_state__in=[TrackState.SELECTED, TrackState.LAPSED, TrackState.WITHDRAWN])
        .select_related("application__cycle", "track")
        .order_by("-application__cycle__programme_starts_on", "track__order")
        .defer("internal_state", "application__internal_state")
    )
    decisions = _decisions([row.pk for row in rows])
    undone = _undone([row.pk for row in rows])
    told = told_to(user)
    pools = _pools({decision.batch_id for decision in decisions.values()})
    by_application: dict[int, list[TrackApplication]] = defaultdict(list)
    for row in rows:
        by_application[row.application_id].append(row)
    return [
        ResultPage(
            reference=group[0].application.reference,
            cycle=group[0].application.cycle.name,
            results=tuple(
                _result(row, decisions[row.pk], told.get(row.pk), pools) for row in group if row.pk in decisions
            ),
            waiting=tuple(row.track.name for row in group if row.pk not in decisions),
            taken_back=tuple(
                TakenBack(row.track.name, *undone[row.pk])
                for row in group
                if row.pk in undone and row.pk not in decisions
            ),
        )
        for group in by_application.values()
    ]


def _decisions(rows: list[int]) -> dict[int, Decision]:
    """Return the latest released decision about each application in a track (primary keys)."""
    return {
        decision.track_application_id: decision
        for decision in Decision.objects.filter(STANDS, track_application__in=rows)
        .select_related("batch")
        .order_by("batch__released_at", "pk")
    }


def _undone(rows: list[int]) -> dict[int, tuple[datetime | None, datetime]]:
    """Return when the latest result that was taken back had been shown, and when it was taken back."""
    undone = Decision.objects.filter(track_application__in=rows, taken_back_at__isnull=False).order_by("taken_back_at")
    return {
        pk: (shown_at, taken_back_at)
        for pk, shown_at, taken_back_at in undone.values_list(
            "track_application_id", "batch__released_at", "taken_back_at"
        )
    }


def _pools(batches: set[int]) -> dict[int, str]:
    outcomes: dict[int, list[str]] = defaultdict(list)
    for batch, outcome in Decision.objects.filter(STANDS, batch__in=batches).values_list("batch_id", "outcome"):
        outcomes[batch].append(outcome)
    return {batch: _pool(found) for batch, found in outcomes.items()}


def _pool(outcomes: list[str]) -> str:
    total, on = len(outcomes), outcomes.count(Outcome.ADVANCE)
    if total < FEW:
        return "Fewer than 10 people were decided on together with you."
    taken = "Fewer than 10" if on < FEW else str(on)
    return f"{taken} of {total} people went on."


def _result(row: TrackApplication, decision: Decision, told: Told | None, pools: dict[int, str]) -> Result:
    chip, headline, text = _words(decision.batch.gate, decision.outcome, row.track.name)
    is_reading = decision.batch.gate == GateKind.REVIEW
    return Result(
        track=row.track.name,
        chip=chip,
        headline=headline,
        text=text,
        pool=pools[decision.batch_id] if decision.outcome != Outcome.HOLD else "",
        notes=tuple(note.text for note in told.notes) if told and is_reading else (),
        has_reading=is_reading and decision.outcome != Outcome.HOLD,
        released_at=decision.batch.released_at,
    )


def _words(gate: str, outcome: str, track: str) -> tuple[str, str, str]:
    if outcome == Outcome.HOLD:
        return (
            "wait",
            "With the track leads",
            "They need more time on your application. We write as soon as it is decided.",
        )
    if outcome == Outcome.NOT_ADVANCE:
        return "none", "Not selected", f"You were not selected for the {track} track this cycle."
    if gate == GateKind.SCREEN:
        return "done", "In stage 2", "You went on to stage 2: you choose streams and do the task of the track."
    return "done", "With the mentors", "You were taken forward. Mentors of the streams you chose read your application."

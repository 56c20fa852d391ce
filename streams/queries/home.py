"""Read models of the home page and of how selection works."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q

from core import clock
from core.deadlines import Deadline
from core.editions import kept
from questions.queries import minutes_of
from streams.models import Cycle, Step, Stream, Track
from streams.queries.calendar import DateRow, Phase, date_rows, phase_of, window
from streams.queries.tracks import TrackRow, track_rows
from streams.states import PUBLIC_STATES, StepKind

#: What the home page shows of the calendar; the rest stands on the page of dates.
HEADLINES = {
    "general_opens",
    "general_closes",
    "screen_released",
    "stage2_closes",
    "advance_released",
    "offers_sent",
    "offers_reply_by",
    "programme_starts",
    "programme_ends",
}


@dataclass(frozen=True)
class HowStep:
    """One of the steps in short: what, and how much of one's time."""

    title: str
    note: str


@dataclass(frozen=True)
class HomePage:
    """What the home page shows; a portal without a public cycle has none."""

    cycle: Cycle
    phase: Phase
    opens_at: Any
    deadline: Deadline | None
    dates: list[DateRow]
    steps: tuple[HowStep, ...]
    tracks: tuple[TrackRow, ...]
    n_streams: int
    minutes: int
    site_names: tuple[str, ...]


def home_page(cycle: Cycle) -> HomePage:
    """Return what the home page shows of ``cycle``."""
    general = window(cycle, "general_opens", "general_closes")
    what = _standing(cycle.pk)
    return HomePage(
        cycle=cycle,
        phase=phase_of(general, clock.arrival()),
        opens_at=general.opens_at,
        deadline=general.closes,
        dates=[row for row in date_rows(cycle) if row.code in HEADLINES or row.state == "next"],
        steps=what.steps,
        tracks=what.tracks,
        n_streams=what.n_streams,
        minutes=what.minutes,
        site_names=what.site_names,
    )


@dataclass(frozen=True)
class _Standing:
    """What of the home page does not hang on the time of day."""

    steps: tuple[HowStep, ...]
    tracks: tuple[TrackRow, ...]
    n_streams: int
    minutes: int
    site_names: tuple[str, ...]


@kept
def _standing(cycle_id: int) -> _Standing:
    cycle = Cycle.objects.get(pk=cycle_id)
    minutes = minutes_of([cycle.general_form_id]).get(cycle.general_form_id, 0) if cycle.general_form_id else 0
    return _Standing(
        steps=tuple(_how_it_works(cycle, minutes)),
        tracks=tuple(track_rows(cycle)),
        n_streams=Stream.objects.filter(cycle=cycle, state__in=PUBLIC_STATES).count(),
        minutes=minutes,
        site_names=tuple(cycle.sites.order_by("name").values_list("name", flat=True)),
    )


def _how_it_works(cycle: Cycle, general: int) -> list[HowStep]:
    """Return the six steps with the time they take, from the steps of the tracks."""
    sums = {
        row["kind"]: row
        for row in Step.objects.filter(track__cycle=cycle)
        .values("kind")
        .annotate(
            least=Min("minutes", filter=Q(required=True)), most=Max("minutes"), n_tracks=Count("track", distinct=True)
        )
        .order_by()
    }
    n_tracks = Track.objects.filter(cycle=cycle).count()

    def spread(*kinds: str) -> str:
        rows = [sums[kind] for kind in kinds if kind in sums]
        least = sum((row["least"] or 0) for row in rows if row["n_tracks"] == n_tracks)
        most = sum(row["most"] or 0 for row in rows)
        return f"{least} to {most} min" if least != most else f"{most} min"

    forms = minutes_of(Track.objects.filter(cycle=cycle, form__isnull=False).values_list("form", flat=True))
    longest = general + max(forms.values(), default=0)
    return [
        HowStep("General application", f"{general} to {longest} min, by the tracks you choose"),
        HowStep("Streams and track tasks", spread(StepKind.STREAM_APPLICATION, StepKind.EVALUATION)),
        HowStep("Reading", f"by {cycle.reviews_per_application} people, without your name"),
        HowStep("Stream tasks and interviews", spread(StepKind.STREAM_EVALUATION, StepKind.INTERVIEW)),
        HowStep("Both sides rank", "nobody sees the other side's order"),
        HowStep("Offer", "at least 7 days to reply"),
    ]

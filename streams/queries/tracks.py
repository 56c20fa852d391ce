"""Read models of tracks: the list, one track with its steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.safestring import SafeString

from core.editions import kept
from core.markdown import render
from questions.queries import outline
from streams.models import Cycle, Step, Stream, Track
from streams.queries.calendar import date_rows
from streams.queries.cards import StreamCard, stream_cards
from streams.states import PUBLIC_STATES


@dataclass(frozen=True)
class TrackRow:
    """A track in a list."""

    slug: str
    url: str
    name: str
    summary: str
    n_streams: int
    is_largest: bool


@dataclass(frozen=True)
class StepRow:
    """A step of a track with its window."""

    name: str
    kind: str
    minutes: int
    note: str
    until: str


@dataclass(frozen=True)
class TrackPage:
    """What the page of a track shows."""

    track: Track
    description: SafeString
    looks_for: SafeString
    steps: list[StepRow]
    questions: list[str]
    n_question_minutes: int
    hidden_from_first_readers: list[str]
    streams: list[StreamCard]
    is_largest: bool


#: Who knows by what a track's applications are read: an app above this one, which says so when it is loaded.
_criteria_sources: list[Callable[[int], Any]] = []


def criteria_come_from(source: Callable[[int], Any]) -> None:
    """Have ``source`` (track's primary key → what its readers look for, or ``None``) asked by the page of a track."""
    _criteria_sources[:] = [source]


def criteria_of_track(track: Track) -> Any:
    """Return what the readers of a track look for, or ``None`` where nobody knows."""
    return next((found for source in _criteria_sources if (found := source(track.pk)) is not None), None)


def track_rows(cycle: Cycle) -> list[TrackRow]:
    """Return the tracks of the cycle in their order, with the number of public streams in each."""
    return list(_track_rows(cycle.pk))


@kept
def _track_rows(cycle_id: int) -> tuple[TrackRow, ...]:
    tracks = (
        Track.objects.filter(cycle=cycle_id)
        .annotate(
            n_streams=Count("stream_tracks", filter=Q(stream_tracks__stream__state__in=PUBLIC_STATES), distinct=True)
        )
        .order_by("order")
    )
    most = max((track.n_streams for track in tracks), default=0)
    return tuple(
        TrackRow(
            track.slug,
            track.get_absolute_url(),
            track.name,
            track.summary,
            track.n_streams,
            bool(most) and track.n_streams == most,
        )
        for track in tracks
    )


@kept
def track_page(slug: str) -> TrackPage | None:
    """Return the page of a track of the public cycle, or ``None``."""
    track = Track.objects.filter(cycle__is_public_current=True, slug=slug).select_related("cycle", "form").first()
    if track is None:
        return None
    asked = outline(track.form) if track.form else None
    public = Stream.objects.filter(tracks=track, state__in=PUBLIC_STATES).order_by("title").values_list("pk", flat=True)
    rows = {row.slug: row for row in track_rows(track.cycle)}
    return TrackPage(
        track=track,
        description=render(track.description),
        looks_for=render(track.looks_for),
        steps=_steps(track),
        questions=[item.text for item in asked.items] if asked else [],
        n_question_minutes=asked.minutes if asked else 0,
        hidden_from_first_readers=_hidden(track),
        streams=stream_cards(list(public)),
        is_largest=rows[track.slug].is_largest,
    )


def _steps(track: Track) -> list[StepRow]:
    ends = {row.code: row.official for row in date_rows(track.cycle)}
    return [
        StepRow(step.name, step.kind, step.minutes, step_note(step), ends.get(step.closes_code, ""))
        for step in track.steps.order_by("order")
    ]


def step_note(step: Step) -> str:
    """Say what a step is, and first whether everybody has it."""
    if step.required:
        return step.note
    return f"Not for everybody. {step.note}"


def _hidden(track: Track) -> list[str]:
    names = {"identity": "your name and personal links", "institution": "your institution and degrees"}
    return [text for name, text in names.items() if name in track.blind_fields]

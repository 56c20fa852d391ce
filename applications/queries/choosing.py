"""What one stream means for one person before they add it: it informs, and never stops them."""

from collections.abc import Collection
from dataclasses import dataclass

from applications.models import Application
from applications.queries.calendar import dates_for
from applications.queries.places import place_warning, places_of
from applications.queries.sections import is_writable
from applications.queries.stage2 import PickRow, hours, hub, is_stage2_open
from applications.states import ApplicationState, StreamApplicationState, TrackState
from streams.models import Stream
from streams.states import DataSensitivity, RequirementKind


@dataclass(frozen=True)
class TrackOffer:
    """A track that leads to the stream and is not chosen yet."""

    slug: str
    name: str


@dataclass(frozen=True)
class Choice:
    """The page before a stream is added: what to know, and the one thing that can be done now."""

    slug: str
    title: str
    summary: str
    warnings: tuple[str, ...]
    not_a_fit: tuple[str, ...]
    minutes: str
    total: str
    budget: str
    is_over: bool
    can_add: bool
    is_added: bool
    tracks: tuple[TrackOffer, ...]
    reason: str


def stream_choice(application: Application, stream: Stream) -> Choice:
    """Return the page of one public stream for one application."""
    known = next(iter(application.stream_applications.filter(stream=stream)), None)
    is_added = known is not None and known.released_state != StreamApplicationState.WITHDRAWN
    tracks = {part.track: part.track_id for part in stream.stream_tracks.select_related("track")}
    states = dict(application.track_applications.values_list("track_id", "released_state"))
    is_open = is_stage2_open(application, dates_for(application))
    view = hub(application)
    pick = next((row for row in [*view.picks, *view.others] if row.slug == stream.slug), None)
    minutes = pick.minutes if pick else 0
    offers = tuple(
        TrackOffer(track.slug, track.name)
        for track, pk in tracks.items()
        if pk not in states and _takes_tracks(application)
    )
    can_add = bool(is_open and pick and not pick.reason and not is_added)
    return Choice(
        slug=stream.slug,
        title=stream.title,
        summary=stream.summary,
        warnings=_warnings(application, stream),
        not_a_fit=tuple(
            stream.requirements.filter(kind=RequirementKind.NOT_A_FIT).order_by("order").values_list("text", flat=True)
        ),
        minutes=hours(minutes) if minutes else "",
        total=hours(view.effort + minutes),
        budget=hours(view.budget),
        is_over=view.effort + minutes > view.budget,
        can_add=can_add,
        is_added=is_added,
        tracks=offers if not tracks.values() & states.keys() else (),
        reason="" if can_add or is_added else _reason(application, pick, tracks.values(), states),
    )


def _takes_tracks(application: Application) -> bool:
    return application.released_state == ApplicationState.DRAFT and is_writable(application)


def _warnings(application: Application, stream: Stream) -> tuple[str, ...]:
    lines = [place_warning(stream, places_of(application))]
    if agreement := stream.agreements.filter(ack_at_apply=True).order_by("-version").first():
        lines.append(f"You read “{agreement.title}” before you submit, and sign it after an offer.")
    if stream.data_sensitivity != DataSensitivity.OPEN:
        lines.append(f"{stream.get_data_sensitivity_display()}.")
    if stream.dual_use:
        lines.append("Work in this stream can be misused. Results may be held back or published in parts.")
    return tuple(filter(None, lines))


def _reason(application: Application, pick: PickRow | None, tracks: Collection[int], states: dict[int, str]) -> str:
    """Say why it cannot be added now."""
    if pick is not None and pick.reason:
        return f"{pick.reason}."
    chosen = {states[pk] for pk in tracks if pk in states}
    if application.released_state == ApplicationState.DRAFT:
        return "Streams are added in stage 2, once a track of this stream is open to you." if chosen else ""
    if application.released_state == ApplicationState.SUBMITTED and not chosen:
        return "You did not choose its track. Reopen your application to add the track, then submit again."
    if chosen & {TrackState.SELECTED, TrackState.IN_SCREEN}:
        return "You chose its track. If you go on to stage 2, you add the stream then."
    return "Streams can be added while stage 2 is open to you."

"""What a list shows of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from questions.queries import minutes_of
from streams.models import Cadence, Stream
from streams.states import InPerson, StreamState


@dataclass(frozen=True)
class StreamCard:
    """One stream in the catalogue."""

    public_id: str
    slug: str
    url: str
    title: str
    summary: str
    tracks: tuple[str, ...]
    host_org: str
    place: str
    meetings: str
    reply: str
    n_seats: int
    minutes: int
    mode: str
    n_mentors: int
    has_agreement: bool
    dual_use: bool
    is_paused: bool
    demo_invented: bool


def stream_cards(pks: Sequence[int]) -> list[StreamCard]:
    """Return cards in the order of ``pks``, in a constant number of queries."""
    streams = (
        Stream.objects.filter(pk__in=pks)
        .select_related("site")
        .prefetch_related("stream_tracks__track", "cadences", "agreements", "stream_mentors")
    )
    by_pk = {stream.pk: stream for stream in streams}
    minutes = minutes_of({stream.form_id for stream in by_pk.values() if stream.form_id})
    return [_card(by_pk[pk], minutes.get(by_pk[pk].form_id, 0)) for pk in pks if pk in by_pk]


def _card(stream: Stream, minutes: int) -> StreamCard:
    parts = sorted(stream.stream_tracks.all(), key=lambda part: (not part.primary, part.track.order))
    return StreamCard(
        public_id=stream.public_id,
        slug=stream.slug,
        url=stream.get_absolute_url(),
        title=stream.title,
        summary=stream.summary,
        tracks=tuple(part.track.name for part in parts),
        host_org=stream.host_org,
        place=place_of(stream),
        meetings=meetings_of(list(stream.cadences.all())),
        reply=reply_of(stream.reply_hours),
        n_seats=stream.seats_granted,
        minutes=minutes,
        mode=stream.get_selection_mode_display(),
        n_mentors=len(stream.stream_mentors.all()),
        has_agreement=bool(stream.agreements.all()),
        dual_use=stream.dual_use,
        is_paused=stream.state == StreamState.PAUSED,
        demo_invented=stream.demo_invented,
    )


def place_of(stream: Stream) -> str:
    """Say where the stream meets: ``In person by default, Berkeley``."""
    if stream.in_person == InPerson.NONE:
        return f"Remote is fine; based in {stream.site.name}" if stream.site else "Remote is fine"
    label = stream.get_in_person_display()
    return f"{label}, {stream.site.name}" if stream.site else str(label)


def meetings_of(cadences: list[Cadence]) -> str:
    """Say the first regular meeting with a mentor in a few words: ``1 h weekly``."""
    for cadence in sorted(cadences, key=lambda row: row.order):
        if cadence.with_mentor:
            return f"{duration(cadence.minutes)} {cadence.get_frequency_display()}"
    return ""


def duration(minutes: int) -> str:
    """Write a length of time: ``45 min``, ``1 h``, ``1 h 30 min``."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))


def reply_of(hours: int | None) -> str:
    """Say how soon a question in chat is usually answered."""
    if hours is None:
        return ""
    if hours <= 12:
        return f"replies within {hours} h"
    days = -(-hours // 24)
    return "replies within a day" if days == 1 else f"replies within {days} days"

"""Limits on several streams together: of the cohort, and of its tracks or its sites."""

from collections import Counter
from dataclasses import dataclass

from matching.models import Offer
from matching.states import HOLDS_SEAT
from streams.models import Cycle, Stream, StreamTrack
from streams.states import CapsBy


@dataclass(frozen=True)
class Cap:
    """At most ``places`` over the streams of one track or site, of which ``held`` are drafted, offered or accepted."""

    key: str
    name: str
    places: int
    held: int
    streams: tuple[Stream, ...]

    @property
    def free(self) -> int:
        """How many places a run may still give; never below zero."""
        return max(self.places - self.held, 0)


def cohort_free(cycle: Cycle) -> int | None:
    """Return how many places the cohort has left, ``None`` where it has no limit."""
    if cycle.cohort_cap is None:
        return None
    return max(cycle.cohort_cap - sum(_held_by_stream(cycle).values()), 0)


def caps_of(cycle: Cycle) -> list[Cap]:
    """Return the limits on tracks or on sites, whichever the cycle has; a stream counts in its primary track."""
    if cycle.caps_by == CapsBy.NOTHING:
        return []
    held = _held_by_stream(cycle)
    groups: dict[str, tuple[str, int, list[Stream]]] = {}
    if cycle.caps_by == CapsBy.TRACK:
        rows = StreamTrack.objects.filter(stream__cycle=cycle, primary=True, track__place_cap__isnull=False)
        for row in rows.select_related("stream", "track").order_by("track__order", "stream"):
            place = groups.setdefault(row.track.public_id, (row.track.name, row.track.place_cap or 0, []))
            place[2].append(row.stream)
    else:
        streams = Stream.objects.filter(cycle=cycle, site__seats__isnull=False).select_related("site")
        for stream in streams.order_by("site__name", "pk"):
            place = groups.setdefault(stream.site.slug, (stream.site.name, stream.site.seats, []))
            place[2].append(stream)
    return [
        Cap(key, name, places, sum(held.get(stream.pk, 0) for stream in streams), tuple(streams))
        for key, (name, places, streams) in groups.items()
    ]


def _held_by_stream(cycle: Cycle) -> dict[int, int]:
    offers = Offer.objects.filter(stream__cycle=cycle, state__in=sorted(HOLDS_SEAT))
    return Counter(offers.values_list("stream_id", flat=True))

"""A person's own list of streams."""

from typing import Any

from streams.models import Cycle, SavedStream, Stream
from streams.queries.cards import StreamCard, stream_cards
from streams.states import PUBLIC_STATES


def public_stream(slug: str) -> Stream | None:
    """Return a stream of the public cycle that the catalogue shows."""
    return Stream.objects.filter(cycle__is_public_current=True, state__in=PUBLIC_STATES, slug=slug).first()


def is_saved(user: Any, stream: Stream) -> bool:
    """Say whether ``stream`` is on the list of ``user``."""
    return SavedStream.objects.filter(person_id=user.pk, stream=stream).exists()


def saved_cards(user: Any, cycle: Cycle) -> list[StreamCard]:
    """Return the streams of the cycle that ``user`` saved and the catalogue still shows, first saved first."""
    own = SavedStream.objects.filter(person_id=user.pk, stream__cycle=cycle, stream__state__in=PUBLIC_STATES)
    return stream_cards(list(own.values_list("stream_id", flat=True)))


def saved_slugs(user: Any) -> frozenset[str]:
    """Return the addresses of the streams of the public cycle that ``user`` saved."""
    own = SavedStream.objects.filter(person_id=user.pk, stream__cycle__is_public_current=True)
    return frozenset(own.values_list("stream__slug", flat=True))

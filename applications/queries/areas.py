"""Which areas of streams people chose: by what area they are found, and by which criteria they are scored."""

from applications.models import StreamApplication
from applications.states import LIVE_STREAM, StreamApplicationState

#: A stream that is over was chosen all the same.
CHOSEN = sorted({*LIVE_STREAM, StreamApplicationState.CLOSED})


def areas_chosen(application_id: int) -> frozenset[tuple[str, str]]:
    """Return the areas, as (slug of the stream, code), that one application hands in for, in one query."""
    rows = StreamApplication.areas.through.objects.filter(
        streamapplication__application=application_id, streamapplication__internal_state__in=CHOSEN
    )
    return frozenset(rows.values_list("streamarea__stream__slug", "streamarea__code"))

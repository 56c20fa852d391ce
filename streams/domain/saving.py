"""A person's own list of streams."""

from typing import Any

from django.db import transaction

from core import audit
from streams.models import SavedStream, Stream


@transaction.atomic
def keep_stream(*, stream: Stream, person: Any) -> SavedStream:
    """Put ``stream`` on the list of ``person``; twice is once."""
    saved, is_new = SavedStream.objects.get_or_create(person=person, stream=stream)
    if is_new:
        audit.record("keep_stream", stream, by=person)
    return saved


@transaction.atomic
def drop_stream(*, stream: Stream, person: Any) -> None:
    """Take ``stream`` off the list; what is not on it stays off."""
    if SavedStream.objects.filter(person=person, stream=stream).delete()[0]:
        audit.record("drop_stream", stream, by=person)

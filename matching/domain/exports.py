"""The list of offers as a file."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from core import audit
from core.http import safe_csv_cell
from matching.models import Offer
from matching.queries.offers import exported_offers
from streams.models import Cycle

COLUMNS = (
    "reference",
    "name",
    "email",
    "stream",
    "tracks",
    "state",
    "sent",
    "expires",
    "replied",
    "seat",
    "site",
)


class Echo:
    """Hands back what is written to it: a csv writer with nothing behind it."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


@transaction.atomic
def record_export(*, cycle: Cycle, by: Any) -> None:
    """Note who took the list of offers of ``cycle``."""
    audit.record("export_offers", cycle, by=by, columns=list(COLUMNS))


def offer_lines(cycle: Cycle) -> Iterator[str]:
    """Yield the lines of the file, however many offers there are: one cursor, never the whole list in memory.

    Every cell that a spreadsheet could take for a formula is defused. Instants are UTC in ISO 8601.
    """
    writer = csv.writer(Echo(), lineterminator="\r\n")
    yield writer.writerow(COLUMNS)
    for offer in exported_offers(cycle):
        yield writer.writerow([safe_csv_cell(cell) for cell in cells(offer)])


def cells(offer: Offer) -> list[Any]:
    """Return one offer in the order of ``COLUMNS``."""
    stream, person = offer.stream, offer.application.person
    tracks = "; ".join(part.track.name for part in stream.stream_tracks.all())
    return [
        offer.application.reference,
        person.display_name,
        person.email,
        stream.title,
        tracks,
        offer.state,
        _iso(offer.sent_at),
        _iso(offer.expires_at),
        _iso(offer.replied_at),
        offer.seat,
        stream.site.name if stream.site else "",
    ]


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""

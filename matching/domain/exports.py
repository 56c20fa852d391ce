"""The list of offers as a file."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from core import audit
from core.http import safe_csv_cell
from matching.queries.offers import ExportedOffer, exported_offers, track_names_of_streams
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
    tracks = track_names_of_streams(cycle)
    for offer in exported_offers(cycle):
        yield writer.writerow([safe_csv_cell(cell) for cell in cells(offer, tracks.get(offer.stream_id, ""))])


def cells(offer: ExportedOffer, tracks: str) -> list[Any]:
    """Return one offer in the order of ``COLUMNS``."""
    return [
        offer.reference, offer.name, offer.email, offer.stream, tracks, offer.state, _iso(offer.sent_at),
        _iso(offer.expires_at), _iso(offer.replied_at), offer.seat, offer.site or "",
    ]  # fmt: skip


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""

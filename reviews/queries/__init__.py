"""What pages and other apps may ask of the reviews."""

from reviews.queries.access import (
    batches_visible_to,
    decisions_visible_to,
    review_assignments_visible_to,
    tracks_to_watch,
)
from reviews.queries.due import readers_to_remind
from reviews.queries.needs import has_text_without_reader
from reviews.queries.proposals import tracks_without_proposal
from reviews.queries.queue import moves_of_reviewer
from reviews.queries.scopes import batches_due

__all__ = [
    "batches_due",
    "batches_visible_to",
    "decisions_visible_to",
    "has_text_without_reader",
    "moves_of_reviewer",
    "readers_to_remind",
    "review_assignments_visible_to",
    "tracks_to_watch",
    "tracks_without_proposal",
]

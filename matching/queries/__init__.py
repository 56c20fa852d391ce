"""What other apps ask of matching; pages ask the modules themselves."""

from matching.queries.moves import moves_of, moves_of_mentor
from matching.queries.offers import cycles_to_lock, offers_due, offers_visible_to
from matching.queries.rankings import people_visible_to, rank_lists_visible_to, streams_of_mentor
from matching.queries.runs import match_runs_visible_to

__all__ = [
    "cycles_to_lock",
    "match_runs_visible_to",
    "moves_of",
    "moves_of_mentor",
    "offers_due",
    "offers_visible_to",
    "people_visible_to",
    "rank_lists_visible_to",
    "streams_of_mentor",
]

"""What may be asked about cycles, tracks and streams."""

from streams.queries.calendar import (
    CycleDates,
    DateRow,
    Phase,
    Window,
    current_cycle,
    date_entries,
    date_rows,
    dates_of,
    key_instant,
    phase_of,
    staff_date_rows,
    window,
)
from streams.queries.catalogue import SORTS, CataloguePage, Choices, catalogue_page, choices_from
from streams.queries.compare import compare_page
from streams.queries.finder import finder_page
from streams.queries.help import help_entry, help_for, help_groups, help_search
from streams.queries.home import HomePage, home_page
from streams.queries.saved import is_saved, public_stream, saved_cards, saved_slugs
from streams.queries.stream import stream_asks, stream_page, streams_visible_to
from streams.queries.tracks import criteria_of_track, track_page, track_rows

__all__ = [
    "SORTS",
    "CataloguePage",
    "Choices",
    "CycleDates",
    "DateRow",
    "HomePage",
    "Phase",
    "Window",
    "catalogue_page",
    "choices_from",
    "compare_page",
    "criteria_of_track",
    "current_cycle",
    "date_entries",
    "date_rows",
    "dates_of",
    "finder_page",
    "help_entry",
    "help_for",
    "help_groups",
    "help_search",
    "home_page",
    "is_saved",
    "key_instant",
    "phase_of",
    "public_stream",
    "saved_cards",
    "saved_slugs",
    "staff_date_rows",
    "stream_asks",
    "stream_page",
    "streams_visible_to",
    "track_page",
    "track_rows",
    "window",
]

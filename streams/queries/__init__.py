"""What may be asked about cycles, tracks and streams."""

from streams.queries.calendar import (
    DateRow,
    Phase,
    Window,
    current_cycle,
    date_entries,
    date_rows,
    key_date,
    key_instant,
    phase_of,
    staff_date_rows,
    window,
)
from streams.queries.catalogue import SORTS, CataloguePage, Choices, catalogue_page, choices_from
from streams.queries.pages import (
    HomePage,
    compare_page,
    home_page,
    stream_page,
    streams_visible_to,
    track_page,
    track_rows,
)

__all__ = [
    "SORTS",
    "CataloguePage",
    "Choices",
    "DateRow",
    "HomePage",
    "Phase",
    "Window",
    "catalogue_page",
    "choices_from",
    "compare_page",
    "current_cycle",
    "date_entries",
    "date_rows",
    "home_page",
    "key_date",
    "key_instant",
    "phase_of",
    "staff_date_rows",
    "stream_page",
    "streams_visible_to",
    "track_page",
    "track_rows",
    "window",
]

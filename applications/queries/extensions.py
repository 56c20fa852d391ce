"""One person's deadlines as staff see them."""

from dataclasses import dataclass
from datetime import datetime

from applications.models import Application, DeadlineExtension
from applications.queries.calendar import dates_for, dates_of, written_date
from applications.states import Window
from core.deadlines import written


@dataclass(frozen=True)
class WindowRow:
    """One deadline: as published, and as it holds for this person."""

    label: str
    published: str
    own: str
    is_moved: bool


@dataclass(frozen=True)
class ExtensionRow:
    """One act of moving a deadline."""

    window: str
    until: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ExtensionPage:
    """Everything on the page."""

    windows: list[WindowRow]
    history: list[ExtensionRow]


def extension_page(application: Application) -> ExtensionPage:
    """Return the deadlines of one person and who moved them."""
    published, own = dates_of(application.cycle).by_code, dates_for(application).by_code
    rows = DeadlineExtension.objects.filter(application=application).select_related("granted_by")
    return ExtensionPage(
        windows=[
            WindowRow(
                str(window.label),
                written_date(published[window]),
                written_date(own[window]),
                own[window].starts_at != published[window].starts_at,
            )
            for window in Window
            if window in published
        ],
        history=[
            ExtensionRow(
                row.get_window_display(), written(row.until, "UTC"), row.reason, str(row.granted_by), row.granted_at
            )
            for row in rows.order_by("-granted_at", "-pk")
        ],
    )

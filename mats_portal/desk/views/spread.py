"""How the scores of a track lie."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import policy
from mats_portal.desk.plots import histograms, intervals, on_scale
from mats_portal.desk.spread import Bar, DriftRow, SpreadPage, spread_page
from reviews.queries import tracks_to_watch
from streams.models import Track


@policy("desk.view_agreement", track=tracks_to_watch)
@require_safe
def spread(request: HttpRequest, track: Track) -> HttpResponse:
    """Show the spread of a track's scores, agreement by criterion, and drift."""
    return render(request, "desk/spread.html", {"page": spread_page(track, request.user)})


@policy("desk.view_agreement", track=tracks_to_watch)
@require_safe
def spread_plot(request: HttpRequest, track: Track, plot: str) -> HttpResponse:
    """Serve one plot of that page as an image; the page has the same numbers as a table."""
    if plot not in PLOTS:
        raise Http404
    return HttpResponse(PLOTS[plot](spread_page(track, request.user)), content_type="image/svg+xml")


def _means(page: SpreadPage) -> str:
    return histograms(f"Raw means in {page.track}", [("Texts by raw mean", _columns(page.bars))])


def _criteria(page: SpreadPage) -> str:
    panels = [(row.name, _columns(row.bars)) for row in page.criteria]
    return histograms(f"Levels given on each criterion in {page.track}", panels)


def _columns(bars: tuple[Bar, ...]) -> list[tuple[str, int]]:
    return [(bar.label, bar.n) for bar in bars]


def _agreement(page: SpreadPage) -> str:
    rows = [
        (row.name, row.alpha.value, row.alpha.low, row.alpha.high) if row.alpha else (row.name, None, None, None)
        for row in page.criteria
    ]
    return on_scale(f"Agreement on each criterion in {page.track}", rows, left="0: as by chance", right="1: perfect")


def _drift(title: str, rows: tuple[DriftRow, ...]) -> str:
    estimates = [(row.label, row.mean, row.low, row.high) for row in rows]
    return intervals(title, estimates, left="lower than expected", right="higher than expected")


PLOTS: dict[str, Callable[[SpreadPage], str]] = {
    "means": _means,
    "criteria": _criteria,
    "agreement": _agreement,
    "time": lambda page: _drift(f"Drift over time in {page.track}", page.over_time),
    "position": lambda page: _drift(f"Drift with how much a reader has read in {page.track}", page.by_position),
}

"""Who applies, in numbers."""

import csv
import io
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http import safe_csv_cell
from core.policies import policy
from matching.views.plots import bars
from mats_portal.desk.statistics import QuestionFigures, who_applies
from streams.views.in_view import cycle_in_view

#: Pixels for the names of the bars.
NAMES = 320


def _figures(request: HttpRequest) -> list[QuestionFigures]:
    cycle = cycle_in_view(request)
    return who_applies(cycle, request.user) if cycle else []


@policy("desk.view_statistics")
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """Show what people answered to the questions with choices."""
    return render(request, "desk/statistics.html", {"cycle": cycle_in_view(request), "figures": _figures(request)})


@policy("desk.view_statistics")
@require_safe
def statistics_plot(request: HttpRequest, question: str) -> HttpResponse:
    """Serve one question's figures as an image."""
    for figures in _figures(request):
        if figures.code == question:
            return HttpResponse(bars(figures.text, figures.bars, left=NAMES), content_type="image/svg+xml")
    raise Http404


@policy("desk.view_statistics")
@require_safe
def statistics_csv(request: HttpRequest) -> HttpResponse:
    """Serve all figures as CSV."""
    cycle = cycle_in_view(request)
    if cycle is None:
        raise Http404
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["Question", "Group", "Answer", "Handed in", "Came past the screen"])
    for figures in _figures(request):
        for group in figures.groups:
            for row in group.rows:
                line = [figures.text, group.total.label, row.label, row.handed_in, row.went_on]
                writer.writerow(map(safe_csv_cell, line))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="who-applies-{quote(cycle.slug)}.csv"'
    return response

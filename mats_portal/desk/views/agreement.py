"""Whether the scores of a track can carry a decision."""

from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import jobs
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk.agreement import agreement_page
from mats_portal.desk.plots import intervals
from reviews.domain.further import ask_further_reads
from reviews.queries import tracks_to_watch
from streams.models import Track

#: Scores on a page.
ON_A_PAGE = 50


@policy("desk.view_agreement", track=tracks_to_watch)
@require_safe
def agreement(request: HttpRequest, track: Track) -> HttpResponse:
    """Show raw scores, adjusted ones beside them, and what changes at ``?line=``."""
    return _page(request, track, request.GET.get("line", ""))


def _page(request: HttpRequest, track: Track, asked: str, refused: str = "") -> HttpResponse:
    asked = asked.strip()[:20]
    line = _line(asked)
    is_wrong = bool(asked) and line is None
    page = agreement_page(track, request.user, line)
    context = {
        "page": page,
        "scores": Paginator(page.rows, ON_A_PAGE).get_page(request.GET.get("page")),
        "query": urlencode({"line": asked}) if asked else "",
        "asked": asked,
        "is_wrong": is_wrong,
        "refused": refused,
        "errors_on_page": bool(refused),
    }
    return render(request, "desk/agreement.html", context, status=409 if refused else 422 if is_wrong else 200)


@policy("desk.view_agreement", track=tracks_to_watch)
@require_safe
def severity_plot(request: HttpRequest, track: Track) -> HttpResponse:
    """Serve the severities with their intervals as an image; the page has the same numbers as a table."""
    page = agreement_page(track, request.user)
    rows = [(row.name, row.effect, row.low, row.high) for row in page.severities]
    image = intervals(f"Severity of the reviewers of {page.track}, with 95 % intervals", rows)
    return HttpResponse(image, content_type="image/svg+xml")


@policy("desk.ask_further_reads", track=tracks_to_watch)
@require_POST
def further_reads(request: HttpRequest, track: Track) -> HttpResponse:
    """Ask for a further reading of the ticked applications (``row``), and have the job find the readers."""
    asked = request.POST.get("line", "")
    ticked = set(request.POST.getlist("row"))
    page = agreement_page(track, request.user, _line(asked.strip()[:20]))
    chosen = [one for one in page.candidates if one.row.public_id in ticked]
    if not chosen:
        return _page(request, track, asked, refused="Tick who is to be read by one more.")
    try:
        made = ask_further_reads(
            track=track,
            rows=track.track_applications.filter(public_id__in=[one.row.public_id for one in chosen]),
            reason="Readers differ, or the line lies within the doubt",
            by=request.user,
        )
    except Refused as refusal:
        return _page(request, track, asked, refused=str(refusal))
    jobs.start("reviews.assign", by=request.user, cycle_id=track.cycle_id, track_id=track.pk)
    messages.success(request, f"Asked for {len(made)}. Readers are being chosen; they find the texts in their queues.")
    return redirect("desk:agreement", track.public_id)


def _line(asked: str) -> Decimal | None:
    """Return the line as a number, ``None`` for anything that is no score."""
    try:
        line = Decimal(asked)
    except InvalidOperation:
        return None
    return line if line.is_finite() and 0 <= line <= 100 else None

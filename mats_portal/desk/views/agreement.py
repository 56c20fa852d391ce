"""Whether the scores of a track can carry a decision."""

from decimal import Decimal, InvalidOperation

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import policy
from mats_portal.desk.agreement import agreement_page
from reviews.queries import tracks_to_watch
from streams.models import Track


@policy("desk.view_agreement", track=tracks_to_watch)
@require_safe
def agreement(request: HttpRequest, track: Track) -> HttpResponse:
    """Show raw scores, adjusted ones beside them, and what changes at ``?line=``."""
    asked = request.GET.get("line", "").strip()[:20]
    line = _line(asked)
    page = agreement_page(track, request.user, line)
    return render(
        request,
        "desk/agreement.html",
        {"page": page, "asked": asked, "is_wrong": bool(asked) and line is None},
        status=422 if asked and line is None else 200,
    )


def _line(asked: str) -> Decimal | None:
    """Return the line as a number, ``None`` for anything that is no score."""
    try:
        line = Decimal(asked)
    except InvalidOperation:
        return None
    return line if line.is_finite() and 0 <= line <= 100 else None

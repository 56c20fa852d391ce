"""One's own dates in one's own calendar."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import ics
from core.policies import LOGIN, PUBLIC, policy
from mats_portal.desk import own_calendar


@policy(LOGIN)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the link to one's own feed, and what stands in it."""
    link = own_calendar.link_of(request.user)
    path = reverse("desk:calendar_feed", args=[own_calendar.token_of(link)]) if link else ""
    context = {
        "url": f"{settings.PORTAL_BASE_URL}{path}" if path else "",
        "made_at": link.made_at if link else None,
        "n_entries": len(own_calendar.entries_of(request.user)),
    }
    return render(request, "desk/calendar.html", context)


@policy(LOGIN)
@require_POST
def link_new(request: HttpRequest) -> HttpResponse:
    """Make a link, or a new one in place of the old."""
    own_calendar.make_link(person=request.user, by=request.user)
    messages.success(request, "Your calendar link is ready. An earlier one opens nothing any more.")
    return redirect("desk:calendar")


@policy(LOGIN)
@require_POST
def link_end(request: HttpRequest) -> HttpResponse:
    """Take the link back."""
    own_calendar.end_link(person=request.user, by=request.user)
    messages.success(request, "Your calendar link opens nothing any more.")
    return redirect("desk:calendar")


@policy(PUBLIC)
@require_safe
def feed(request: HttpRequest, signed: str) -> HttpResponse:
    """Serve the feed to whoever has the link: a calendar program cannot sign in."""
    link = own_calendar.link_by(signed)
    if link is None:
        raise Http404
    body = ics.feed("My fellowship dates", own_calendar.entries_of(link.person))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-dates.ics"'
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response

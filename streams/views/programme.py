"""Home, dates, tracks and the standing notices. Public, without an account and without script."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import ics
from core.policies import PUBLIC, policy
from core.visitors import kept_for_visitors
from streams import queries


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def home(request: HttpRequest) -> HttpResponse:
    """Show what the programme is, whether it is open, what it costs and when."""
    cycle = queries.current_cycle()
    page = queries.home_page(cycle) if cycle else None
    return render(request, "streams/home.html", {"page": page})


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def dates(request: HttpRequest) -> HttpResponse:
    """Show every public date of the cycle."""
    cycle = queries.current_cycle()
    rows = queries.date_rows(cycle) if cycle else []
    groups = [
        {"title": title, "rows": found}
        for state, title in (("next", "Next"), ("later", "Later"), ("past", "Past"))
        if (found := [row for row in rows if row.state == state])
    ]
    return render(request, "streams/dates.html", {"cycle": cycle, "groups": groups})


@policy(PUBLIC)
@require_safe
def dates_ics(request: HttpRequest) -> HttpResponse:
    """Serve the public dates as a calendar feed."""
    cycle = queries.current_cycle()
    if cycle is None:
        raise Http404
    response = HttpResponse(
        ics.feed(f"Fellowship, {cycle.name}", queries.date_entries(cycle)), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{cycle.slug}.ics"'
    return response


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def tracks(request: HttpRequest) -> HttpResponse:
    """Show the tracks of the cycle."""
    cycle = queries.current_cycle()
    rows = queries.track_rows(cycle) if cycle else []
    return render(request, "streams/tracks.html", {"cycle": cycle, "tracks": rows})


@policy(PUBLIC)
@require_safe
def track_finder(request: HttpRequest) -> HttpResponse:
    """Ask five short questions, one a page, and suggest tracks; the answers live in the address alone."""
    cycle = queries.current_cycle()
    page = queries.finder_page(cycle, request.GET.dict()) if cycle and cycle.finder else None
    return render(request, "streams/finder.html", {"page": page})


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def track(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one track: method, what it looks for, its steps and its streams."""
    page = queries.track_page(slug)
    if page is None:
        raise Http404
    context = {"page": page, "rubric": queries.criteria_of_track(page.track)}
    return render(request, "streams/track.html", context)


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def privacy(request: HttpRequest) -> HttpResponse:
    """Say who reads what, how long it is kept, and which rights people have."""
    return render(request, "streams/privacy.html", {"contact": settings.SUPPORT_EMAIL})


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how the portal can be used, and what to do where it cannot."""
    return render(request, "streams/accessibility.html", {"contact": settings.SUPPORT_EMAIL})

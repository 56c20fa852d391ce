"""How the reading goes, and giving it out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core import jobs
from core.policies import policy
from reviews.queries import progress, tracks_to_watch
from reviews.queries.identity import open_flag_count
from streams.queries.cycles import all_cycles
from streams.views.in_view import cycle_in_view, cycle_of_form


@policy("reviews.view_progress")
@require_safe
def lead_home(request: HttpRequest) -> HttpResponse:
    """Show reads done and late, by reviewer, in the tracks one leads."""
    return render(
        request,
        "reviews/lead_home.html",
        {
            "tracks": progress.lead_progress(request.user, cycle_in_view(request)),
            "n_flags": open_flag_count(request.user),
        },
    )


@policy("reviews.assign_reviewers")
@require_http_methods(["GET", "HEAD", "POST"])
def assignments(request: HttpRequest) -> HttpResponse:
    """Show what lacks readers; POST starts the job that gives it out (``track``: of one track)."""
    if not all_cycles():
        return render(request, "reviews/assignments.html", {"page": None})
    if request.method == "POST":
        cycle = cycle_of_form(request)
        key = request.POST.get("track", "").replace("\x00", "")
        track = get_object_or_404(tracks_to_watch(request.user), public_id=key, cycle=cycle) if key else None
        job = jobs.start("reviews.assign", by=request.user, cycle_id=cycle.pk, track_id=track.pk if track else None)
        return redirect(job)
    shown = cycle_in_view(request)
    return render(request, "reviews/assignments.html", {"page": progress.assign_page(shown) if shown else None})

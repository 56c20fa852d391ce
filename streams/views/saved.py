"""A person's own list of streams: for whoever is signed in, and for whoever signs in on the way to it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_http_methods

from core.policies import LOGIN, policy
from streams import queries
from streams.domain.saving import drop_stream, keep_stream


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def saved(request: HttpRequest) -> HttpResponse:
    """Show one's own list, with boxes to compare; keep or drop a stream from the catalogue, and go back there."""
    if request.method == "POST":
        return _keep_or_drop(request)
    cycle = queries.current_cycle()
    cards = queries.saved_cards(request.user, cycle) if cycle else []
    return render(request, "streams/saved.html", {"cycle": cycle, "cards": cards})


def _keep_or_drop(request: HttpRequest) -> HttpResponse:
    slug = request.POST.get("keep") or request.POST.get("drop") or ""
    stream = queries.public_stream(slug[:100].replace("\x00", ""))
    if stream is None:
        raise Http404
    if "keep" in request.POST:
        keep_stream(stream=stream, person=request.user)
        messages.success(request, f"{stream.title} is on your list.")
    else:
        drop_stream(stream=stream, person=request.user)
        messages.success(request, f"{stream.title} is off your list.")
    # Only the filter comes back with the form, so it leads nowhere but into the catalogue.
    query = request.POST.get("query", "")[:2000]
    return redirect(f"{reverse('streams:catalogue')}{'?' if query else ''}{iri_to_uri(query)}")


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer to save a stream, or to take it off the list; do it on POST."""
    stream = queries.public_stream(slug)
    if stream is None:
        raise Http404
    if request.method != "POST":
        context = {"stream": stream, "is_saved": queries.is_saved(request.user, stream)}
        return render(request, "streams/save.html", context)
    if request.POST.get("act") == "drop":
        drop_stream(stream=stream, person=request.user)
        messages.success(request, f"{stream.title} is off your list.")
    else:
        keep_stream(stream=stream, person=request.user)
        messages.success(request, f"{stream.title} is on your list.")
    return redirect("streams:saved")

"""Cycles: the list of them, a new one from an earlier one, and making one public."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.reauth import fresh_sign_in_required
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import cycles as pages
from mats_portal.desk import publishing, readiness
from mats_portal.desk.catalogue.copying import request_copy
from mats_portal.desk.models import CyclePublication
from streams.models import Cycle


@policy("desk.view_cycles")
@require_safe
def cycles(request: HttpRequest) -> HttpResponse:
    """List the cycles."""
    context = {"rows": pages.cycle_rows(), "can_copy": request.user.has_perm("desk.manage_cycles")}
    return render(request, "desk/cycles.html", context)


@policy("desk.manage_cycles")
@require_http_methods(["GET", "HEAD", "POST"])
def cycle_copy(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of a cycle; a job makes it."""
    form = pages.NewCycleForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            return redirect(request_copy(source=form.cleaned_data["source"], new=form.new(), by=request.user))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
    status = 422 if form.errors and status == 200 else status
    return render(request, "desk/cycle_copy.html", {"form": form, "errors_on_page": bool(form.errors)}, status=status)


@policy("desk.view_cycles", cycle=readiness.cycles_visible_to)
@require_safe
def cycle_page(request: HttpRequest, cycle: Cycle) -> HttpResponse:
    """Show how far one cycle is from being public, and its streams."""
    return _page(request, cycle)


def _page(request: HttpRequest, cycle: Cycle, *, refused: str = "", status: int = 200) -> HttpResponse:
    context = {
        "page": readiness.cycle_page(cycle, request.user),
        "errors": [{"text": refused}] if refused else [],
        "errors_on_page": bool(refused),
    }
    return render(request, "desk/cycle.html", context, status=status)


def _acted(request: HttpRequest, cycle: Cycle, act: Callable[[], object], said: str) -> HttpResponse:
    """Do ``act`` and say so on the page of ``cycle``; what refuses it stands on the same page."""
    try:
        act()
    except Refused as refusal:
        return _page(request, cycle, refused=str(refusal), status=409)
    messages.success(request, said)
    return redirect("desk:cycle", cycle.public_id)


@policy("desk.publish_cycles", cycle=readiness.cycles_visible_to)
@require_POST
def cycle_streams(request: HttpRequest, cycle: Cycle) -> HttpResponse:
    """Publish the chosen streams (``stream``, several)."""
    chosen = [key[:32] for key in request.POST.getlist("stream") if "\x00" not in key]
    if not chosen:
        return _page(request, cycle, refused="Choose at least one stream.", status=422)
    try:
        n = publishing.publish_streams(cycle=cycle, streams=chosen, by=request.user)
    except Refused as refusal:
        return _page(request, cycle, refused=str(refusal), status=409)
    messages.success(request, f"{n} stream{' is' if n == 1 else 's are'} published.")
    return redirect("desk:cycle", cycle.public_id)


@policy("desk.publish_cycles", cycle=readiness.cycles_visible_to)
@fresh_sign_in_required
@require_POST
def publication_propose(request: HttpRequest, cycle: Cycle) -> HttpResponse:
    """Ask a second person to make the cycle public."""
    said = "Asked for. Nothing is shown before a second person confirms it on this page."
    return _acted(request, cycle, partial(publishing.propose_publication, cycle=cycle, by=request.user), said)


@policy("desk.publish_cycles", publication=readiness.publications_visible_to)
@fresh_sign_in_required
@require_POST
def publication_confirm(request: HttpRequest, publication: CyclePublication) -> HttpResponse:
    """Make the cycle public, as the second person."""
    act = partial(publishing.confirm_publication, publication=publication, by=request.user)
    return _acted(request, publication.cycle, act, f"{publication.cycle} is on the public site.")


@policy("desk.publish_cycles", publication=readiness.publications_visible_to)
@require_POST
def publication_discard(request: HttpRequest, publication: CyclePublication) -> HttpResponse:
    """Put away what nobody confirmed."""
    publishing.discard_publication(publication=publication, by=request.user)
    messages.success(request, "Put away. The public site stays as it is.")
    return redirect("desk:cycle", publication.cycle.public_id)


@policy("desk.publish_cycles", publication=readiness.publications_visible_to)
@fresh_sign_in_required
@require_POST
def publication_undo(request: HttpRequest, publication: CyclePublication) -> HttpResponse:
    """Show again what was public before."""
    act = partial(publishing.undo_publication, publication=publication, by=request.user)
    return _acted(request, publication.cycle, act, f"{publication.cycle} is off the public site.")

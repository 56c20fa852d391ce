"""The page on which an applicant orders their streams."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.http import render_page
from core.policies import LOGIN, policy
from core.refusals import Refused, Stale
from matching.domain import ordering
from matching.domain import preferences as domain
from matching.queries import preferences as queries
from matching.views.reading import whole_number


@policy(LOGIN)
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the order; POST moves one stream, by button, key or drag."""
    application = queries.own_application(request.user)
    if application is None:
        return render(request, "matching/preferences.html", {"page": None})
    if request.method != "POST":
        return _shown(request, application)
    try:
        _act(request, application)
    except Stale as stale:
        return _conflict(request, application, str(stale))
    except Refused as refusal:
        return _shown(request, application, refused=str(refusal), status=409)
    if getattr(request, "htmx", False):
        return _shown(request, application, told=_told(request, application))
    return redirect("matching:preferences")


@policy(LOGIN)
@require_POST
def preferences_confirm(request: HttpRequest) -> HttpResponse:
    """Stand by the order as it is."""
    application = queries.own_application(request.user)
    if application is None:
        return redirect("matching:preferences")
    try:
        domain.sync_preferences(application=application, by=request.user)
        domain.confirm_preferences(application=application, version=_version(request), by=request.user)
    except Refused as refusal:
        return _shown(request, application, refused=str(refusal), status=409)
    messages.success(request, _("Your order is confirmed. You can change it until the lists lock."))
    return redirect("matching:preferences")


def _act(request: HttpRequest, application: Any) -> None:
    move = request.POST.get("move", "")
    if move == "undo":
        domain.undo_preference_move(application=application, version=_version(request), by=request.user)
    elif move == "use":
        domain.set_preferences(
            application=application,
            on=request.POST.getlist("order"),
            below=request.POST.getlist("below"),
            version=_version(request),
            by=request.user,
        )
    else:
        entry, _colon, act = move.partition(":")
        if act in ordering.ACTS:
            domain.move_preference(
                application=application,
                entry=entry,
                act=act,
                version=_version(request),
                by=request.user,
                place=whole_number(request.POST.get(f"to-{entry}")),
            )


def _conflict(request: HttpRequest, application: Any, reason: str) -> HttpResponse:
    """Answer 409 with the stored order and the one that this window was making."""
    move = request.POST.get("move", "")
    entry, _colon, act = move.partition(":")
    on, below = ordering.rearranged(
        request.POST.getlist("order"),
        request.POST.getlist("below"),
        entry,
        act,
        whole_number(request.POST.get(f"to-{entry}")),
    )
    page = queries.preference_page(application, clock.arrival())
    names = {wish.id: wish for wish in [*page.items, *page.off]}
    context = {
        "page": page,
        "reason": reason,
        "mine": [names[name] for name in on if name in names],
        "mine_below": [names[name] for name in below if name in names],
    }
    return render_page(
        request, "matching/preferences_conflict.html", "matching/_preferences_conflict.html", context, status=409
    )


def _told(request: HttpRequest, application: Any) -> str:
    """Say what a move did, for the status line."""
    entry, _colon, act = request.POST.get("move", "").partition(":")
    page = queries.preference_page(application, clock.arrival())
    for place, wish in enumerate(page.items, start=1):
        if wish.id == entry:
            return _("%(name)s is now %(place)d of %(n)d.") % {"name": wish.name, "place": place, "n": len(page.items)}
    if act == "off":
        return _("Moved below the line: you would not accept a place there.")
    return _("The order before the last move is back.")


def _shown(
    request: HttpRequest, application: Any, *, told: str = "", refused: str = "", status: int = 200
) -> HttpResponse:
    page = queries.preference_page(application, clock.arrival())
    context = {"page": page, "told": told, "refused": refused, "application": application}
    return render_page(request, "matching/preferences.html", "matching/_preferences.html", context, status=status)


def _version(request: HttpRequest) -> int:
    return whole_number(request.POST.get("version")) or 0

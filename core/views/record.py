"""The audit log, read-only; the theme switch."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from core import queries
from core.context import THEMES
from core.policies import PUBLIC, policy

#: Lines of the record on a page.
PAGE = 50


@policy("core.view_audit")
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Show the record as the reader may see it, newest first."""
    before = request.GET.get("before", "")
    events = queries.audit_rows(
        request.user,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        size=PAGE,
    )
    shown = events[:PAGE]
    return render(
        request,
        "core/audit_log.html",
        {"events": shown, "older": shown[-1].pk if len(events) > PAGE else None, "is_later": bool(before)},
    )


@policy(PUBLIC)
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back to the page it was chosen on."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = redirect(back)
    chosen = request.POST.get("theme", "auto")
    response.set_cookie(
        "theme",
        chosen if chosen in THEMES else "auto",
        max_age=31_536_000,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response

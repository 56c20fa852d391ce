"""Dangerous acts ask whether it is still you: a session left open on a desk, or a stolen one, releases nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.queries import is_fresh


def fresh_sign_in_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a person through who signed in or confirmed within the last quarter of an hour; ask all others first.

    Stands inside ``@policy``: who may not do it at all is not asked. The act is not carried out by the confirmation:
    the person comes back to the page that they came from and presses the button again, with the page as it is then.
    Who has neither password nor second factor has nothing to confirm with, and only the demo gives such people roles.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(get_authentication_records(request, request.user)):
            return view(request, *args, **kwargs)
        methods = get_adapter().get_reauthentication_methods(request.user)
        if not methods:
            return view(request, *args, **kwargs)
        messages.info(request, "This needs a fresh confirmation. Then you are back where you were.")
        address = f"{methods[0]['url']}?{urlencode({'next': _origin(request)})}"
        if getattr(request, "htmx", False):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)

    return guarded


def _origin(request: HttpRequest) -> str:
    """Return the page to come back to: this one if it was read, else the one whose button was pressed."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return "/"
    parts = urlsplit(address)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"

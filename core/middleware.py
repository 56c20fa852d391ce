"""What surrounds every request: its identity and arrival, closed routes, refusals as pages."""

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from core import clock, editions
from core.refusals import Refused
from core.routes import is_foreign

SIGNED_OUT = "You are signed out. Nothing was saved; what you typed is still on the page."


class RequestContextMiddleware:
    """Give the request an id and remember when it arrived; keep private pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = secrets.token_hex(8)
        request.request_id = request_id  # type: ignore[attr-defined]  # read by core.context
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            with clock.arriving(clock.now()), editions.one_reading():
                response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        response.headers["X-Request-ID"] = request_id
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class ClosedRoutesMiddleware:
    """Answer 404 for a route without a policy: a server process runs no system checks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> None:
        """Let declared and foreign routes pass."""
        if not hasattr(view, "policy") and not is_foreign(request.path_info):
            raise Http404


class RefusedMiddleware:
    """Show a refusal as a 409 page with its reason: for bare buttons, which have no form to put it into."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn ``Refused`` into a page; everything else goes on."""
        if isinstance(exception, Refused):
            return render(request, "errors/refused.html", {"reason": str(exception)}, status=409)
        return None


class SignedOutMiddleware(LoginRequiredMiddleware):
    """Answer a signed-out script 401 instead of redirecting it to a page that it cannot show."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow a redirect only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Redirect a person; tell a script."""
        is_script = request.headers.get("X-Requested-With") == "fetch" or request.headers.get("HX-Request") == "true"
        if not is_script:
            return super().handle_no_permission(request, view_func)
        response = JsonResponse({"error": SIGNED_OUT}, status=401)
        response["Cache-Control"] = "no-store"
        # The scheme that HTTP wants to be named: there is no other way in than the sign-in page.
        response["WWW-Authenticate"] = "Session"
        return response

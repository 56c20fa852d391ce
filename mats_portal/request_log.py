"""One line in the log for each request."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("portal.request")


class RequestLogMiddleware:
    """Log which route answered what, for whom (by key) and how long it took.

    The route's pattern is logged, not the address: addresses hold public ids, tokens and what people searched for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        route = getattr(request.resolver_match, "route", None)
        # The user as far as somebody asked for them: a log line must not cost a query.
        user = getattr(request, "_cached_user", None)
        log.log(
            40 if response.status_code >= 500 else 20,
            "request",
            method=request.method,
            route=f"/{route}" if route is not None else None,
            status=response.status_code,
            milliseconds=round((time.perf_counter() - begun) * 1000, 1),
            user=getattr(user, "pk", None),
        )
        return response

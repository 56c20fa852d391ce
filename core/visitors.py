"""Public pages as people without a session get them: the same for all of them, so rendered once a second.

A page is kept under the configuration's edition, its full address, the theme and the second on the portal's clock: a
changed date shows at once, and a deadline that has come shows within its second.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from core import clock, editions
from core.context import theme_of

MOST_PAGES = 200
_pages = editions.Shelf(MOST_PAGES)


@dataclass(frozen=True)
class _Page:
    content: bytes
    content_type: str
    etag: str


def kept_for_visitors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer people without a session with a page that this process has rendered for one of them this second.

    For views whose page hangs on the configuration, the clock and the address alone. Stands under the policy.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        # A fragment for htmx has the address of its page.
        if settings.SESSION_COOKIE_NAME in request.COOKIES or getattr(request, "htmx", False):
            return view(request, *args, **kwargs)
        key = (view, request.get_full_path(), theme_of(request), int(clock.now().timestamp()))
        edition = editions.edition()
        page = _pages.find(key, edition)
        if page is None:
            response = view(request, *args, **kwargs)
            page = _page_of(response)
            if page is None:
                return response
            _pages.put(key, edition, page)
        return _response_of(page, request)

    return answer


def _page_of(response: HttpResponseBase) -> _Page | None:
    """Return what can be kept of a response: nothing of errors, nor of what is meant for one browser alone."""
    if not isinstance(response, HttpResponse) or response.status_code != 200 or response.cookies:
        return None
    if b"csrfmiddlewaretoken" in response.content:
        return None
    etag = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    return _Page(response.content, response.headers["Content-Type"], f'"{etag}"')


def _response_of(page: _Page, request: HttpRequest) -> HttpResponseBase:
    response = HttpResponse(page.content, content_type=page.content_type)
    # The browser asks again each time, and is told when nothing has changed.
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    response.headers["ETag"] = page.etag
    return get_conditional_response(request, etag=page.etag, response=response) or response


def forget() -> None:
    """Drop the pages that this process keeps, so that the next one is rendered: for measurements."""
    _pages.clear()

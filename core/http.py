"""Pages and their fragments under one address."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest, page: str, partial: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render ``partial`` for an htmx request and ``page`` (which includes it) for all others."""
    response = render(request, partial if getattr(request, "htmx", False) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


#: A browser that opens such an answer all the same runs nothing in it, loads nothing and is nobody there.
INERT = "sandbox; default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


def attachment(*, storage_name: str, name: str, content_type: str) -> FileResponse:
    """Return a stored file as something to keep, never to show: every private download leaves by this door."""
    try:
        file = default_storage.open(storage_name)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = INERT
    return response


def safe_csv_cell(value: Any) -> Any:
    """Return ``value`` so that a spreadsheet reads it as text, never as a formula.

    Covers the starts ``= + - @``, tab, carriage return, line feed and the full-width forms (OWASP, CSV injection).
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
    ):
        return "'" + value
    return value


LINES_A_BLOCK = 500


def in_blocks(lines: Iterable[str]) -> Iterator[str]:
    """Yield ``lines`` a few hundred at a time: each block is one write to the network, not each line."""
    rest = iter(lines)
    while block := "".join(islice(rest, LINES_A_BLOCK)):
        yield block

"""Pages and their fragments under one address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest, page: str, partial: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render ``partial`` for an htmx request and ``page`` (which includes it) for all others."""
    response = render(request, partial if getattr(request, "htmx", False) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
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

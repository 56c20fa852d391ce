"""What every page gets."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

from core import clock

THEMES = ("auto", "light", "dark")


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return ``portal``: theme, navigation of the hat in use, demo clock, support address, request id."""
    navigation = import_string(settings.PORTAL_NAVIGATION)(request)
    return {
        "portal": {
            "theme": theme_of(request),
            "support_email": settings.SUPPORT_EMAIL,
            "request_id": getattr(request, "request_id", ""),
            "demo": _demo() if settings.DEMO_MODE else None,
            "now": clock.now(),
            **navigation,
        }
    }


def theme_of(request: HttpRequest) -> str:
    """Return the theme that the browser asks for."""
    theme = request.COOKIES.get("theme", "auto")
    return theme if theme in THEMES else "auto"


def _demo() -> dict[str, Any]:
    return {"now": clock.now(), "moved": bool(clock.offset()), "url": reverse("demo:people_and_clock")}

"""Navigation of the hat that an address belongs to."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return hats, links and footer for the page in hand."""
    return {"hats": [], "nav": [], "footer": [], "cycle_name": ""}

"""House rules that stop the project from starting."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import Error, register

from core.routes import walk


@register("urls")
def check_routes_are_closed(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Report own routes without a sound, outermost ``@policy``."""
    return list(_faults())


def _faults() -> Iterator[Error]:
    for route in walk():
        if route.foreign:
            continue
        if route.policy is None:
            yield Error(f"Route {route.path!r} declares no policy.", id="core.E001")
        elif not route.guarded_outermost:
            yield Error(f"The policy of route {route.path!r} is not its outermost decorator.", id="core.E002")
        elif not route.policy.is_sound:
            yield Error(f"Route {route.path!r} asks for an unknown permission.", id="core.E003")

"""All routes of the project, walked from the URLconf: for the system checks, the closed door and the matrix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from core.policies import Policy

#: Routes of packages, with the reason why they declare no policy of ours.
FOREIGN_PREFIXES = {
    "account/": "sign-in pages of the account library, which guards them itself",
    "admin/": "Django's admin: admins only, behind the same sign-in",
}


@dataclass(frozen=True)
class Route:
    """One address of the project."""

    path: str
    name: str
    view: Callable
    foreign: bool

    @property
    def policy(self) -> Policy | None:
        """What its view declares."""
        return getattr(self.view, "policy", None)

    @property
    def guarded_outermost(self) -> bool:
        """Whether the guard is the first thing that runs."""
        return getattr(self.view, "policy_guard", None) is self.view


def walk(resolver: URLResolver | None = None, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    """Yield every route below ``resolver`` (default: the whole project)."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            foreign = is_foreign(path) and not hasattr(pattern.callback, "policy")
            yield Route(path, f"{namespace}{pattern.name or ''}", pattern.callback, foreign)


def is_foreign(path: str) -> bool:
    """Say whether a path belongs to a package."""
    return path.lstrip("^/").startswith(tuple(FOREIGN_PREFIXES))

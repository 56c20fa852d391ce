"""Every route asked by every kind of person, and what came back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from core.routes import Route, walk

#: What a status says about the right to be there. A refusal or an invalid form means: may, but not now or not so.
CELLS = {200: "ok", 302: "ok", 403: "no", 404: "hidden", 405: "-", 409: "refused", 422: "invalid", 503: "ok"}
#: Routes of the sign-in library that take no parameter: shown with the others, guarded by the library.
LIBRARY = (
    "account/login/",
    "account/signup/",
    "account/email/",
    "account/password/change/",
    "account/sessions/",
    "account/2fa/",
    "account/logout/",
    "account/password/reset/",
)


@dataclass(frozen=True)
class Sample:
    """A world with an example of everything: who asks (``None`` is anonymous) and what stands in the addresses."""

    people: dict[str, User | None]
    parameters: dict[str, str]
    #: Overrides by route name, where one parameter name means different things.
    special: dict[str, dict[str, str]] = field(default_factory=dict)


def routes() -> list[Route]:
    """Return our own routes and the library's plain ones, in the order of their addresses."""
    found = [route for route in walk() if not route.foreign or route.path in LIBRARY]
    return sorted(found, key=lambda route: route.path)


def address(route: Route, sample: Sample) -> str:
    """Fill a route's parameters from the sample. Raises ``KeyError`` naming a parameter without an example."""
    path = route.path.removeprefix("^").removesuffix("$")
    values = sample.parameters | sample.special.get(route.name, {})
    out = ""
    while path:
        if path.startswith("<") and ">" in path:
            name, _, path = path[1:].partition(">")
            out += values[name.rpartition(":")[2]]
        elif path.startswith("(?P<"):
            name, _, rest = path[4:].partition(">")
            path = rest[rest.index(")") + 1 :]
            out += values[name]
        else:
            out, path = out + path[0], path[1:]
    return "/" + out.replace("\\", "")


def ask(user: User | None, method: str, url: str, *, csrf: bool = False) -> HttpResponse:
    """Ask with a fresh session. A rollback undoes what the answer wrote, not a client's cookies."""
    with transaction.atomic():
        client = Client(enforce_csrf_checks=csrf, raise_request_exception=True)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        response = getattr(client, method.lower())(url)
        transaction.set_rollback(True)
    return response


def cell(user: User | None, method: str, url: str) -> str:
    """Name the outcome."""
    response = ask(user, method, url)
    if (
        response.status_code == 302
        and "/account/login/" in response.headers["Location"]
        and "next=" in response.headers["Location"]
    ):
        return "login"
    return CELLS.get(response.status_code, str(response.status_code))


def table(sample: Sample, only: list[Route] | None = None) -> Iterator[str]:
    """Yield the matrix as lines of text: a head, then one line a route and method."""
    width = 52
    yield " " * (width + 5) + " ".join(f"{name:<9}" for name in sample.people).rstrip()
    for route in only if only is not None else routes():
        url = address(route, sample)
        for method in ("GET", "POST"):
            cells = [cell(user, method, url) for user in sample.people.values()]
            if set(cells) == {"-"}:
                continue
            yield f"{method:<4} {route.path:<{width}}" + " ".join(f"{one:<9}" for one in cells).rstrip()

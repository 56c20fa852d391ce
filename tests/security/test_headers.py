"""The security headers stand on every answer there is: every route and kind of person, every error page."""

from collections import Counter

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from core import clock
from core.http import INERT
from core.policies import PUBLIC, policy
from core.refusals import Refused
from tests.security.matrix import Sample, address, ask, routes
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS

EXACT = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: What an answer may say instead, because it allows less.
STRICTER = {"Referrer-Policy": "no-referrer"}
DIRECTIVES = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
#: Production's answer over TLS, as the proxy in front hands it on.
PRODUCTION = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_SSL_HOST": "portal.example.org",
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


def faults(response: HttpResponse) -> list[str]:
    """Return what is missing or wrong among an answer's headers."""
    found = [
        f"{name}: {response.headers.get(name)}"
        for name, value in EXACT.items()
        if response.headers.get(name) not in {value, STRICTER.get(name, value)}
    ]
    content_policy = response.headers.get("Content-Security-Policy", "")
    # A private file says of itself that nothing in it may do anything.
    wanted = DIRECTIVES if content_policy != INERT else set()
    found += [f"no {one}" for one in sorted(wanted - set(content_policy.split("; ")))]
    found += [f"policy has {word}" for word in ("unsafe", "http:", "https:", "*") if word in content_policy]
    if not response.headers.get("X-Request-ID"):
        found.append("no X-Request-ID")
    return found + [f"{name} shown" for name in ("Server", "X-Powered-By") if name in response.headers]


@pytest.mark.threat("T18")
def test_every_route_answers_everybody_with_all_headers(db: None) -> None:
    """By GET and POST, as nobody, as the person concerned, as a stranger, as staff."""
    sample: Sample = rich_sample()[1]
    asking = [sample.people[name] for name in ("anonymous", "applicant", "stranger", "staff")]
    wrong, seen = {}, Counter[int]()
    with clock.at(MOMENTS["offers"]):
        for route in routes():
            for user in asking:
                for method in ("GET", "POST"):
                    response = ask(user, method, address(route, sample))
                    seen[response.status_code] += 1
                    if found := faults(response):
                        wrong[f"{method} {route.path} ({response.status_code})"] = found
            # A provider's call carries a signature in the place of a token.
            without_token = 401 if route.path.startswith("hooks/") else 403
            assert ask(asking[-1], "POST", address(route, sample), csrf=True).status_code == without_token

    print(f"{seen.total()} answers: {dict(sorted(seen.items()))}")
    assert wrong == {}
    assert {200, 302, 403, 404, 405, 409, 422} <= seen.keys()


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


def refuses(request: HttpRequest) -> HttpResponse:
    raise Refused("Not now.")


def suspects(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("odd")


def is_bare(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("framed by anybody")
    response.xframe_options_exempt = True
    response._csp_exempt = True
    return response


urlpatterns = [
    path("breaks/", policy(PUBLIC)(breaks)),
    path("refuses/", policy(PUBLIC)(refuses)),
    path("suspects/", policy(PUBLIC)(suspects)),
    path("bare/", policy(PUBLIC)(is_bare)),
    path("", include("mats_portal.urls")),
]
ERRORS = [
    ("/no-such-page/", {}, 404),
    ("/breaks/", {}, 500),
    ("/refuses/", {}, 409),
    ("/suspects/", {}, 400),
    ("/", {"HTTP_HOST": "elsewhere.example"}, 400),
    ("/my", {}, 301),
    ("/my/", {}, 302),
    ("/static/css/portal.css/", {}, 404),
]


@pytest.mark.threat("T18")
@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize(("url", "more", "status"), ERRORS)
def test_error_pages_and_redirects_carry_all_headers(
    url: str, more: dict[str, str], status: int, over_tls: bool, db: None
) -> None:
    settings = PRODUCTION if over_tls else {}
    with override_settings(ROOT_URLCONF=__name__, **settings):
        client = Client(raise_request_exception=False)
        response = client.get(url, headers={"X-Forwarded-Proto": "https"}, **more)

    assert (response.status_code, faults(response)) == (status, [])
    if over_tls and status != 400:
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_request_without_tls_is_sent_to_tls_with_all_headers(db: None) -> None:
    with override_settings(**PRODUCTION):
        client = Client()
        response = client.get("/dates/")
        strange = client.get("/dates/", HTTP_HOST="elsewhere.example")

    for answer in (response, strange):
        assert (answer.status_code, answer.headers["Location"]) == (301, "https://portal.example.org/dates/")
        assert faults(answer) == []


def test_form_without_a_token_is_refused_with_all_headers(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})

    assert (response.status_code, faults(response)) == (403, [])


def test_too_many_fields_are_refused_with_all_headers(db: None) -> None:
    response = Client(raise_request_exception=False).post("/theme/", {f"f{n}": "" for n in range(2001)})

    assert (response.status_code, faults(response)) == (400, [])


@override_settings(ROOT_URLCONF=__name__)
def test_control_an_answer_without_frame_and_content_policy_is_found(db: None) -> None:
    response = Client().get("/bare/")

    assert response.status_code == 200
    assert len(faults(response)) == 1 + len(DIRECTIVES)

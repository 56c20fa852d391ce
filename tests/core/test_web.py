"""Routes, headers, health, redirects, cells."""

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.http import require_GET

from accounts.models import User
from core import clock
from core.checks import check_routes_are_closed
from core.http import safe_csv_cell
from core.policies import PUBLIC, policy
from core.routes import walk
from mats_portal.urls import urlpatterns as project_routes


def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody decided that this is public")


@require_GET
@policy(PUBLIC)
def hidden_policy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the policy is not outermost")


@policy("core.no_such_permission")
def misspelt(request: HttpRequest) -> HttpResponse:
    return HttpResponse("never")


urlpatterns = [
    *project_routes,
    path("undeclared/", open_to_all),
    path("inner/", hidden_policy),
    path("misspelt/", misspelt),
]


def test_every_route_of_the_project_is_closed_or_declared() -> None:
    assert check_routes_are_closed() == []
    assert len([route for route in walk() if not route.foreign]) > 10


@override_settings(ROOT_URLCONF=__name__)
def test_control_routes_without_a_sound_policy_stop_the_project() -> None:
    assert [error.id for error in check_routes_are_closed()] == ["core.E001", "core.E002", "core.E003"]


@override_settings(ROOT_URLCONF=__name__)
def test_an_undeclared_route_answers_404_even_where_no_check_ran(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("somebody@applicant.example"))

    assert client.get("/undeclared/").status_code == 404


def test_health_names_what_is_wrong(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "redis": "ok", "worker": "no sign of life yet"}

    cache.set("worker-heartbeat", clock.wall().isoformat())

    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["worker"]) == (200, "ok")
    assert client.get("/livez").content == b"ok"


@pytest.mark.threat("T18")
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "https:///evil.example",
    ],
)
def test_the_theme_switch_redirects_nowhere_else(target: str, client: Client, db: None) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": target})

    assert answer.headers["Location"] == "/"
    assert answer.cookies["theme"].value == "dark"


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("address", ["/livez", "/account/login/", "/no-such-page/", "/console/outbox/"])
def test_every_answer_carries_the_security_headers(address: str, client: Client, db: None) -> None:
    answer = client.get(address)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-ID"]


def test_private_pages_stay_out_of_caches(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("somebody@applicant.example"))

    assert "no-store" in client.get("/account/").headers["Cache-Control"]


@pytest.mark.threat("T11")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =", "|"])
def test_a_cell_never_starts_a_formula(start: str) -> None:
    cell = safe_csv_cell(f"{start}1+1")

    assert cell == ("|1+1" if start == "|" else f"'{start}1+1")


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)

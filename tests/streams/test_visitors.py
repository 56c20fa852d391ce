"""Public pages are rendered once a second for people without a session, and for nobody else's eyes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core import clock
from core.visitors import kept_for_visitors
from streams.models import KeyDate
from tests.worlds import MOMENTS, small_world

PAGES = ["/", "/dates/", "/tracks/", "/tracks/empirical/", "/streams/", "/streams/alpha/", "/how-it-works/", "/help/"]


@pytest.fixture
def world(db):
    with clock.at(MOMENTS["open"]):
        yield small_world()


@pytest.fixture
def rendered(monkeypatch):
    """Count how often a page is rendered."""
    asked = []

    def view(request, **headers):
        asked.append(request.path)
        return HttpResponse(f"page {len(asked)}")

    return kept_for_visitors(view), asked


def signed_in(world, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


@pytest.mark.parametrize("address", PAGES)
def test_second_visitor_costs_one_query(world, address):
    first = Client().get(address)
    with CaptureQueriesContext(connection) as asked:
        second = Client().get(address)

    assert len(asked) == 1
    assert second.content == first.content
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]


@pytest.mark.parametrize("address", PAGES)
def test_nobody_gets_the_page_of_somebody_who_is_signed_in(world, address):
    own = signed_in(world, "staff a").get(address).content.decode()
    before = Client().get(address).content.decode()
    assert Client().get(address).content.decode() == before
    again = signed_in(world, "staff a").get(address).content.decode()

    assert "Staff A" in own
    assert "Staff A" in again
    assert "Staff A" not in before
    assert "Sign in" in before


def test_page_is_kept_for_a_second_of_the_portals_clock(db, rendered):
    view, asked = rendered
    start = MOMENTS["open"]
    for milliseconds in (0, 400, 999, 1000, 1500):
        with clock.at(start + timedelta(milliseconds=milliseconds)):
            view(RequestFactory().get("/here/"))

    assert len(asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/there/"},
        {"path": "/here/?page=2"},
        {"cookie": "theme=dark"},
        {"cookie": "sessionid=anything"},
        {"htmx": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_page_is_kept_for_requests_that_are_alike(db, rendered, other):
    view, asked = rendered
    with clock.at(MOMENTS["open"]):
        view(RequestFactory().get("/here/"))
        request = RequestFactory().get(other.get("path", "/here/"))
        if "cookie" in other:
            name, _, value = other["cookie"].partition("=")
            request.COOKIES[name] = value
        request.htmx = other.get("htmx", False)
        view(request)
        assert len(asked) == 2

        view(RequestFactory().get("/here/"))

    assert len(asked) == 2


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("gone", status=404),
        HttpResponse('<input name="csrfmiddlewaretoken" value="of one browser">'),
    ],
    ids=["error", "form"],
)
def test_what_is_meant_for_one_browser_is_not_kept(db, response):
    asked = []

    @kept_for_visitors
    def view(request):
        asked.append(request)
        return response

    with clock.at(MOMENTS["open"]):
        assert view(RequestFactory().get("/")) is response
        assert view(RequestFactory().get("/")) is response

    assert len(asked) == 2


def test_page_with_a_cookie_is_not_kept(db):
    @kept_for_visitors
    def view(request):
        response = HttpResponse("page")
        response.set_cookie("theme", "dark")
        return response

    with clock.at(MOMENTS["open"]):
        view(RequestFactory().get("/"))
        assert "theme" in view(RequestFactory().get("/")).cookies


def test_browser_is_told_when_nothing_has_changed(world):
    client = Client()
    first = client.get("/dates/")
    etag = first.headers["ETag"]
    same = client.get("/dates/", headers={"if-none-match": etag})
    KeyDate.objects.filter(code="general_closes").update(label="The doors close")
    other = client.get("/dates/", headers={"if-none-match": etag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
    assert b"The doors close" in other.content
    assert "no-cache" in first.headers["Cache-Control"]
    assert {"Cookie", "HX-Request"} <= {name.strip() for name in first.headers["Vary"].split(",")}


def test_own_theme_is_kept(world):
    dark = Client()
    dark.cookies["theme"] = "dark"

    assert b'data-bs-theme="auto"' in Client().get("/").content
    assert b'data-bs-theme="dark"' in dark.get("/").content
    assert b'data-bs-theme="auto"' in Client().get("/").content


def test_deadline_that_has_come_shows(world):
    with clock.at(world.date("general_closes") - timedelta(seconds=1)):
        assert b"Start an application" in Client().get("/").content
    with clock.at(world.date("general_closes")):
        assert b"Applications are closed" in Client().get("/").content

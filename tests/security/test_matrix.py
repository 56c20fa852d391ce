"""Who gets where, observed: the expected table stands in docs/permissions.txt and is read by people.

``WRITE_MATRIX=1 pytest tests/security`` writes what is observed into that file, for a person to accept in review.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection, reset_queries
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from core import clock
from core.checks import check_routes_are_closed
from core.policies import PUBLIC, policy
from core.routes import walk
from tests.security.matrix import Sample, address, ask, routes, table
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS

EXPECTED = Path(__file__).resolve().parents[2] / "docs" / "permissions.txt"
NOTE = """Who gets where. Observed by real requests in a world with an example of everything, at the time of the offers.
ok: the page or act answers · login: sent to sign in · no: 403 · hidden: 404 · -: no such method
refused: may, but not now (409) · invalid: may, but the form was empty (422)

"""
WRITES = ("INSERT", "UPDATE", "DELETE")
#: What a GET may write: the test's own sign-in, and the record of who exported what.
KNOWN_WRITES = {
    "": ("django_session", "last_login", "usersessions"),
    "console/offers/export.csv": ("core_auditevent",),
    # Who opened a person's file, for that person to read.
    "console/files/<str:document>/": ("core_opening",),
    "console/people/<str:application>/": ("core_opening",),
    "mentor/<str:stream>/people/<str:person>/": ("core_opening",),
    "mentor/<str:stream>/people/<str:person>/files/<str:document>/": ("core_opening",),
    "mentor/<str:stream>/people/<str:person>/files/<str:document>/text/": ("core_opening",),
    "review/<str:assignment>/": ("core_opening",),
    "review/<str:assignment>/files/<str:document>/": ("core_opening",),
}


@pytest.fixture
def sample(db: None) -> Sample:
    return rich_sample()[1]


@pytest.mark.threat("T01")
@pytest.mark.requirement(102)
def test_everybody_gets_where_the_table_says_and_nowhere_else(sample: Sample) -> None:
    with clock.at(MOMENTS["offers"]):
        observed = list(table(sample))
    text = NOTE + "\n".join(observed) + "\n"
    if os.environ.get("WRITE_MATRIX"):
        EXPECTED.write_text(text)

    cells = Counter(word for line in observed[1:] for word in line[57:].split())
    print(f"{sum(cells.values())} cells of {len(sample.people)} people on {len(routes())} routes: {dict(cells)}")

    assert text.splitlines() == EXPECTED.read_text().splitlines()
    assert sum(cells.values()) > 1000
    for column, name in enumerate(sample.people):
        reached = [line for line in observed[1:] if line[57:].split()[column] == "ok"]
        assert len(reached) > 10, f"liveness: {name} gets somewhere"


def open_outbox(request: HttpRequest) -> HttpResponse:
    return HttpResponse("every mail of the programme")


urlpatterns = [
    path("console/outbox/", policy(PUBLIC)(open_outbox)),
    path("planted/", open_outbox),
    path("", include("mats_portal.urls")),
]


@override_settings(ROOT_URLCONF=__name__)
def test_control_a_route_without_a_policy_is_reported_and_closed(sample: Sample) -> None:
    assert [error.id for error in check_routes_are_closed()] == ["core.E001"]
    planted = [route for route in walk() if route.path == "planted/"]

    lines = list(table(sample, planted))

    assert set(lines[1][57:].split()) == {"hidden"}


@override_settings(ROOT_URLCONF=__name__)
def test_control_a_wrong_policy_differs_from_the_table(sample: Sample) -> None:
    wrong = next(route for route in walk() if route.path == "console/outbox/")

    line = list(table(sample, [wrong]))[1]

    assert set(line[57:].split()) == {"ok"}
    assert line not in EXPECTED.read_text().splitlines()


@pytest.mark.threat("T24")
def test_reading_writes_nothing(sample: Sample) -> None:
    """No GET leaves an INSERT, UPDATE or DELETE behind but those of the test's own sign-in."""
    found, asked = [], 0
    with clock.at(MOMENTS["offers"]):
        for route in routes():
            url = address(route, sample)
            for name, user in sample.people.items():
                reset_queries()  # the log keeps 9,000 queries and forgets the newest
                with CaptureQueriesContext(connection) as queries:
                    ask(user, "GET", url)
                asked += 1
                found += [
                    f"{route.path} by {name}: {query['sql'][:100]}"
                    for query in queries
                    if query["sql"].startswith(WRITES)
                    and not any(own in query["sql"] for own in KNOWN_WRITES[""] + KNOWN_WRITES.get(route.path, ()))
                ]

    assert found == []
    assert asked > 500


@pytest.mark.threat("T23")
def test_every_post_needs_a_token(sample: Sample) -> None:
    staff = sample.people["staff"]
    answers = {route.path: ask(staff, "POST", address(route, sample), csrf=True).status_code for route in routes()}

    # The calls of machines carry a signature in the place of a token.
    hooks = {path for path in answers if path.startswith("hooks/")}
    assert {path: answers.pop(path) for path in sorted(hooks)} == {
        "hooks/bounces/<slug:provider>/": 401,
        "hooks/scores/<slug:provider>/": 401,
    }
    assert set(answers.values()) == {403}
    assert len(answers) > 60

"""Who may know of which application; list pages ask a fixed number of questions."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications import queries
from applications.models import Application, StreamApplication
from applications.queries.sheets import condition_holds
from core import clock, editions
from tests.applications import factories
from tests.worlds import World

SETS = ["applications", "track_applications", "stream_applications", "evaluations"]


def seen(user: Any) -> dict[str, int]:
    """Count what somebody may know of."""
    return {name: getattr(queries, f"{name}_visible_to")(user).count() for name in SETS}


@pytest.fixture
def two_applications(world: World) -> list[Application]:
    """One application with streams alpha and beta, one in theory alone."""
    first = factories.under_review(world, streams=("alpha", "beta"))
    return [first, factories.in_screen(world, "other applicant", ("theory",))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("applicant", [1, 1, 2, 1]),
        ("other applicant", [1, 1, 0, 0]),
        ("third applicant", [0, 0, 0, 0]),
        ("reviewer a", [0, 0, 0, 0]),
        ("alpha mentor", [0, 0, 0, 0]),
        ("staff a", [2, 2, 2, 1]),
        ("admin", [2, 2, 2, 1]),
        ("empirical lead", [1, 1, 0, 1]),
        ("theory lead", [1, 1, 0, 0]),
        ("observer", [0, 0, 0, 0]),
    ],
)
def test_everybody_knows_of_what_concerns_them(
    world: World, two_applications: list[Application], name: str, expected: list[int]
) -> None:
    assert list(seen(world.people[name]).values()) == expected


def test_mentor_knows_of_a_person_once_they_are_with_the_mentors(
    world: World, two_applications: list[Application]
) -> None:
    alpha = StreamApplication.objects.filter(stream__slug="alpha")
    alpha.update(internal_state="in_stream_review")

    assert list(queries.stream_applications_visible_to(world.people["alpha mentor"])) == list(alpha)
    assert not queries.stream_applications_visible_to(world.people["beta mentor"]).exists()


def test_staff_who_applied_do_not_find_their_own_record(world: World) -> None:
    factories.submitted(world, "staff a")

    assert seen(world.people["staff a"])["applications"] == 0
    assert seen(world.people["staff b"])["applications"] == 1
    assert queries.own_applications(world.people["staff a"]).count() == 1


def test_lead_who_applied_does_not_find_their_own_record(world: World) -> None:
    factories.submitted(world, "empirical lead")

    assert seen(world.people["empirical lead"]) == dict.fromkeys(SETS, 0)
    assert seen(world.people["staff a"])["track_applications"] == 1


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        (None, {}, True),
        ({"question": "a", "in": ["x"]}, {"a": "x"}, True),
        ({"question": "a", "in": ["x"]}, {"a": ["y", "x"]}, True),
        ({"question": "a", "in": ["x"]}, {"a": "y"}, False),
        ({"question": "a", "in": ["x"]}, {}, False),
        ({"question": "a", "in": ["yes"]}, {"a": True}, True),
        ({"question": "a", "in": [True]}, {"a": False}, False),
    ],
)
def test_condition_of_a_question(condition: Any, values: dict[str, Any], holds: bool) -> None:
    assert condition_holds(condition, values) is holds


def test_pages_of_the_general_application_ask_as_much_for_one_track_as_for_two(world: World) -> None:
    counts = {}
    for who, tracks in [("applicant", ("empirical",)), ("other applicant", ("empirical", "theory"))]:
        application = factories.draft(world, who, tracks)
        client = Client()
        client.force_login(application.person)
        for address in ("/my/application/", "/my/application/check/", "/my/application/motivation/"):
            editions.forget()
            with clock.at(world.moments["open"]), CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            counts.setdefault(address, set()).add(len(asked))

    assert {address: len(seen) for address, seen in counts.items()} == dict.fromkeys(counts, 1)
    assert max(max(seen) for seen in counts.values()) <= 20


@pytest.mark.parametrize(
    ("track", "state", "headline", "words"),
    [
        ("lapsed", "closed", "Ended", "No stream submitted"),
        ("not_advanced", "closed", "Not selected", "Not selected"),
        ("advanced", "closed", "Not selected", "No place in this cycle"),
        ("advanced", "accepted", "Accepted", "Went on"),
        ("held", "under_review", "With the reviewers", "With the track leads"),
    ],
)
def test_end_of_the_way_is_said_as_it_is(world: World, track: str, state: str, headline: str, words: str) -> None:
    application = factories.under_review(world)
    Application.objects.filter(pk=application.pk).update(internal_state=state, released_state=state)
    application.track_applications.update(internal_state=track, released_state=track)
    application.refresh_from_db()

    with clock.at(world.moments["late_offers"]):
        assert queries.released_wording(application).headline == headline
    assert queries.track_wording(track, state)[1] == words

"""The table of applications: names are found with and without their accents, and what is mistyped."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.application import start_application
from core import clock, editions
from tests.worlds import MOMENTS, person, small_world


@pytest.fixture
def staff(db):
    world = small_world()
    for who, name in (
        ("applicant", "José Álvarez Muñoz"),
        ("other applicant", "Ngọc Nguyễn"),
        ("ben", "Bjørn Smithson"),
    ):
        someone = world.people.get(who) or person(who)
        someone.display_name = name
        someone.save()
        with clock.at(MOMENTS["open"]):
            start_application(cycle=world.cycle, person=someone, by=someone)
    client = Client()
    client.force_login(world.people["staff a"])

    def found(q: str, **filters: str) -> str:
        with clock.at(MOMENTS["open"]):
            answer = client.get("/console/people/", {"q": q, **filters})
        assert answer.status_code == 200
        return answer.content.decode()

    return found


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("jose alvarez", "José Álvarez Muñoz"),
        ("José álvarez", "José Álvarez Muñoz"),
        ("Nguyen", "Ngọc Nguyễn"),
        ("bjorn", "Bjørn Smithson"),
    ],
)
def test_names_are_found_with_and_without_their_accents(staff, typed, name):
    page = staff(typed)

    assert name in page
    assert "close to it" not in page


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Jose Alvares", "José Álvarez Muñoz"), ("Nguyenn", "Ngọc Nguyễn"), ("Smitson", "Bjørn Smithson")],
)
def test_close_names_are_shown_where_none_fits(staff, typed, name):
    page = staff(typed)

    assert name in page
    assert "These names are close to it." in page


def test_what_fits_exactly_is_shown_alone(staff):
    page = staff("Smith")

    assert "Bjørn Smithson" in page
    assert "close to it" not in page
    assert "José" not in page


def test_what_is_like_nothing_finds_nobody_and_filters_hold(staff):
    assert "No person matches" in staff("Xyzzyq")
    assert "No person matches" in staff("Jose Alvarez", state="withdrawn")  # it is a draft


def test_a_close_name_costs_one_query_more(staff):
    def queries(q: str) -> int:
        staff(q)
        editions.forget()
        with CaptureQueriesContext(connection) as seen:
            staff(q)
        return len(seen)

    assert queries("Jose Alvares") <= queries("José Álvarez") + 1

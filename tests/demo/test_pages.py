"""The demo's own pages: anybody invented by one click, nobody else; the clock; nothing of it outside the demo."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from django.urls import reverse

from accounts.domain.grants import grant_role
from accounts.models import User
from accounts.states import Role
from core import clock
from core.models import AuditEvent, DemoClock
from core.refusals import Refused
from mats_portal.demo import domain
from mats_portal.demo.people import invent_person

PAGE, CLOCK = "/demo/", "/demo/clock/"


@pytest.fixture
def noor(db) -> User:
    return invent_person(name="Noor Halvorsen", email="noor@applicants.example", zone="Europe/London", by=None)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch):
    # The view waits for the other processes of a real demo; here there are none.
    monkeypatch.setattr("mats_portal.demo.views.time.sleep", lambda _seconds: None)


@pytest.fixture
def _true_clock():
    yield
    clock.forget_offset()


def sign_in(person: User) -> str:
    return reverse("demo:sign_in", args=[person.public_id])


def test_one_click_signs_in_an_invented_person(client, noor):
    answer = client.post(sign_in(noor))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/my/")
    assert client.session["_auth_user_id"] == str(noor.pk)


def test_signing_in_as_somebody_else_ends_the_first_session(client, noor):
    ruth = invent_person(name="Ruth Adeyemi", email="ruth@staff.example", zone="", by=None)
    grant_role(user=ruth, role=Role.STAFF, by=None)
    client.post(sign_in(noor))
    first = client.session.session_key

    answer = client.post(sign_in(ruth))

    assert answer.headers["Location"] == "/console/"
    assert client.session["_auth_user_id"] == str(ruth.pk)
    assert client.session.session_key != first


def test_a_person_who_is_not_invented_cannot_be_signed_in_as(client, db):
    real = User.objects.create_user("someone@example.org", display_name="Someone")

    answer = client.post(sign_in(real))

    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


def test_an_invented_person_who_is_inactive_cannot_be_signed_in_as(client, noor):
    User.objects.filter(pk=noor.pk).update(is_active=False)

    assert client.post(sign_in(noor)).status_code == 404


def test_a_link_signs_nobody_in(client, noor):
    assert client.get(sign_in(noor)).status_code == 405
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_sign_in_leads_to_no_other_site(client, noor, address):
    assert client.post(sign_in(noor), {"next": address}).headers["Location"] == "/my/"


def test_a_sign_in_leads_back_to_the_page_that_asked_for_it(client, noor):
    assert client.post(sign_in(noor), {"next": "/my/streams/"}).headers["Location"] == "/my/streams/"


@pytest.mark.parametrize(("method", "address"), [("get", PAGE), ("post", CLOCK), ("post", None)])
def test_outside_the_demo_there_is_none_of_it(client, noor, method, address):
    with override_settings(DEMO_MODE=False):
        answer = getattr(client, method)(address or sign_in(noor), {"step": "day"})

    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session
    assert not DemoClock.objects.exists()


def test_outside_the_demo_the_clock_cannot_be_moved_and_a_stored_offset_counts_for_nothing(db, settings):
    DemoClock.objects.create(offset=timedelta(days=400))
    clock.forget_offset()
    settings.DEMO_MODE = False

    with pytest.raises(Refused, match="cannot be moved"):
        domain.move_clock(to=datetime(2026, 7, 25, tzinfo=UTC), by=None)

    assert abs(clock.now() - clock.wall()) < timedelta(seconds=5)


@pytest.mark.usefixtures("_true_clock")
def test_the_clock_goes_forward_and_back_and_runs_on(db, django_capture_on_commit_callbacks):
    for moment in (datetime(2026, 7, 28, 13, tzinfo=UTC), datetime(2026, 6, 3, 12, tzinfo=UTC)):
        with django_capture_on_commit_callbacks(execute=True):
            domain.move_clock(to=moment, by=None)

        assert timedelta() <= clock.now() - moment < timedelta(seconds=30)
    assert DemoClock.objects.count() == 1
    assert AuditEvent.objects.filter(verb="move_clock").count() == 2


@pytest.mark.usefixtures("_true_clock")
def test_a_visitor_moves_the_clock_to_a_moment_and_a_step_further(client, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(CLOCK, {"moment": "2026-06-03T12:00"}).headers["Location"] == PAGE
    with django_capture_on_commit_callbacks(execute=True):
        client.post(CLOCK, {"step": "day"})

    assert clock.today().isoformat() == "2026-06-04"


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [("", 422, "Enter a day and a time"), ("soon", 422, "Write it like"), ("1926-06-03 12:00", 409, "goes from")],
)
def test_an_impossible_moment_is_answered_with_the_reason(client, db, typed, status, says):
    answer = client.post(CLOCK, {"moment": typed})

    assert answer.status_code == status
    assert says in answer.content.decode()
    assert not DemoClock.objects.exists()


def test_the_page_asks_the_database_as_often_for_one_person_as_for_many(client, noor, django_assert_max_num_queries):
    for number in range(12):
        person = invent_person(name=f"R {number}", email=f"r{number}@staff.example", zone="", by=None)
        grant_role(user=person, role=Role.STAFF, by=None)

    with django_assert_max_num_queries(16):
        page = client.get(PAGE).content.decode()

    assert page.count("@staff.example") == 12


def test_the_sign_in_page_offers_invented_people(client, noor):
    grant_role(user=noor, role=Role.STAFF, by=None)

    assert sign_in(noor) in client.get(reverse("account_login")).content.decode()

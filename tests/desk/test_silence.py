"""Nobody is left in silence: none in any scenario, and a planted one is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.extensions import grant_extension
from applications.models import Application
from applications.queries.next_events import LIVE, NEXT
from applications.states import ENDED, ApplicationState, Window
from core import clock
from mats_portal.desk.dashboard import dashboard_of
from mats_portal.desk.silence import count_silence, in_silence, silent_rows
from streams.models import KeyDate
from tests.applications import factories
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def test_every_live_state_has_a_rule() -> None:
    assert NEXT.keys() == LIVE == set(ApplicationState) - ENDED


@pytest.mark.requirement(19)
@pytest.mark.parametrize(
    ("make", "moment"),
    [
        (factories.draft, "open"),
        (factories.submitted, "open"),
        (factories.in_screen, "closed"),
        (factories.in_stage2, "stage2"),
        (factories.under_review, "review"),
    ],
)
def test_page_says_the_date_that_the_check_asks_for(world: World, make: Any, moment: str) -> None:
    application = make(world)
    client = Client()
    client.force_login(application.person, backend="django.contrib.auth.backends.ModelBackend")

    with clock.at(world.moments[moment]):
        event = dashboard_of(application.person).wording.next_event
        page = client.get("/my/").content.decode()
        assert list(in_silence(world.cycle)) == []

    assert event.startswith(("Closes ", "Result by "))
    assert event in page


def test_planted_silence_is_found_by_job_command_and_board(world: World) -> None:
    """A stuck calendar: the screen's result was promised, its date went by, and nothing happened."""
    application = factories.in_screen(world)
    staff = Client()
    staff.force_login(world.people["staff a"], backend="django.contrib.auth.backends.ModelBackend")
    promised = world.date("screen_released")
    with clock.at(promised + world.grace - timedelta(seconds=1)):
        assert count_silence() == 0
        call_command("nosilence", verbosity=0)

    with clock.at(promised + world.grace):
        assert count_silence() == 1
        assert [row.reference for row in silent_rows(world.cycle)] == [application.reference]
        with pytest.raises(CommandError, match="1 applications"):
            call_command("nosilence", verbosity=0)
        assert "no dated next event" in staff.get("/console/").content.decode()
        assert application.reference in staff.get("/console/silence/").content.decode()
        KeyDate.objects.filter(code="screen_released").update(starts_at=promised + timedelta(days=3))
        assert count_silence() == 0, "moving the date ends the silence"


def test_offer_state_without_an_offer_is_silence(world: World) -> None:
    application = factories.under_review(world)
    Application.objects.filter(pk=application.pk).update(internal_state="offered", released_state="offered")

    with clock.at(world.moments["offers"]):
        assert list(in_silence(world.cycle)) == [application]


def test_own_deadline_is_a_date_and_its_end_a_silence(world: World) -> None:
    """A draft past the published close is silence, unless the person's own close is still to come."""
    application = factories.draft(world)
    closes = world.date("general_closes")
    with clock.at(closes - timedelta(hours=1)):
        grant_extension(
            application=application,
            window=Window.GENERAL,
            until=closes + timedelta(days=1),
            reason="In hospital",
            by=world.people["staff a"],
        )

    with clock.at(closes + timedelta(hours=20)):
        assert count_silence() == 0
        assert dashboard_of(application.person).wording.next_event == "Closes Mon 8 June 2026, 23:59 AoE"
    with clock.at(closes + timedelta(days=1) + world.grace):
        assert count_silence() == 1


def test_ended_applications_and_programmes_need_no_date(world: World) -> None:
    application = factories.under_review(world)
    Application.objects.filter(pk=application.pk).update(internal_state="accepted", released_state="accepted")
    with clock.at(world.date("programme_starts") + timedelta(days=1)):
        assert count_silence() == 0
    with clock.at(world.date("programme_ends") + timedelta(days=1)):
        assert count_silence() == 0


def test_counting_costs_the_same_for_one_and_for_three(world: World) -> None:
    costs = []
    for who in ("applicant", "other applicant"):
        factories.submitted(world, who)
        with clock.at(world.moments["open"]), CaptureQueriesContext(connection) as queries:
            in_silence(world.cycle).count()
        costs.append(len(queries))

    assert costs[0] == costs[1]

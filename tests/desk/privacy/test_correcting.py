"""“Correct something” leads to where each fact is put right, as far as the person may know how far they are."""

import pytest
from django.test import Client

from applications.models import Application
from core import clock
from mats_portal.desk.privacy.correcting import correction_rows
from tests.applications import factories
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def where(application: Application | None) -> dict[str, str]:
    return {row.what: row.url for row in correction_rows(application)}


def test_before_the_deadline_answers_are_changed_by_oneself(world: World) -> None:
    rows = where(factories.draft(world))

    assert rows["Answers and files"] == "/my/application/"
    assert rows["Referees"] == "/my/referees/"
    assert rows["What we wrote or recorded"] == ""


def test_afterwards_staff_are_asked(world: World) -> None:
    rows = where(factories.under_review(world))

    assert rows["Answers and files of the general application"] == ""
    assert "Answers and files" not in rows
    assert "Answers for streams" not in rows


def test_in_stage_two_the_streams_are_open(world: World) -> None:
    assert where(factories.in_stage2(world))["Answers for streams"] == "/my/streams/"


def test_a_decision_that_is_not_out_changes_no_row(world: World) -> None:
    application = factories.in_screen(world)
    before = where(application)
    Application.objects.filter(pk=application.pk).update(internal_state="stage2")
    application.refresh_from_db()

    assert where(application) == before


def test_every_link_of_the_page_leads_somewhere(world: World) -> None:
    application = factories.draft(world)
    client = Client()
    client.force_login(application.person)
    with clock.at(world.moments["open"]):
        html = client.get("/my/data/").content.decode()
        links = [row.url for row in correction_rows(application) if row.url]
        answers = {url: client.get(url).status_code for url in links}

    assert all(f'href="{url}"' in html for url in links)
    assert "/my/data/correct/?about=recorded" in html
    assert len(links) == 4
    assert set(answers.values()) == {200}
    stranger = Client()
    stranger.force_login(world.people["third applicant"])
    assert "Name and time zone" in stranger.get("/my/data/").content.decode()

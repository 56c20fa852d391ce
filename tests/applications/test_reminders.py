"""Reminders of a close: to people with something unfinished, about what is missing, and not to who said no."""

from datetime import timedelta

import pytest
from django.test import Client

from applications.domain.extensions import grant_extension
from applications.models import Application
from applications.queries.reminders import closes_to_remind_of
from applications.states import Window
from core import clock
from core.models import OutboxMail
from mats_portal.desk.phases import move_phases
from tests.applications import factories
from tests.worlds import World

SECOND = timedelta(seconds=1)


def leads(application: Application) -> list[str]:
    mails = OutboxMail.objects.filter(key__startswith=f"close-reminder:{application.public_id}").order_by("pk")
    return [mail.key.rpartition(":")[2] for mail in mails]


def live(world: World, *before_close: timedelta, window: str = "general_closes") -> None:
    for lead in before_close:
        with clock.at(world.date(window) - lead):
            move_phases()


@pytest.mark.requirement(39)
def test_draft_is_reminded_three_times_of_what_is_missing(world: World) -> None:
    draft, done = factories.draft(world), factories.submitted(world, "other applicant")
    with clock.at(world.moments["open"] - timedelta(days=8)):
        Application.objects.update(created_at=clock.now())
    with clock.at(world.moments["open"]):
        asked = factories.answer(draft, "why", "")
        assert asked.value == ""
    week, day, hours = timedelta(days=7), timedelta(days=1), timedelta(hours=3)

    live(world, week + SECOND)
    assert leads(draft) == []
    live(world, week, week - SECOND, timedelta(days=3), day, day - SECOND, hours, hours, SECOND)

    assert leads(draft) == ["7 days", "1 day", "3 hours"]
    assert leads(done) == []
    mail = OutboxMail.objects.filter(key__startswith="close-reminder").first()
    assert mail.subject == "7 days left: 1 thing to do"
    assert "Motivation: 1 left" in mail.body
    assert "About you" not in mail.body
    assert "Sun 7 June 2026, 23:59 AoE" in mail.body


def test_beat_that_was_away_sends_the_latest_reminder_only(world: World) -> None:
    draft = factories.draft(world)
    Application.objects.update(created_at=world.date("general_opens"))

    live(world, timedelta(hours=2), timedelta(hours=1))

    assert leads(draft) == ["3 hours"]


def test_somebody_who_began_late_gets_no_reminder_of_before(world: World) -> None:
    draft = factories.draft(world)
    Application.objects.update(created_at=world.date("general_closes") - timedelta(hours=5))

    live(world, timedelta(hours=4))

    assert leads(draft) == []


def test_opting_out_on_the_profile_ends_them(world: World) -> None:
    draft = factories.draft(world)
    Application.objects.update(created_at=world.date("general_opens"))
    client = Client()
    client.force_login(draft.person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Remind me by mail" in client.get("/account/").content.decode()

    client.post("/account/", {"display_name": "Applicant", "timezone": ""})
    live(world, timedelta(days=7), timedelta(days=1))

    assert leads(draft) == []


def test_moved_deadline_brings_its_own_reminders(world: World) -> None:
    draft = factories.draft(world)
    Application.objects.update(created_at=world.date("general_opens"))
    live(world, timedelta(hours=3))
    with clock.at(world.date("general_closes") - timedelta(hours=1)):
        grant_extension(
            application=draft,
            window=Window.GENERAL,
            until=world.date("general_closes") + timedelta(days=2),
            reason="Lost network",
            by=world.people["staff a"],
        )
    live(world, timedelta(minutes=30), timedelta(days=-1), timedelta(days=-1, hours=-21))

    assert leads(draft) == ["3 hours", "1 day", "3 hours"]


@pytest.mark.requirement(39)
def test_stage_2_reminds_of_drafts_and_tasks_and_not_of_what_is_in(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    factories.stream_draft(world, application, "beta")

    live(world, timedelta(days=1), window="stage2_closes")

    (lead,) = leads(application)
    assert lead == "1 day"
    body = OutboxMail.objects.get(key__startswith="close-reminder").body
    assert world.streams["beta"].title in body
    assert "Coding task" in body
    assert world.streams["alpha"].title not in body

    other = factories.in_stage2(world, "other applicant")
    factories.stream_submitted(world, other, "alpha")
    factories.evaluation_submitted(world, other)
    with clock.at(world.date("stage2_closes") - timedelta(hours=2)):
        assert [row.pk for row, _, _ in closes_to_remind_of(world.cycle)] == [application.pk]

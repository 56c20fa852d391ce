"""One's own calendar feed: the dates of the dashboard, under names that last, until the link is taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import User
from core import clock, ics
from core.models import AuditEvent
from matching.models import Offer
from mats_portal.desk.own_calendar import end_link, entries_of, link_by, make_link, token_of
from streams.models import KeyDate
from streams.queries import date_rows
from tests.applications import factories as applying
from tests.matching.scenes import offered_scene
from tests.worlds import MOMENTS, World, small_world


@pytest.fixture
def world(db) -> Iterator[World]:
    world = small_world()
    with clock.at(MOMENTS["stage2"]):
        yield world


def read(token: str) -> dict[str, dict]:
    """Fetch a feed without signing in; return its events by identity."""
    response = Client().get(f"/calendar/{token}.ics")
    assert response.status_code == 200
    return {str(event["uid"]): event for event in Calendar.from_ical(response.content).walk("VEVENT")}


def test_the_feed_holds_what_the_dashboard_has_with_a_date(world):
    application = applying.in_stage2(world)
    applying.stream_draft(world, application, "alpha")
    with clock.at(MOMENTS["stage2"]):
        events = read(token_of(make_link(person=application.person, by=application.person)))
    titles = {str(event["summary"]): event for event in events.values()}
    moves = [event for uid, event in events.items() if uid.startswith("move-")]
    assert len(moves) >= 2
    assert titles[world.streams["alpha"].title]["dtstart"].dt == world.date("stage2_closes")
    assert all(event["dtstamp"].dt.tzinfo is not None for event in events.values())


def test_identities_last_when_a_date_moves(world):
    application = applying.in_stage2(world)
    token = token_of(make_link(person=application.person, by=application.person))
    before = read(token)
    moved = world.date("stage2_closes") + timedelta(days=1)
    KeyDate.objects.filter(cycle=world.cycle, code="stage2_closes").update(starts_at=moved)

    after = read(token)

    assert before.keys() == after.keys()
    assert {uid for uid in after if after[uid]["dtstart"].dt != before[uid]["dtstart"].dt}


@pytest.mark.threat("T26")
def test_a_link_taken_back_or_forged_opens_nothing(world):
    person = world.people["applicant"]
    link = make_link(person=person, by=person)
    token = token_of(link)
    assert read(token)
    newer = token_of(make_link(person=person, by=person))
    assert newer != token
    for dead in (token, newer[:-1], link.public_id, "x", newer.replace("~", ".")):
        assert Client().get(f"/calendar/{dead}.ics").status_code == 404
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert link_by(newer) is None
    User.objects.filter(pk=person.pk).update(is_active=True)
    end_link(person=person, by=person)
    end_link(person=person, by=person)
    assert Client().get(f"/calendar/{newer}.ics").status_code == 404
    assert AuditEvent.objects.filter(verb="end_calendar_link").count() == 1


@pytest.mark.threat("T07")
def test_nothing_that_is_not_released_is_in_it(db):
    """The feed of somebody with a drafted offer is the feed of somebody without."""
    scene, _ = offered_scene()
    with clock.at(MOMENTS["matching"]):
        person = scene.user("ada")
        offer = Offer.objects.get(application__person=person)
        application = offer.application
        type(application).objects.filter(pk=application.pk).update(released_state="final")
        Offer.objects.filter(pk=offer.pk).update(state="draft", sent_at=None)
        with_draft = entries_of(person)
        type(application).objects.filter(pk=application.pk).update(internal_state="final")
        Offer.objects.filter(pk=offer.pk).delete()
        assert entries_of(person) == with_draft
    assert with_draft


def test_the_public_feed_agrees_with_the_page(world):
    rows = {f"{world.cycle.slug}.{row.code}@{ics.DOMAIN}": row for row in date_rows(world.cycle)}
    response = Client().get("/dates.ics")
    events = {str(one["uid"]): one for one in Calendar.from_ical(response.content).walk("VEVENT")}
    page = Client().get("/dates/").content.decode()
    assert events.keys() == rows.keys()
    for uid, row in rows.items():
        assert str(events[uid]["summary"]) == row.label
        assert row.label in page
        if row.has_time:
            assert events[uid]["dtstart"].dt == row.starts_at


def test_hostile_words_stay_in_their_line():
    """A title cannot begin a property of its own, and a long one is folded."""
    hostile = "x\r\nATTENDEE:mailto:a@example.org\nEND:VEVENT;,\\" + "ä" * 200
    body = ics.feed("n", [ics.Entry("k", hostile, hostile, at=datetime(2026, 6, 1, tzinfo=UTC))])
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert "ATTENDEE" not in event
    assert not [line for line in body.split(b"\r\n") if line.startswith((b"ATTENDEE", b"mailto"))]
    assert max(len(line) for line in body.split(b"\r\n")) <= 75


def test_the_page_makes_and_ends_a_link(world):
    person = world.people["applicant"]
    client = Client()
    client.force_login(person)
    assert "You have no link yet" in client.get("/my/calendar/").content.decode()
    page = client.post("/my/calendar/link/", follow=True).content.decode()
    assert token_of(person.calendar_link) in page
    page = client.post("/my/calendar/link/end/", follow=True).content.decode()
    assert "You have no link yet" in page

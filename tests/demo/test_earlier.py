"""The demo's earlier cycle: finished, not public, and full of people who can come back."""

import re
from datetime import timedelta

from django.core.management import call_command
from django.test import Client

from applications.models import Application
from applications.states import ApplicationState
from core import clock
from mats_portal.demo import earlier, queries, seeding
from mats_portal.desk.phases import move_phases
from mats_portal.desk.silence import in_silence
from streams.models import Cycle
from streams.queries import key_instant


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_earlier_cycle_is_over_and_its_people_bring_their_answers_to_the_public_one(db, settings) -> None:
    settings.DEMO_MODE = True
    world = seeding.seed_demo(n=3)
    spring = Cycle.objects.get(slug="spring-2026")

    with clock.at(world.moment):
        move_phases()
        assert set(spring.applications.values_list("internal_state", flat=True)) == {ApplicationState.CLOSED}
        assert spring.applications.count() == earlier.APPLICANTS
        assert list(Cycle.objects.filter(is_public_current=True)) == [world.cycle]
        assert not in_silence(spring).exists()
        home = Client().get("/").content.decode()
        assert "Autumn 2026" in home
        assert "Spring 2026" not in home
        people = client_of(world.team.staff[0]).get("/console/people/?cycle=26S").content.decode()
        assert len(set(re.findall(r"26S-[0-9A-Z]+", people))) == earlier.APPLICANTS
    call_command("checkinvariants")

    back = Application.objects.filter(cycle=spring).order_by("pk")[0].person
    assert back.display_name in {account.name for account in queries.returning_examples()}
    opens = key_instant(world.cycle, "general_opens")
    assert opens is not None
    with clock.at(opens + timedelta(days=7)):
        client = client_of(back)
        assert "Autumn 2026" in client.get("/my/").content.decode()
        client.post("/my/application/start/")
        assert "your application to Spring 2026" in client.get("/my/application/bring/").content.decode()
        client.post("/my/application/bring/")
    now = Application.objects.get(person=back, cycle=world.cycle)
    assert now.answers.filter(taken_from__contains="Spring 2026").count() >= 5
    assert back.applications.count() == 2

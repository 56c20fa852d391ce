"""Pages on which staff and leads settle something about one task: who reaches them, what they say, what they cost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.models import EvaluationAssignment, TaskExtension
from applications.states import EvaluationState
from core import clock, editions
from tests.applications import factories
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle."""
    return small_world()


@pytest.fixture
def task(world: World) -> EvaluationAssignment:
    """Return a task that is to do."""
    return factories.in_stage2(world).evaluation_assignments.get()


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_lead_excuses_and_asks_again_and_the_person_reads_it_in_plain_words(
    world: World, task: EvaluationAssignment
) -> None:
    lead, applicant = signed_in(world.people["empirical lead"]), signed_in(world.people["applicant"])
    url = f"/lead/tasks/{task.public_id}/"
    with clock.at(world.moments["stage2"]):
        listed = lead.get(f"/lead/{world.tracks['empirical'].public_id}/tasks/").content.decode()
        assert url in listed
        wrong = lead.post(f"{url}excuse/", {"excuse-reason": " "})
        assert (wrong.status_code, "Write down why" in wrong.content.decode()) == (422, True)
        assert lead.post(f"{url}excuse/", {"excuse-reason": "Set this test himself"}).status_code == 302
        page = applicant.get(f"/my/tasks/{task.public_id}/").content.decode()
        hub = applicant.get("/my/streams/").content.decode()
        assert "counts neither for you nor against you" in page
        assert "You are excused" in hub
        assert "Set this test himself" not in page + hub
        assert "Set this test himself" in lead.get(url).content.decode()
        assert lead.post(f"{url}ask-again/").status_code == 302

    task.refresh_from_db()
    assert task.state == EvaluationState.ASSIGNED


def test_staff_give_more_time_and_a_refusal_keeps_what_was_typed(world: World, task: EvaluationAssignment) -> None:
    staff, applicant = signed_in(world.people["staff a"]), signed_in(world.people["applicant"])
    url = f"/lead/tasks/{task.public_id}/"
    typed = {"time-on": "2026-12-24", "time-zone": "UTC", "time-reason": "Fire alarm"}
    with clock.at(world.moments["stage2"]):
        late = staff.post(f"{url}more-time/", typed)
        assert (late.status_code, "Fire alarm" in late.content.decode()) == (409, True)
        assert staff.post(f"{url}more-time/", {**typed, "time-on": "x"}).status_code == 422
        assert staff.post(f"{url}more-time/", {**typed, "time-on": "2026-06-28"}).status_code == 302
        seen = applicant.get(f"/my/tasks/{task.public_id}/").content.decode()

    assert TaskExtension.objects.get().reason == "Fire alarm"
    assert "This time is for you alone" in seen
    assert "Fire alarm" not in seen


def test_lead_of_another_track_staff_themselves_and_the_applicant_are_kept_out(
    world: World, task: EvaluationAssignment
) -> None:
    world.evaluation.tracks.set([world.tracks["empirical"]])
    url = f"/lead/tasks/{task.public_id}/"
    with clock.at(world.moments["stage2"]):
        reached = {
            who: signed_in(world.people[who]).get(url).status_code
            for who in ("theory lead", "applicant", "other applicant", "reviewer a", "empirical lead", "staff a")
        }

    assert reached == {
        "theory lead": 404, "applicant": 404, "other applicant": 404, "reviewer a": 404,
        "empirical lead": 200, "staff a": 200,
    }  # fmt: skip


def count_queries(client: Client, url: str) -> int:
    editions.forget()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_list_of_tasks_costs_the_same_for_one_and_for_many(world: World, task: EvaluationAssignment) -> None:
    staff = signed_in(world.people["staff a"])
    url = f"/lead/{world.tracks['empirical'].public_id}/tasks/"
    with clock.at(world.moments["stage2"]):
        one = count_queries(staff, url)
    factories.in_stage2(world, "other applicant")
    with clock.at(world.moments["stage2"]):
        assert count_queries(staff, url) == one

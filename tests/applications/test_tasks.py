"""Pages of tasks: before the start, with the clock running, with a file, and what others see of more time."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from applications.domain.timed import grant_time
from applications.models import Accommodation, Document, EvaluationDefinition
from applications.states import AiPolicy, EvaluationState
from core import clock
from tests.applications import factories
from tests.applications.files import ask_for_file, asked_for, upload
from tests.reviews import factories as reviewing
from tests.worlds import World


@pytest.fixture
def client(world: World) -> Client:
    """Sign the applicant in."""
    signed_in = Client()
    signed_in.force_login(world.people["applicant"])
    return signed_in


@pytest.mark.requirement(34)
def test_page_before_the_start_says_everything_and_hides_the_brief(world: World, client: Client) -> None:
    EvaluationDefinition.objects.update(
        time_limit_minutes=60, brief="The secret riddle.", about="A riddle.", part_policies={"task": AiPolicy.REQUIRED}
    )
    application = factories.in_stage2(world)
    task = application.evaluation_assignments.get()
    url = f"/my/tasks/{task.public_id}/"
    with clock.at(world.moments["stage2"]):
        assert client.get(url).headers["Location"] == f"{url}start/"
        before = client.get(f"{url}start/").content.decode()
        client.post(f"{url}start/")
        during = client.get(url).content.decode()

    assert "The secret riddle." not in before
    for words in ("60 minutes", "A riddle.", "AI tools must be used", "connection is lost", "30 seconds", "cannot be"):
        assert words in before
    assert "The secret riddle." in during
    assert 'data-seconds-left="3600"' in during


def test_saved_text_survives_the_lost_tab_and_the_statement_is_saved_alone(world: World, client: Client) -> None:
    EvaluationDefinition.objects.update(time_limit_minutes=60)
    task = factories.in_stage2(world).evaluation_assignments.get()
    url = f"/my/tasks/{task.public_id}/"
    with clock.at(world.moments["stage2"]):
        client.post(f"{url}start/")
        factories.answer(task.application, "approach", "Kept", place=factories.evaluation_place(task))
        saved = client.post(url, {"field": "ai_statement", "value": "none"})
        again = Client()
        again.force_login(world.people["applicant"])
        page = again.get(url).content.decode()

    assert saved.json()["version"] == 0
    assert "Kept" in page
    assert ">none</textarea>" in page


def test_file_is_kept_though_the_task_is_not_complete(
    world: World, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    ask_for_file(world.evaluation.form, "notebook", data_class="none", required=True)
    application = factories.in_stage2(world)
    task = application.evaluation_assignments.get()
    url, place = f"/my/tasks/{task.public_id}/", factories.evaluation_place(task)
    key = asked_for(application, "notebook", place).item.pk
    with clock.at(world.moments["stage2"]):
        answer = client.post(url, {f"version-{key}": 0, f"answer-{key}": upload("notes.pdf"), "submit": "yes"})
        page = client.get(url).content.decode()
        factories.answer(application, "approach", "Mine", place=place)
        done = client.post(url, {"submit": "yes", "ai_statement": "none"})
    task.refresh_from_db()

    assert answer.status_code == 422
    assert "Answer “Approach?”" in answer.content.decode()
    assert "notes.pdf" in page
    assert (done.status_code, task.state) == (302, EvaluationState.SUBMITTED)
    assert Document.objects.get().handed_in_at


@pytest.mark.threat("T02")
def test_nobody_who_grades_learns_of_more_time(world: World, client: Client) -> None:
    EvaluationDefinition.objects.update(time_limit_minutes=60)
    application = factories.in_stage2(world)
    person, staff = application.person, world.people["staff a"]
    with clock.at(world.moments["stage2"]):
        grant_time(person=person, factor=Decimal("1.55"), reason="a private matter", by=staff)
        task = application.evaluation_assignments.get()
        url = f"/my/tasks/{task.public_id}/start/"
        own = client.get(url).content.decode()
        client.post(url)
    factories.stream_submitted(world, application, "alpha")
    factories.evaluation_submitted(world, application)
    with clock.at(world.moments["review"]):
        factories.close_stage2(application=application)
    reviewing.add_rubrics(world)
    reviewing.assign(world)
    assignment = task.review_assignments.order_by("pk").first()
    reader, console = Client(), Client()
    reader.force_login(assignment.reviewer)
    console.force_login(staff)
    with clock.at(world.moments["review"]):
        read = reader.get(f"/review/{assignment.public_id}/").content.decode()
        granted = console.get(f"/console/people/{application.public_id}/time/").content.decode()

    assert "93 minutes" in own
    assert "a private matter" not in own
    assert "a private matter" in granted
    for word in ("private matter", "1.55", "93 minutes", "extra time"):
        assert word not in read


def test_staff_grant_and_end_more_time(world: World) -> None:
    application = factories.in_stage2(world)
    staff = Client()
    staff.force_login(world.people["staff a"])
    url = f"/console/people/{application.public_id}/time/"
    with clock.at(world.moments["stage2"]):
        wrong = staff.post(url, {"factor": "9", "reason": ""})
        right = staff.post(url, {"factor": "1.25", "reason": "agreed by telephone"})
        ended = staff.post(f"{url}end/")

    assert (wrong.status_code, right.status_code, ended.status_code) == (422, 302, 302)
    assert Accommodation.objects.get().ended_at

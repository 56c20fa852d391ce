"""More time for one person: it holds to the second, everywhere, for that person alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from applications.domain.application import reopen_application, submit_application
from applications.domain.extensions import grant_extension
from applications.domain.letters import start_letter, submit_letter
from applications.domain.streams import add_stream
from applications.models import Application, DeadlineExtension
from applications.states import ApplicationState, ReferenceState, TrackState, Window
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from mats_portal.desk.phases import move_phases
from tests.applications import factories
from tests.applications.factories import answer
from tests.applications.refereeing import asked, fill
from tests.worlds import World

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def extend(world: World, application: Application, window: str, **more: Any) -> DeadlineExtension:
    values = {
        "until": world.date("general_closes" if window == Window.GENERAL else "stage2_closes") + DAY,
        "reason": "In hospital",
        "by": world.people["staff a"],
        **more,
    }
    return grant_extension(application=application, window=window, **values)


def type_something(application: Application) -> None:
    answer(application, "why", "Because of the extension")


@pytest.mark.requirement(39)
@pytest.mark.parametrize("act", [type_something, lambda a: submit_application(application=a, by=a.person)])
def test_general_close_moves_for_one_person_to_the_second(world: World, act: Callable[[Application], Any]) -> None:
    own, other = factories.draft(world), factories.draft(world, "other applicant")
    with clock.at(world.moments["open"]):
        extend(world, own, Window.GENERAL)
    published = world.date("general_closes") + world.grace

    with clock.at(published):
        assert move_phases().get("closed") == 1, "only the other one"
        with pytest.raises(Refused):
            act(Application.objects.get(pk=other.pk))
    with clock.at(published + DAY), pytest.raises(Refused, match="Mon 8 June 2026, 23:59 AoE"):
        act(Application.objects.get(pk=own.pk))
    with clock.at(published + DAY - SECOND):
        act(Application.objects.get(pk=own.pk))
    with clock.at(published + DAY):
        assert move_phases().get("closed") == 1


@pytest.mark.requirement(39)
def test_stage_2_and_its_tasks_move_together_and_alone(world: World) -> None:
    own, other = factories.in_stage2(world), factories.in_stage2(world, "other applicant")
    with clock.at(world.moments["stage2"]):
        extend(world, own, Window.STAGE2)
    published = world.date("stage2_closes") + world.grace

    with clock.at(published):
        move_phases()
        own.refresh_from_db()
        other.refresh_from_db()
        assert (own.internal_state, other.internal_state) == (ApplicationState.STAGE2, ApplicationState.CLOSED)
    with clock.at(published + DAY - SECOND):
        add_stream(application=own, stream=world.streams["alpha"], by=own.person)
        task = factories.fill(own, factories.evaluation_place(own.evaluation_assignments.get()))
        assert task is None
    with clock.at(published + DAY):
        with pytest.raises(Refused):
            add_stream(application=own, stream=world.streams["beta"], by=own.person)
        move_phases()
        own.refresh_from_db()
        assert own.internal_state != ApplicationState.STAGE2


def test_person_reads_their_own_date_on_every_page(world: World) -> None:
    application = factories.draft(world)
    client = Client()
    client.force_login(application.person, backend="django.contrib.auth.backends.ModelBackend")
    with clock.at(world.moments["open"]):
        extend(world, application, Window.GENERAL)
        pages = {
            path: client.get(path).content.decode() for path in ("/my/", "/my/application/", "/my/application/check/")
        }

    for path, page in pages.items():
        assert "8 June 2026, 23:59 AoE" in page, path
        assert "7 June 2026, 23:59 AoE" not in page, path
    mail = OutboxMail.objects.get(key__startswith="extension:")
    assert mail.to == application.person.email
    assert "8 June 2026, 23:59 AoE" in mail.body
    assert "hospital" not in mail.body


def test_lapsed_draft_is_a_draft_again(world: World) -> None:
    application = factories.draft(world)
    closed = world.date("general_closes") + timedelta(hours=2)
    with clock.at(closed):
        move_phases()
        application.refresh_from_db()
        assert application.internal_state == ApplicationState.LAPSED

        extend(world, application, Window.GENERAL)

        application.refresh_from_db()
        assert application.internal_state == application.released_state == ApplicationState.DRAFT
        assert set(application.track_applications.values_list("internal_state", flat=True)) == {TrackState.SELECTED}
        submit_application(application=application, by=application.person)


def test_reopening_follows_the_own_deadline(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        extend(world, application, Window.GENERAL)

    with clock.at(world.date("general_closes") + DAY), pytest.raises(Refused, match="can no longer be reopened"):
        reopen_application(application=application, by=application.person)
    with clock.at(world.date("general_closes") + DAY - SECOND):
        assert reopen_application(application=application, by=application.person).internal_state == "draft"


def test_references_that_ended_are_asked_again(world: World) -> None:
    reference = asked(world)
    with clock.at(world.date("stage2_closes") + world.grace):
        move_phases()
        reference.refresh_from_db()
        assert reference.state == ReferenceState.EXPIRED
        # The application ended with stage 2: nothing was submitted. More time for letters alone changes nothing then.
        with pytest.raises(Refused, match="would change nothing"):
            extend(world, reference.application, Window.REFERENCES)
    for state in ("stage2", "under_review"):  # closed in stage 2: no other way leads back
        Application.objects.filter(pk=reference.application_id).update(internal_state=state, released_state=state)
    with clock.at(world.date("stage2_closes") + timedelta(hours=1)):
        extend(world, reference.application, Window.REFERENCES)
        move_phases()
        reference.refresh_from_db()
        assert reference.state == ReferenceState.REQUESTED
        assert reference.n_requests == 2
    with clock.at(world.date("stage2_closes") + DAY + world.grace - SECOND):
        start_letter(reference=reference)
        fill(reference)
        assert submit_letter(reference=reference).state == ReferenceState.SUBMITTED


@pytest.mark.parametrize(
    ("window", "change", "words"),
    [
        (Window.GENERAL, {"reason": " "}, "why"),
        (Window.GENERAL, {"until": timedelta(days=-1)}, "after the published"),
        (Window.GENERAL, {"until": timedelta(days=30)}, "could not be read"),
        ("tomorrow", {}, "one of the deadlines"),
    ],
)
def test_extension_without_sense_is_refused(world: World, window: str, change: dict, words: str) -> None:
    application = factories.draft(world)
    if isinstance(change.get("until"), timedelta):
        change = {"until": world.date("general_closes") + change["until"]}

    with clock.at(world.moments["open"]), pytest.raises(Refused, match=words):
        extend(world, application, window, **change)

    assert DeadlineExtension.objects.count() == 0


def test_published_date_takes_an_extension_back(world: World) -> None:
    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        extend(world, application, Window.GENERAL)
        extend(world, application, Window.GENERAL, until=world.date("general_closes"), reason="By mistake")

    with clock.at(world.date("general_closes") + world.grace), pytest.raises(Refused):
        type_something(application)


def test_staff_move_a_deadline_on_a_page_and_it_is_on_record(world: World) -> None:
    application = factories.draft(world)
    client = Client()
    client.force_login(world.people["staff a"], backend="django.contrib.auth.backends.ModelBackend")
    url = f"/console/people/{application.public_id}/more-time/"
    form = {"window": "general_closes", "on": "2026-06-09", "at": "", "zone": "AoE", "reason": "Lost network"}
    with clock.at(world.moments["open"]):
        assert client.get(url).status_code == 200
        assert client.post(url, {**form, "reason": ""}).status_code == 422
        late = client.post(url, {**form, "on": "2027-01-01"})
        assert late.status_code == 409
        assert "Lost network" in late.content.decode(), "nothing typed is lost"
        assert client.post(url, form).status_code == 302
        page = client.get(url).content.decode()

    assert "Tue 9 June 2026, 23:59 AoE" in page
    assert "Lost network" in page
    event = AuditEvent.objects.get(verb="extend")
    assert event.actor == world.people["staff a"]
    assert "Lost network" not in str(event.details)

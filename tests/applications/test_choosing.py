"""Before a stream is added: what to know, and the one thing that can be done now. Nothing of it stops a person."""

from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.application import add_track
from applications.models import Answer, Application
from applications.queries.choosing import stream_choice
from applications.queries.places import PLACES_CODE, place_warning
from applications.states import AnswerScope
from core import clock
from core.refusals import Refused
from questions.states import DataClass
from streams.models import Requirement, Stream
from streams.states import DataSensitivity, InPerson, RequirementKind
from tests.applications import factories
from tests.worlds import World, question


def says_places(application: Application, *places: str) -> None:
    """Answer where one can be."""
    asked = question(PLACES_CODE, "multi_choice", data_class=DataClass.LOGISTICS)
    Answer.objects.create(
        application=application, question=asked, scope=AnswerScope.GENERAL, scope_key="", value=list(places)
    )


def client_of(application: Application) -> Client:
    client = Client()
    client.force_login(application.person)
    return client


@pytest.mark.requirement(18)
def test_in_stage_one_the_missing_track_is_one_click_away(world: World) -> None:
    application = factories.draft(world)
    n_answers = application.answers.count()
    client = client_of(application)
    with clock.at(world.moments["open"]):
        page = client.get("/my/streams/add/gamma/").content.decode()
        assert "Add the Theory track" in page
        response = client.post("/my/tracks/theory/add/", {"stream": "gamma"}, follow=True)
        again = client.post("/my/tracks/theory/add/", {"stream": "gamma"})

    assert response.redirect_chain[-1][0] == "/my/streams/add/gamma/"
    assert "Add the Theory track" not in response.content.decode()
    assert again.status_code == 302
    assert sorted(application.track_applications.values_list("track__slug", flat=True)) == ["empirical", "theory"]
    assert application.answers.count() == n_answers


@pytest.mark.requirement(18)
def test_after_stage_one_the_reason_stands_there_and_no_button(world: World) -> None:
    application = factories.in_stage2(world)
    client = client_of(application)
    with clock.at(world.moments["stage2"]):
        page = client.get("/my/streams/add/gamma/").content.decode()
        refused = client.post("/my/streams/add/gamma/")
        too_late = client.post("/my/tracks/theory/add/", {"stream": "gamma"})

    assert "In the Theory track, which you did not choose." in page
    assert "Add the Theory track" not in page
    assert refused.status_code == too_late.status_code == 409
    assert "which you did not choose" in refused.content.decode()


def test_a_submitted_application_is_reopened_first(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        choice = stream_choice(application, world.streams["gamma"])
        with pytest.raises(Refused, match="Reopen it"):
            add_track(application=application, track=world.tracks["theory"], by=application.person)
    assert not choice.tracks
    assert "Reopen your application" in choice.reason


@pytest.mark.requirement(6)
@pytest.mark.requirement(82)
@pytest.mark.parametrize("in_person", [InPerson.DEFAULT, InPerson.REQUIRED])
def test_a_place_where_one_cannot_be_warns_and_does_not_stop(world: World, in_person: str) -> None:
    application = factories.in_stage2(world)
    Stream.objects.filter(slug="beta").update(in_person=in_person)
    says_places(application, "remote")
    client = client_of(application)
    with clock.at(world.moments["stage2"]):
        page = client.get("/my/streams/add/beta/").content.decode()
        assert "You said that you can take part only remotely." in page
        assert client.post("/my/streams/add/beta/").status_code == 302
        for address in ("/my/streams/", "/my/streams/beta/"):
            assert "You said that you can take part only remotely." in client.get(address).content.decode()
    assert application.stream_applications.filter(stream__slug="beta").exists()


@pytest.mark.requirement(6)
@pytest.mark.parametrize(
    ("in_person", "places", "warns"),
    [
        (InPerson.REQUIRED, ["berkeley"], False),
        (InPerson.REQUIRED, ["london"], True),
        (InPerson.REQUIRED, [], False),
        (InPerson.PREFERRED, ["remote"], False),
        (InPerson.NONE, ["remote"], False),
    ],
)
def test_the_place_is_compared_with_what_was_said(world: World, in_person: str, places: list, warns: bool) -> None:
    stream = Stream.objects.select_related("site").get(slug="beta")
    stream.in_person = in_person
    assert bool(place_warning(stream, places)) is warns


@pytest.mark.requirement(65)
@pytest.mark.requirement(79)
@pytest.mark.requirement(94)
def test_sensitivity_agreement_and_not_a_fit_are_told_before_and_stop_nobody(world: World) -> None:
    application = factories.in_stage2(world)
    stream = world.streams["beta"]
    Stream.objects.filter(pk=stream.pk).update(data_sensitivity=DataSensitivity.PARTNER)
    Requirement.objects.create(stream=stream, kind=RequirementKind.NOT_A_FIT, text="People who dislike logs", order=99)
    client = client_of(application)
    with clock.at(world.moments["stage2"]):
        page = unescape(client.get("/my/streams/add/beta/").content.decode())
        added = client.post("/my/streams/add/beta/")
    for words in ("before you submit, and sign it", DataSensitivity.PARTNER.label, "People who dislike logs"):
        assert str(words) in page
    assert added.status_code == 302


def test_the_effort_is_summed_and_only_told(world: World) -> None:
    application = factories.in_stage2(world)
    world.cycle.effort_budget_minutes = 1
    world.cycle.save()
    application.cycle.refresh_from_db()
    with clock.at(world.moments["stage2"]):
        choice = stream_choice(application, world.streams["alpha"])
    assert choice.is_over
    assert choice.can_add


@pytest.mark.requirement(27)
def test_withdrawing_from_one_stream_leaves_the_others_as_they_are(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    factories.stream_submitted(world, application, "beta")
    client = client_of(application)
    with clock.at(world.moments["stage2"]):
        client.post("/my/streams/alpha/withdraw/")
        states = dict(application.stream_applications.values_list("stream__slug", "released_state"))
        assert states == {"alpha": "withdrawn", "beta": "submitted"}
        client.post("/my/streams/add/alpha/")
    states = dict(application.stream_applications.values_list("stream__slug", "released_state"))
    assert states == {"alpha": "draft", "beta": "submitted"}


def test_ugly_addresses(world: World) -> None:
    application = factories.draft(world)
    client = client_of(application)
    with clock.at(world.moments["open"]):
        assert client.get("/my/streams/add/nothing/").status_code == 404
        assert client.post("/my/tracks/nothing/add/").status_code == 404
        hostile = client.post("/my/tracks/theory/add/", {"stream": "\x00" * 500})
        assert hostile.status_code == 302
        assert Client().get("/my/streams/add/alpha/").status_code == 302
        client.force_login(world.people["third applicant"])
        assert client.get("/my/streams/add/alpha/").status_code == 302, "nobody without an application gets an error"


def test_the_page_costs_the_same_for_one_stream_and_for_three(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))

    def cost() -> int:
        with clock.at(world.moments["stage2"]), CaptureQueriesContext(connection) as queries:
            stream_choice(application, Stream.objects.get(slug="beta"))
        return len(queries)

    factories.stream_draft(world, application, "alpha")
    one = cost()
    factories.stream_draft(world, application, "gamma")
    assert cost() == one


def test_only_what_the_stream_and_the_chosen_areas_look_for_is_shown(world: World) -> None:
    application = factories.in_stage2(world)
    beta = world.streams["beta"]
    areas = {area.code: area for area in beta.areas.all()}
    kinds = {"all": None, "north": areas["north"], "south": areas["south"]}
    for order, (words, area) in enumerate(kinds.items(), 1):
        for number, kind in enumerate((RequirementKind.ESSENTIAL, RequirementKind.NOT_A_FIT)):
            text = f"{kind} of {words}"
            Requirement.objects.create(stream=beta, area=area, kind=kind, text=text, order=order * 10 + number)
    client = client_of(application)
    with clock.at(world.moments["stage2"]):
        client.post("/my/streams/add/beta/")
        before = client.get("/my/streams/beta/").content.decode()
        chosen = {"has-areas": "yes", "areas": [areas["south"].public_id]}
        client.post("/my/streams/beta/", chosen)
        after = client.get("/my/streams/beta/").content.decode()

    assert [words for words in kinds if f"essential of {words}" in before] == ["all"]
    assert [words for words in kinds if f"essential of {words}" in after] == ["all", "south"]
    assert [words for words in kinds if f"not_a_fit of {words}" in after] == ["all", "south"]

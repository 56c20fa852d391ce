"""A person's own list of streams: theirs alone, kept once, offered again after the sign-in."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from streams.models import SavedStream
from streams.states import StreamState
from tests.worlds import MOMENTS, World, small_world


@pytest.fixture
def world(db) -> World:
    return small_world()


def client_of(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def test_a_stream_is_saved_once_and_taken_off_again(world):
    client = client_of(world, "applicant")
    with clock.at(MOMENTS["open"]):
        assert "Save this stream" in client.get("/streams/alpha/save/").content.decode()
        for _ in range(2):
            page = client.post("/streams/alpha/save/", {"act": "keep"}, follow=True).content.decode()
        assert world.streams["alpha"].title in page
        assert "Take it off my list" in client.get("/streams/alpha/save/").content.decode()
        assert SavedStream.objects.count() == 1
        for _ in range(2):
            page = client.post("/streams/alpha/save/", {"act": "drop"}, follow=True).content.decode()
    assert "You have saved no stream yet" in page
    assert not SavedStream.objects.exists()


def test_whoever_is_not_signed_in_finds_the_offer_after_the_sign_in(world):
    response = Client().get("/streams/alpha/save/")
    assert response.status_code == 302
    assert "next=/streams/alpha/save/" in response.headers["Location"]
    assert Client().post("/streams/alpha/save/").status_code == 302
    assert not SavedStream.objects.exists()


def test_the_list_is_its_persons_alone(world):
    with clock.at(MOMENTS["open"]):
        client_of(world, "applicant").post("/streams/alpha/save/")
        for other in ("other applicant", "staff a", "alpha mentor"):
            assert world.streams["alpha"].title not in client_of(world, other).get("/streams/saved/").content.decode()


def test_a_stream_that_is_no_longer_public_is_not_shown_and_cannot_be_saved(world):
    client = client_of(world, "applicant")
    with clock.at(MOMENTS["open"]):
        client.post("/streams/alpha/save/")
        type(world.streams["alpha"]).objects.filter(slug="alpha").update(state=StreamState.DRAFT)
        assert client.post("/streams/alpha/save/").status_code == 404
        assert "You have saved no stream yet" in client.get("/streams/saved/").content.decode()
        assert client.get("/streams/nothing/save/").status_code == 404


def test_the_list_costs_the_same_for_one_and_for_three(world):
    client = client_of(world, "applicant")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/streams/saved/")
        return len(queries)

    with clock.at(MOMENTS["open"]):
        client.post("/streams/alpha/save/")
        cost()
        one = cost()
        for slug in ("beta", "gamma"):
            client.post(f"/streams/{slug}/save/")
        cost()  # shows what the posts had to say
        assert cost() == one <= 14


def test_a_card_of_the_catalogue_saves_and_leads_back_to_the_same_filter(world):
    client = client_of(world, "applicant")
    with clock.at(MOMENTS["open"]):
        page = client.get("/streams/?track=empirical").content.decode()
        assert 'form="keep" name="keep" type="submit" value="alpha"' in page
        response = client.post("/streams/saved/", {"keep": "alpha", "query": "track=empirical"})
        assert response.headers["Location"] == "/streams/?track=empirical"
        assert 'name="drop" type="submit" value="alpha"' in client.get("/streams/").content.decode()
        client.post("/streams/saved/", {"drop": "alpha"})
        assert not SavedStream.objects.exists()
        assert 'name="drop"' not in client_of(world, "other applicant").get("/streams/").content.decode()
        visitor = Client().get("/streams/").content.decode()
    assert 'href="/streams/alpha/save/"' in visitor
    assert 'form="keep"' not in visitor


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        ({}, 404),
        ({"keep": "nothing"}, 404),
        ({"keep": "\x00" * 300}, 404),
        ({"keep": "alpha", "query": "a\r\nX: y"}, 302),
    ],
)
def test_hostile_saves(world, posted, status):
    response = client_of(world, "applicant").post("/streams/saved/", posted)
    assert response.status_code == status
    assert response.headers.get("X") is None


def test_the_catalogue_of_somebody_signed_in_costs_the_same_with_one_saved_and_with_three(world):
    client = client_of(world, "applicant")

    def cost():
        with clock.at(MOMENTS["open"]), CaptureQueriesContext(connection) as queries:
            client.get("/streams/")
        return len(queries)

    cost()
    SavedStream.objects.create(person=world.people["applicant"], stream=world.streams["alpha"])
    one = cost()
    for slug in ("beta", "gamma"):
        SavedStream.objects.create(person=world.people["applicant"], stream=world.streams[slug])
    assert cost() == one

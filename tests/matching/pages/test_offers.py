"""Pages of offers: reading never acts, and nobody finds another person's."""

from http import HTTPStatus

import pytest

from core import clock
from core.models import AuditEvent
from matching.models import Offer
from matching.states import OfferState
from tests.matching.pages.visits import client_of
from tests.matching.scenes import computed, offer_of, offered_scene, ranked_scene

pytestmark = pytest.mark.django_db


def test_reading_the_accept_page_twenty_times_accepts_nothing():
    scene, _run = offered_scene()
    offer, client = offer_of(scene, "ada"), client_of(scene, "ada")
    with clock.at(scene.world.moments["offers"]):
        before = AuditEvent.objects.count()
        for path in ("accept/", "decline/", ""):
            for _ in range(20):
                assert client.get(f"{offer.get_absolute_url()}{path}").status_code == HTTPStatus.OK
        unticked = client.post(f"{offer.get_absolute_url()}accept/")

    assert unticked.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (offer_of(scene, "ada").state, AuditEvent.objects.count()) == (OfferState.SENT, before)


def test_accept_twice_says_when_and_changes_nothing():
    scene, _run = offered_scene()
    offer, client = offer_of(scene, "ada"), client_of(scene, "ada")
    with clock.at(scene.world.moments["offers"]):
        first = client.post(f"{offer.get_absolute_url()}accept/", {"agreed": "on"})
        second = client.post(f"{offer.get_absolute_url()}accept/", {"agreed": "on"})

    assert first.headers["Location"] == offer.get_absolute_url()
    assert second.status_code == HTTPStatus.CONFLICT
    assert "You accepted Stream Alpha on Fri 31 July 2026, 12:00 UTC. Nothing was changed." in second.content.decode()


def test_decline_keeps_the_reason():
    scene, _run = offered_scene()
    offer, client = offer_of(scene, "ada"), client_of(scene, "ada")
    with clock.at(scene.world.moments["offers"]):
        response = client.post(f"{offer.get_absolute_url()}decline/", {"reason": "Another plan."})
        page = client.get(offer.get_absolute_url()).content.decode()

    assert response.headers["Location"] == "/my/offers/"
    assert "Declined by you" in page
    assert "Another plan." in page


@pytest.mark.parametrize("who", ["ben", "fay", "alpha mentor", "staff a"])
def test_somebody_elses_offer_is_not_found(who):
    scene, _run = offered_scene()
    url = offer_of(scene, "ada").get_absolute_url()
    client = client_of(scene, who)
    with clock.at(scene.world.moments["offers"]):
        found = [
            client.get(url).status_code,
            client.post(f"{url}accept/", {"agreed": "on"}).status_code,
            client.post(f"{url}decline/").status_code,
        ]

    assert found == [HTTPStatus.NOT_FOUND] * 3
    assert offer_of(scene, "ada").state == OfferState.SENT


@pytest.mark.requirement(21)
def test_drafted_offer_is_invisible_to_its_person():
    scene = ranked_scene()
    client = client_of(scene, "ada")
    with clock.at(scene.world.moments["matching"]):
        before = client.get("/my/offers/").content.decode()
        run = computed(scene)
        client_of(scene, "staff b").post(f"{run.get_absolute_url()}approve/")
        assert offer_of(scene, "ada").state == OfferState.DRAFT
        assert client.get(offer_of(scene, "ada").get_absolute_url()).status_code == 404
        after = client.get("/my/offers/").content.decode()

    assert "Stream Alpha" not in after
    assert len(after) == len(before)


def test_release_page_shows_who_gets_what_and_sends_nothing():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        client = client_of(scene, "staff b")
        client.post(f"{run.get_absolute_url()}approve/")
        body = client.get(f"{run.get_absolute_url()}release/").content.decode()

    assert "Send 5 offers" in body
    assert scene.user("ada").email in body
    assert "Subject: An offer from MATS" in body
    assert not Offer.objects.exclude(state=OfferState.DRAFT).exists()


def test_board_filters_by_a_known_state_and_names_an_unknown_one():
    scene, _run = offered_scene()
    client = client_of(scene, "staff a")
    with clock.at(scene.world.moments["offers"]):
        client_of(scene, "ada").post(f"{offer_of(scene, 'ada').get_absolute_url()}accept/", {"agreed": "on"})
        accepted = client.get("/console/offers/?state=accepted").content.decode()
        unknown = client.get("/console/offers/?state=%3Cb%3E").content.decode()

    assert "Ada" in accepted
    assert "Ben" not in accepted
    assert "There is no state called “&lt;b&gt;”." in unknown
    assert "Ben" in unknown

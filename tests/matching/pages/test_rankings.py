"""A stream's rank order list and the people on it: by whom it is changed and read."""

from http import HTTPStatus

import pytest
from django.urls import reverse

from core import clock
from matching.models import RankOrderList
from matching.queries.rankings import tiers_of
from tests.matching.pages.visits import client_of, ranking_url
from tests.matching.scenes import ranking_scene

pytestmark = pytest.mark.django_db


def test_ranking_works_by_plain_buttons_to_the_submission():
    scene = ranking_scene()
    client, url = client_of(scene, "alpha mentor"), ranking_url(scene, "alpha")
    ada, ben = (scene.wish(name, "alpha").public_id for name in ("ada", "ben"))
    with clock.at(scene.world.moments["ranking"]):
        client.get(url)
        assert not RankOrderList.objects.exists()
        client.post(url, {"move": f"{ada}:on", f"tier-{ada}": "1", "version": "0"})
        client.post(url, {"move": f"{ben}:on", f"tier-{ben}": "2", "order": [f"1:{ada}"], "version": "1"})
        client.post(url, {"move": f"{ben}:up", "order": [f"1:{ada}", f"2:{ben}"], "version": "2"})
        submitted = client.post(f"{url}submit/", {"version": "3"})
        page = client.get(url).content.decode()

    assert tiers_of(RankOrderList.objects.get()) == ([[ada, ben]], [])
    assert submitted.status_code == HTTPStatus.FOUND
    assert "Take the ranking back" in page
    assert 'name="move"' not in page


def test_second_mentor_with_an_old_list_sees_both_and_nothing_is_lost():
    scene = ranking_scene()
    client, url = client_of(scene, "alpha mentor"), ranking_url(scene, "alpha")
    ada, ben = (scene.wish(name, "alpha").public_id for name in ("ada", "ben"))
    with clock.at(scene.world.moments["ranking"]):
        client.post(url, {"move": f"{ada}:on", "version": "0"})
        stale = client.post(url, {"move": f"{ben}:on", "version": "0"})

    assert stale.status_code == HTTPStatus.CONFLICT
    assert "Stored list" in stale.content.decode()
    assert f'value="1:{ben}"' in stale.content.decode()
    assert tiers_of(RankOrderList.objects.get()) == ([[ada]], [])


def test_mentor_of_another_stream_finds_nothing():
    scene = ranking_scene()
    client = client_of(scene, "gamma mentor")
    alpha, person = scene.world.streams["alpha"].public_id, scene.wish("ada", "alpha").public_id
    with clock.at(scene.world.moments["ranking"]):
        paths = [ranking_url(scene, "alpha"), f"/mentor/{alpha}/people/{person}/"]
        acts = [f"{ranking_url(scene, 'alpha')}{act}/" for act in ("submit", "take-back", "if-late")]
        found = [client.get(path).status_code for path in paths] + [client.post(path).status_code for path in acts]

    assert found == [HTTPStatus.NOT_FOUND] * 5


def test_person_under_another_streams_address_is_not_found():
    scene = ranking_scene()
    client, person = client_of(scene, "alpha mentor"), scene.wish("ada", "alpha").public_id
    with clock.at(scene.world.moments["ranking"]):
        assert client.get(f"/mentor/{scene.world.streams['beta'].public_id}/people/{person}/").status_code == 404
        assert client.get(f"/mentor/{scene.world.streams['alpha'].public_id}/people/{person}/").status_code == 200


def test_mentor_reads_general_and_own_streams_answers_and_no_other():
    scene = ranking_scene()
    person = scene.wish("ada", "alpha")
    url = reverse("matching:person", args=[scene.world.streams["alpha"].public_id, person.public_id])
    with clock.at(scene.world.moments["ranking"]):
        body = client_of(scene, "alpha mentor").get(url).content.decode()

    assert "general words of Ada" in body
    assert "alpha words of Ada" in body
    assert "beta words of Ada" not in body
    assert "Stream Beta" not in body


@pytest.mark.requirement(20)
def test_applications_reach_mentors_only_after_the_review():
    scene = ranking_scene()
    person = scene.wish("ada", "alpha")
    type(person).objects.filter(pk=person.pk).update(internal_state="submitted", released_state="submitted")
    url = reverse("matching:person", args=[scene.world.streams["alpha"].public_id, person.public_id])
    with clock.at(scene.world.moments["ranking"]):
        client = client_of(scene, "alpha mentor")
        assert client.get(url).status_code == 404
        assert "Ada" not in client.get(ranking_url(scene, "alpha")).content.decode()

"""The page on which a person orders their streams."""

from http import HTTPStatus

import pytest

from core import clock
from matching.models import PreferenceList
from tests.matching.pages.visits import client_of
from tests.matching.scenes import ranked_scene, ranking_scene

pytestmark = pytest.mark.django_db


def test_order_page_reads_without_writing_and_moves_by_a_plain_button():
    scene = ranking_scene()
    client, beta = client_of(scene, "ada"), scene.wish("ada", "beta").public_id
    with clock.at(scene.world.moments["ranking"]):
        page = client.get("/my/preferences/").content.decode()
        assert not PreferenceList.objects.exists()
        moved = client.post("/my/preferences/", {"move": f"{beta}:up", "version": "0"})
        after = client.get("/my/preferences/").content.decode()

    assert "Your true order is safe" in page
    assert page.index("Stream Alpha") < page.index("Stream Beta")
    assert (moved.status_code, moved.headers["Location"]) == (HTTPStatus.FOUND, "/my/preferences/")
    assert after.index("Stream Beta") < after.index("Stream Alpha")


def test_htmx_move_answers_the_list_with_its_new_version_and_what_happened():
    scene = ranking_scene()
    client, beta = client_of(scene, "ada"), scene.wish("ada", "beta").public_id
    with clock.at(scene.world.moments["ranking"]):
        response = client.post(
            "/my/preferences/", {"move": f"{beta}:up", "version": "0"}, headers={"HX-Request": "true"}
        )

    body = response.content.decode()
    assert "<html" not in body
    assert "Stream Beta is now 1 of 2." in body
    assert body.count('name="version" value="1"') == 2  # the list's and the confirmation's
    assert "HX-Request" in response.headers["Vary"]


def test_stale_window_is_shown_both_orders_and_can_use_its_own():
    scene = ranking_scene()
    client = client_of(scene, "ada")
    alpha, beta = (scene.wish("ada", stream).public_id for stream in ("alpha", "beta"))
    with clock.at(scene.world.moments["ranking"]):
        client.post("/my/preferences/", {"move": f"{beta}:up", "version": "0"})
        stale = client.post("/my/preferences/", {"move": f"{beta}:off", "version": "0", "order": [alpha, beta]})
        body = stale.content.decode()
        used = client.post("/my/preferences/", {"move": "use", "version": "1", "order": [alpha], "below": [beta]})
        page = client.get("/my/preferences/").content.decode()

    assert stale.status_code == HTTPStatus.CONFLICT
    assert "Stored order" in body
    assert "Order in this window" in body
    assert used.status_code == HTTPStatus.FOUND
    assert page.index("Stream Alpha") < page.index("I would not accept") < page.index("Stream Beta")


def test_order_page_after_the_lock_has_no_buttons():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        response = client_of(scene, "ada").get("/my/preferences/")
        refused = client_of(scene, "ada").post("/my/preferences/confirm/", {"version": "0"})

    assert 'name="move"' not in response.content.decode()
    assert refused.status_code == HTTPStatus.CONFLICT


def test_true_order_sentence_belongs_to_the_match_mode():
    scene = ranking_scene()
    type(scene.world.cycle).objects.update(offer_mode="rounds")
    with clock.at(scene.world.moments["ranking"]):
        body = client_of(scene, "ada").get("/my/preferences/").content.decode()

    assert "true order is safe" not in body
    assert "Staff use it when several streams want you." in body

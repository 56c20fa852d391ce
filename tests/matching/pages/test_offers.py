"""Pages of lists, runs and offers: what they show, to whom, and that reading never acts."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.models import AuditEvent
from matching.models import MatchRun, Offer, PreferenceList, RankOrderList
from matching.queries.rankings import tiers_of
from matching.states import OfferState
from tests.matching.scenes import Scene, computed, offer_of, offered_scene, prefer, rank, ranked_scene, ranking_scene

pytestmark = pytest.mark.django_db


def client_of(scene: Scene, name: str, **extra: Any) -> Client:
    client = Client(**extra)
    client.force_login(scene.user(name))
    return client


def body_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


def ranking_url(scene: Scene, stream: str) -> str:
    return reverse("matching:ranking", args=[scene.world.streams[stream].public_id])


# --- Order of streams -----------------------------------------------------------------------------------------------


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


# --- Rank order lists -----------------------------------------------------------------------------------------------


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


SECRETS = {
    "an applicant's order": ("alpha mentor", lambda scene: prefer(scene, "ada", ["beta"], below=["alpha"])),
    "another stream's list": ("gamma mentor", lambda scene: rank(scene, "alpha", [["cleo"], ["ada"]])),
    "a stream's list, from its applicant": ("ada", lambda scene: rank(scene, "alpha", [["cleo"], ["ada"]])),
}


def seen(scene: Scene, name: str) -> dict[str, tuple[int, str]]:
    """Return what a person sees on every page they may try, without the parts that differ each time."""
    paths = ["/my/preferences/", "/my/offers/", "/mentor/", "/how-matching-works/"]
    paths += [ranking_url(scene, stream) for stream in scene.world.streams]
    paths += [
        reverse("matching:person", args=[row.stream.public_id, row.public_id])
        for one in scene.finalists.values()
        for row in one.stream_applications.select_related("stream").order_by("pk")
    ]
    client, found = client_of(scene, name), {}
    for path in paths:
        response = client.get(path)
        lines = [
            line
            for line in response.content.decode().splitlines()
            if "csrfmiddlewaretoken" not in line and response.get("X-Request-ID", "-") not in line
        ]
        found[path] = (response.status_code, "\n".join(lines))
    return found


@pytest.mark.parametrize("secret", SECRETS)
def test_two_worlds_look_the_same_to_who_may_not_know(secret):
    who, change = SECRETS[secret]
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]):
        before = seen(scene, who)
        change(scene)
        after = seen(scene, who)

    assert sum(status == HTTPStatus.OK for status, _body in before.values()) >= 3
    assert after == before


def test_control_the_same_changes_show_to_who_may_know():
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]):
        applicant, mentor = seen(scene, "ada"), seen(scene, "alpha mentor")
        prefer(scene, "ada", ["beta"], below=["alpha"])
        rank(scene, "alpha", [["cleo"], ["ada"]])

        assert seen(scene, "ada") != applicant
        assert seen(scene, "alpha mentor") != mentor


# --- Runs -----------------------------------------------------------------------------------------------------------


def test_staff_configure_look_approve_and_release():
    scene = ranked_scene()
    one, two = client_of(scene, "staff a"), client_of(scene, "staff b")
    with clock.at(scene.world.moments["matching"]):
        assert one.get("/console/match/new/").status_code == HTTPStatus.OK
        assert one.post("/console/match/new/", {"seed": ""}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        run = computed(scene)
        page = two.get(run.get_absolute_url()).content.decode()
        own = one.post(f"{run.get_absolute_url()}approve/")
        approved = two.post(f"{run.get_absolute_url()}approve/")
        released = one.post(f"{run.get_absolute_url()}release/")

    assert "No blocking pair" in page
    assert "A second run gave the same result, byte for byte" in page
    assert own.status_code == HTTPStatus.CONFLICT
    assert approved.headers["Location"] == f"{run.get_absolute_url()}release/"
    assert released.headers["Location"] == "/console/offers/"
    assert Offer.objects.filter(state=OfferState.SENT).count() == 5


def test_run_page_says_that_changed_inputs_block_the_approval():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        type(scene.world.streams["gamma"]).objects.filter(slug="gamma").update(seats_granted=3)
        body = client_of(scene, "staff b").get(run.get_absolute_url()).content.decode()

    assert "This run can be read, not approved." in body
    assert "Look at what an approval does" not in body


def test_plot_is_an_image_with_its_numbers_beside_it():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        client = client_of(scene, "observer")
        plot = client.get(f"{run.get_absolute_url()}profile.svg")
        page = client.get(run.get_absolute_url()).content.decode()

    assert plot.headers["Content-Type"] == "image/svg+xml"
    assert ">5</text>" in plot.content.decode()
    assert "<script" not in plot.content.decode()
    assert "choice 1 5" in page


def test_observer_reads_totals_and_no_names():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        client = client_of(scene, "observer")
        page = client.get(run.get_absolute_url()).content.decode()
        why = client.get(reverse("matching:run_person", args=[run.public_id, scene.finalists["fay"].public_id]))

    assert not any(one.reference in page or one.public_id in page for one in scene.finalists.values())
    assert not re.search("<bdi>(Ada|Ben|Cleo|Dan|Eve|Fay)</bdi>", page)
    assert why.status_code == HTTPStatus.FORBIDDEN


def test_why_names_the_reason_for_each_stream_of_the_list():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        url = reverse("matching:run_person", args=[run.public_id, scene.finalists["fay"].public_id])
        body = client_of(scene, "staff a").get(url).content.decode()

    assert "No place in this run." in body
    assert body.index("1. Stream Alpha") < body.index("2. Stream Gamma")
    assert body.count("places went to other people on its rank order list") == 2
    assert "Older engine" not in body


def test_method_page_opens_the_seed_only_with_the_offers():
    scene, anybody = ranked_scene(), Client()
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene, "kept until the offers are out")
        before = anybody.get("/how-matching-works/").content.decode()
        client_of(scene, "staff b").post(f"{run.get_absolute_url()}approve/")
        approved = anybody.get("/how-matching-works/").content.decode()
        client_of(scene, "staff a").post(f"{run.get_absolute_url()}release/")
        released = anybody.get("/how-matching-works/").content.decode()

    for page in (before, approved):
        assert run.seed not in page
        assert run.result_sha256 not in page
    assert run.seed in released
    assert run.result_sha256 in released
    assert "fewer than 10" in released


# --- Offers ---------------------------------------------------------------------------------------------------------


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


LISTS = {
    "the board of offers": ("staff a", "/console/offers/"),
    "a run": ("staff a", "{run}"),
    "the runs": ("staff a", "/console/match/"),
    "a mentor's home": ("gamma mentor", "/mentor/"),
    "a rank order list": ("gamma mentor", "{ranking}"),
}


def cost_of(name: str, extra: int) -> int:
    """Return how many queries a page takes in a world that is gone afterwards."""
    who, address = LISTS[name]
    with transaction.atomic():
        scene, run = offered_scene(extra)
        url = address.format(run=run.get_absolute_url(), ranking=ranking_url(scene, "gamma"))
        client = client_of(scene, who)
        with clock.at(scene.world.moments["offers"]):
            client.get(url)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == HTTPStatus.OK
        transaction.set_rollback(True)
    return len(asked)


@pytest.mark.parametrize("name", LISTS)
def test_list_costs_the_same_for_few_and_many_rows(name):
    assert cost_of(name, extra=0) == cost_of(name, extra=9) <= 40


def test_extra_people_really_make_more_rows():
    scene, _run = offered_scene(9)

    assert MatchRun.objects.get().certificate["rank_profile"]["unmatched"] == 10
    assert scene.world.streams["gamma"].stream_applications.count() == 12

"""Pages of runs and of the method: what they show, to whom, and when."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from matching.models import Offer
from matching.states import OfferState
from tests.matching.pages.visits import client_of
from tests.matching.scenes import computed, ranked_scene

pytestmark = pytest.mark.django_db


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

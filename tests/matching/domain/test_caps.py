"""Limits over several streams: of the cohort, of tracks, of sites."""

from collections import Counter

import pytest

from core import clock
from matching.domain.runs import approve_run
from matching.queries.caps import caps_of
from matching.queries.runs import inputs_of
from streams.models import Site, Stream, StreamTrack, Track
from streams.states import CapsBy
from tests.matching.scenes import Scene, computed, ranked_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return ranked_scene()


@pytest.fixture(autouse=True)
def _at_the_match(scene):
    with clock.at(scene.world.moments["matching"]):
        yield


def taken(scene: Scene, run) -> Counter[str]:
    """Count the places that a run gives, by the slug of the stream."""
    slugs = {stream.public_id: slug for slug, stream in scene.world.streams.items()}
    return Counter(slugs[stream] for stream in run.result["matching"].values() if stream)


def at_one_site(scene: Scene, seats: int | None, *slugs: str) -> None:
    """Put streams at a site with so many seats and let the cycle be limited by sites."""
    site = Site.objects.create(slug="attic", name="Attic", city="Oslo", timezone="Europe/Oslo", seats=seats)
    Stream.objects.filter(slug__in=slugs).update(site=site)
    cycle = scene.world.cycle
    cycle.caps_by = CapsBy.SITE
    cycle.save()


@pytest.mark.parametrize("seats", [1, 2])
def test_a_site_with_few_seats_limits_its_streams_together(scene, seats):
    at_one_site(scene, seats, "alpha", "beta")

    run = computed(scene)

    found = taken(scene, run)
    assert found["alpha"] + found["beta"] == seats
    assert found["gamma"] == 2, "a stream elsewhere is not touched"
    assert (run.certificate["feasible"], run.certificate["stable"]) == (True, True)


def test_pairs_that_a_limit_keeps_apart_are_counted_on_the_page_of_the_run(scene, client):
    at_one_site(scene, 1, "alpha", "beta")
    run = computed(scene)
    client.force_login(scene.world.people["staff a"])

    assert run.certificate["excused_pairs"]
    shown = client.get(f"/console/match/{run.public_id}/").content.decode()
    assert "kept apart by a full limit" in shown


def test_control_without_the_setting_seats_of_a_site_limit_nothing(scene):
    at_one_site(scene, 1, "alpha", "beta")
    scene.world.cycle.caps_by = CapsBy.NOTHING
    scene.world.cycle.save()

    assert taken(scene, computed(scene)) == {"alpha": 2, "beta": 1, "gamma": 2}
    assert "tracks" not in inputs_of(scene.world.cycle)


def test_a_site_without_a_number_of_seats_limits_nothing(scene):
    at_one_site(scene, None, "alpha", "beta")

    assert taken(scene, computed(scene)) == {"alpha": 2, "beta": 1, "gamma": 2}


def test_a_stream_counts_in_its_primary_track_only(scene):
    first, second = Track.objects.filter(cycle=scene.world.cycle).order_by("pk")[:2]
    StreamTrack.objects.all().delete()
    for slug, primary in {"alpha": first, "beta": first, "gamma": second}.items():
        for track in (first, second):
            StreamTrack.objects.create(stream=scene.world.streams[slug], track=track, primary=track == primary)
    Track.objects.filter(pk=first.pk).update(place_cap=1)
    scene.world.cycle.caps_by = CapsBy.TRACK
    scene.world.cycle.save()

    found = taken(scene, computed(scene))

    assert found["alpha"] + found["beta"] == 1
    assert found["gamma"] == 2


def test_places_held_already_count_against_the_limit(scene):
    run = computed(scene)
    approve_run(run=run, by=scene.world.people["staff b"])
    at_one_site(scene, 4, "alpha", "beta")

    (cap,) = caps_of(scene.world.cycle)

    assert (cap.name, cap.places, cap.held, cap.free) == ("Attic", 4, 3, 1)


def test_the_limit_stands_on_the_page_of_a_new_run_and_of_the_method(scene, client):
    at_one_site(scene, 2, "alpha", "beta")
    client.force_login(scene.world.people["staff a"])

    assert "2 of 2 places over 2 streams" in client.get("/console/match/new/").content.decode()
    assert "the limit on a site" in client.get("/how-matching-works/").content.decode()

"""Lists of the match cost the same for few rows and for many."""

from http import HTTPStatus

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from matching.models import MatchRun
from tests.matching.pages.visits import client_of, ranking_url
from tests.matching.scenes import offered_scene

pytestmark = pytest.mark.django_db


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

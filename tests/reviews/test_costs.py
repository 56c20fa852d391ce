"""One row costs what many rows cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from reviews.models import DecisionBatch
from tests.reviews import factories
from tests.worlds import World, person


def cost(world: World, who: str, url: str) -> int:
    """Return how many queries a page takes, the sign-in and the first filling of caches left out."""
    client = Client()
    client.force_login(world.people[who])
    with clock.at(world.moments["review"]):
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(url)
    assert answer.status_code == 200
    return len(queries)


PAGES = [
    ("reviewer a", "/review/", 22),
    ("reviewer a", "/review/done/", 22),
    ("empirical lead", "/lead/", 18),
    ("staff a", "/console/assignments/", 26),
    ("staff a", "/console/decisions/", 12),
    ("staff a", "/console/decisions/new/", 14),
    ("applicant", "/my/result/", 14),
]


@pytest.mark.parametrize(("who", "url", "most"), PAGES)
def test_page_costs_the_same_for_one_and_for_five(world: World, who: str, url: str, most: int) -> None:
    for name in ("reviewer c",):
        world.people[name].grants.update(revoked_at=world.moments["open"])
    factories.read_cohort(world, {"applicant": (4, 4)})
    one = cost(world, who, url)

    factories.read_cohort(world, {f"person {n}": (4, 2) for n in range(4)})

    assert cost(world, who, url) == one <= most


def test_batch_costs_the_same_for_one_and_for_five_lines(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    one = cost(world, "staff b", f"/console/decisions/{batch.public_id}/")
    DecisionBatch.objects.all().delete()
    factories.read_cohort(world, {f"person {n}": (4, 2) for n in range(4)})
    batch = factories.review_batch(world)

    assert batch.decisions.count() == 5
    assert cost(world, "staff b", f"/console/decisions/{batch.public_id}/") == one <= 22


def test_list_of_batches_costs_the_same_for_one_and_for_three(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    factories.review_batch(world)
    one = cost(world, "staff b", "/console/decisions/")
    first = DecisionBatch.objects.get()
    for n in range(2):
        DecisionBatch.objects.create(
            cycle=first.cycle, track=first.track, gate="review", maker=person(f"maker {n}"), state="discarded"
        )

    assert cost(world, "staff b", "/console/decisions/") == one

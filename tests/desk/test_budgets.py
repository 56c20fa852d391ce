"""No page asks the database more often than the budget of its group allows. ``make pages`` prints the same table."""

import pytest
from django.db import transaction

from benchmarks.weights import weights_of_the_catalogue, weights_of_the_world

#: Pages that are over their budget, with the most they may take. A line goes when its page keeps the budget.
KNOWN = {
    "console/assignments/": 18,
    "console/people/<str:application>/": 18,
    "mentor/<str:stream>/people/<str:person>/": 16,
    "my/application/<slug:section>/": 11,
    "my/data/": 16,
    "my/streams/<slug:slug>/versions/": 11,
    "my/streams/add/<slug:slug>/": 22,
    "my/tasks/<str:task>/": 11,
}


@pytest.mark.parametrize("world", [weights_of_the_catalogue, weights_of_the_world])
def test_pages_keep_their_budget_of_queries(db, world):
    with transaction.atomic():
        pages = list(world())
        transaction.set_rollback(True)

    over = {page.route: page.queries for page in pages if page.queries > page.budget.queries}
    assert len(pages) >= 10
    assert {route: n for route, n in over.items() if n > KNOWN.get(route, 0)} == {}


def test_page_over_its_budget_is_found(db, monkeypatch):
    import benchmarks.weights as weights  # noqa: PLC0415 -- to change one of its names

    monkeypatch.setattr(weights, "GROUPS", [(r"", weights.Budget("nothing allowed", 0, 0, 0, 0))])
    with transaction.atomic():
        found = next(weights.weights_of_the_catalogue())
        transaction.set_rollback(True)

    assert {reason.split()[0] for reason in found.excess} == {"HTML", "total", "requests", "queries"}

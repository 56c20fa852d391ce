"""The public site before there is a cycle. A module of its own: the others import the catalogue for all their tests."""

import pytest

from streams.models import Cycle
from tests.streams.test_pages import PAGES


@pytest.mark.parametrize("address", [*PAGES, "/how-it-works/"])
def test_pages_work_without_any_cycle(db, client, address):
    assert not Cycle.objects.exists()

    response = client.get(address)

    assert response.status_code == 200
    assert response.content.count(b"<h1") == 1


@pytest.mark.parametrize("address", ["/dates.ics", "/tracks/empirical/", "/streams/scenario-lab/"])
def test_what_belongs_to_a_cycle_does_not_exist(db, client, address):
    assert client.get(address).status_code == 404

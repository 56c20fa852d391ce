"""What one reading more would change in a batch: the chances of the agreement page, for the batch's own line."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from core import clock
from mats_portal.desk.agreement import agreement_page
from mats_portal.desk.one_more import one_more_page
from reviews.engine.one_more import NextReading, crossing
from reviews.models import ConflictOfInterest, DecisionBatch
from tests.desk.test_agreement import APART, LINKED, read, reference
from tests.reviews import factories
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle with its rubrics."""
    world = small_world()
    factories.add_rubrics(world)
    return world


def get(world: World, who: str, batch: DecisionBatch, **headers: str):
    client = Client(headers=headers)
    client.force_login(world.people[who])
    with clock.at(world.moments["review"]):
        return client.get(f"/console/decisions/{batch.public_id}/one-more/")


def test_batch_lists_whom_a_reading_may_move_and_says_how_many_in_all(world: World) -> None:
    read(world, LINKED)
    batch = factories.review_batch(world, "3.00")
    staff = world.people["staff a"]

    page = one_more_page(batch, staff, "a batch")

    assert (batch.rule_line, page.why_not, page.n) == (Decimal(3), "", 10)
    told = {one.row.reference: one.chance for one in page.near}
    due = {
        one.row.reference: one.crossing
        for one in agreement_page(world.tracks["empirical"], staff, Decimal(3)).candidates
    }
    assert {name: due[name] for name in told if name in due} == {name: told[name] for name in told if name in due}
    assert told.keys() & due.keys()
    assert [one.chance for one in page.near] == sorted(told.values(), reverse=True)
    assert page.expected >= sum(told.values())
    whole = get(world, "staff a", batch).content.decode()
    part = get(world, "staff a", batch, **{"HX-Request": "true"}).content.decode()
    assert all(name in whole for name in told)
    assert "<html" in whole
    assert part.strip().startswith('<div id="one-more">')
    batch_page = Client()
    batch_page.force_login(staff)
    with clock.at(world.moments["review"]):
        shown = batch_page.get(f"/console/decisions/{batch.public_id}/").content.decode()
    assert re.search(r'id="one-more" hx-get="/console/decisions/[\w-]+/one-more/"', shown)


def test_nothing_is_told_where_reads_do_not_hang_together_or_there_is_no_line(world: World) -> None:
    read(world, APART)
    batch = factories.review_batch(world, "3.00")

    assert "do not hang together" in get(world, "staff a", batch).content.decode()
    batch.rule_line = None
    batch.save()
    assert "has no line" in get(world, "staff a", batch).content.decode()


def test_lines_about_people_in_conflict_are_left_out(world: World) -> None:
    read(world, LINKED)
    batch = factories.review_batch(world, "3.00")
    ConflictOfInterest.objects.create(reviewer=world.people["empirical lead"], person=world.people["ben"], kind="other")

    html = get(world, "empirical lead", batch).content.decode()

    assert reference(world, "ben") not in html
    assert "1 left out" in html
    assert reference(world, "ben") in get(world, "staff a", batch).content.decode()
    assert get(world, "theory lead", batch).status_code == 404


COMING = NextReading(reader_variance=0.25, error_variance=0.36, lowest=1, highest=5)


@pytest.mark.parametrize(
    ("raw", "n_reads", "line", "expected"),
    [
        (4.0, 2, 3.5, 0.0619),  # needs less than 2.5: P(N(4.0, 0.95) < 2.5), by hand from a table
        (3.0, 2, 3.5, 0.0619),  # needs 4.5 from N(3.0, 0.95): the mirror image
        (1.0, 2, 3.5, 0.0),  # 8.5 would be needed: no score is enough
        (5.0, 4, 2.0, 0.0),  # below -10: nothing pulls it down
        (3.5, 2, 3.5, 0.5),  # on the line: any reading below it
    ],
)
def test_chance_by_hand(raw: float, n_reads: int, line: float, expected: float) -> None:
    found = crossing(
        raw=raw, n_reads=n_reads, line=line, adjusted=raw, standard_error=(0.95 - 0.61) ** 0.5, coming=COMING
    )

    assert found == pytest.approx(expected, abs=2e-4)


def test_without_any_doubt_the_adjusted_score_decides() -> None:
    sure = NextReading(0, 0, 1, 5)

    assert crossing(raw=3.4, n_reads=2, line=3.5, adjusted=5, standard_error=0, coming=sure) == 1
    assert crossing(raw=3.4, n_reads=2, line=3.5, adjusted=3, standard_error=0, coming=sure) == 0

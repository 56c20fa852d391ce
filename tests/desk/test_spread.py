"""How scores lie: spread, criteria, drift; nothing of texts that one may not see."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.editions import forget
from mats_portal.desk.plots import histograms, intervals, on_scale
from mats_portal.desk.spread import spread_page
from reviews.models import ConflictOfInterest, ReviewAssignment, ReviewScore
from tests.desk.test_agreement import LINKED, read, reference
from tests.reviews import factories
from tests.worlds import World, small_world

PLOTS = ("means", "criteria", "agreement", "time", "position")


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle with its rubrics."""
    world = small_world()
    factories.add_rubrics(world)
    return world


def score(world: World) -> None:
    """Give every reading levels: motivation as its mean, code unknown, maths one lower."""
    for row in ReviewAssignment.objects.select_related("review", "rubric"):
        mean = int(row.review.mean)
        values = {"motivation": mean, "code": None, "maths": max(mean - 1, 1)}
        ReviewScore.objects.bulk_create(
            ReviewScore(review=row.review, criterion=one, value=values[one.code]) for one in row.rubric.criteria.all()
        )


def get(world: World, who: str, path: str = ""):
    client = Client()
    client.force_login(world.people[who])
    with clock.at(world.moments["review"]):
        return client.get(f"/lead/{world.tracks['empirical'].public_id}/scores/{path}")


def test_means_and_levels_are_counted_and_agreement_is_by_criterion(world: World) -> None:
    read(world, LINKED)
    score(world)

    page = spread_page(world.tracks["empirical"], world.people["empirical lead"])

    # By hand from the pairs of LINKED: 4.5 2.5 3 3 4.5 1.5 3 4 4 3.
    assert {bar.label: bar.n for bar in page.bars if bar.n} == {"1.5": 1, "2.5": 1, "3.0": 4, "4.0": 2, "4.5": 2}
    assert (page.n_reads, page.n_texts, page.n_hidden) == (20, 10, 0)
    motivation, code, maths = page.criteria
    assert [bar.n for bar in motivation.bars] == [1, 4, 6, 6, 3]
    assert (motivation.n, motivation.n_unknown, motivation.mean) == (20, 0, pytest.approx(3.3))
    assert (code.n, code.n_unknown, code.mean, code.alpha) == (0, 20, None, None)
    assert [bar.n for bar in maths.bars] == [5, 6, 6, 3, 0]
    assert motivation.alpha is not None
    assert motivation.alpha.n_texts == 10
    html = get(world, "empirical lead").content.decode()
    assert "1: 1 · 2: 4 · 3: 6 · 4: 6 · 5: 3" in html


def test_hidden_texts_count_nowhere(world: World) -> None:
    """Else the sum less the list on the agreement page would give their scores away."""
    read(world, LINKED)
    score(world)
    lead = world.people["empirical lead"]
    whole = spread_page(world.tracks["empirical"], lead)
    ConflictOfInterest.objects.create(reviewer=world.people["ann"], person=lead, kind="personal")

    page = spread_page(world.tracks["empirical"], lead)

    assert (whole.n_texts, page.n_texts, page.n_hidden) == (10, 9, 1)
    assert {bar.label: bar.n for bar in page.bars if bar.n} == {"1.5": 1, "2.5": 1, "3.0": 4, "4.0": 2, "4.5": 1}
    assert page.criteria[0].n == 18
    assert sum(row.n for row in page.over_time) == 18
    assert reference(world, "ann") not in get(world, "empirical lead").content.decode()


def drifting(world: World, step: int) -> None:
    """Sixteen people, each read by two on one of two days; on the later day every score is ``step`` higher.

    Each reader reads as many on both days; the readers of a pair read on different days.
    """
    pairs = [("reviewer a", "reviewer b"), ("reviewer b", "reviewer c"), ("reviewer c", "reviewer a")]
    late: list[tuple[str, str]] = []
    reads = []
    for number in range(30):
        first, second = pairs[number % 3] if number % 2 else pairs[number % 3][::-1]
        level = 2 + number % 2
        reads += [(f"person {number}", first, level), (f"person {number}", second, level + step)]
        late.append((f"person {number}", second))
    read(world, reads)
    day = world.moments["review"]
    for name, reader in late:
        ReviewAssignment.objects.filter(
            reviewer=world.people[reader], track_application__application__person=world.people[name]
        ).update(submitted_at=day + timedelta(days=3))


def test_drift_between_days_is_seen_and_its_absence_too(world: World) -> None:
    drifting(world, 1)

    page = spread_page(world.tracks["empirical"], world.people["empirical lead"])

    assert page.drifts
    assert page.over_time[0].high is not None
    assert page.over_time[0].high < 0
    assert page.over_time[-1].low is not None
    assert page.over_time[-1].low > 0
    html = get(world, "empirical lead").content.decode()
    assert "leaves zero out" in html


def test_control_no_drift_is_told_where_days_are_alike(world: World) -> None:
    drifting(world, 0)

    page = spread_page(world.tracks["empirical"], world.people["empirical lead"])

    assert page.over_time
    assert page.by_position
    assert not page.drifts


def test_few_reads_show_their_number_and_plots_are_empty_images(world: World) -> None:
    read(world, LINKED[:8])

    assert "8 reads so far" in get(world, "empirical lead").content.decode()
    for plot in PLOTS:
        answer = get(world, "empirical lead", f"{plot}.svg")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    ("who", "status"), [("empirical lead", 200), ("staff a", 200), ("theory lead", 404), ("reviewer a", 404)]
)
def test_only_leads_of_the_track_and_staff_get_pages_and_plots(world: World, who: str, status: int) -> None:
    read(world, LINKED)
    score(world)

    assert {get(world, who, path).status_code for path in ("", *(f"{plot}.svg" for plot in PLOTS))} == {status}
    assert get(world, "empirical lead", "nothing.svg").status_code == 404


def test_page_costs_the_same_for_few_and_for_many(world: World) -> None:
    def cost() -> int:
        get(world, "empirical lead")
        forget()
        with CaptureQueriesContext(connection) as queries:
            assert get(world, "empirical lead").status_code == 200
        return len(queries)

    read(world, LINKED[:12])
    score(world)
    few = cost()
    read(world, LINKED[12:])

    assert cost() == few


def test_plots_hold_their_numbers_escape_names_and_bring_no_script() -> None:
    name = "<script>&" + "x" * 80
    images = [
        intervals("A <b>", [(name, 0.5, 0.25, 0.75), ("none", None, None, None)]),
        on_scale("B", [(name, 0.6, -0.2, 1.0)], left="low", right="high"),
        histograms("C", [(name, [("1", 3), ("2", 0)]), ("other", [])]),
    ]

    for image in images:
        assert "<script" not in image
        assert "…" in image
    assert images[0].count("<circle") == 1
    assert "none: too few" in images[0]
    assert images[2].count("<rect") == 1
    assert ">3</text>" in images[2]

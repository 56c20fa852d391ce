"""Raw scores and adjusted ones beside them: the engine's numbers, withheld where they would mislead."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from matching.engine import calibrate
from mats_portal.desk.agreement import agreement_page
from reviews.models import ConflictOfInterest, Review, ReviewAssignment, Rubric
from reviews.states import AssignmentState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, person, small_world

A, B, C = "reviewer a", "reviewer b", "reviewer c"
#: Who read whom with which score: everybody hangs together, a is generous, c severe.
LINKED = [
    ("ann", A, 5), ("ann", B, 4), ("ben", B, 3), ("ben", C, 2), ("cem", A, 4), ("cem", C, 2), ("dov", A, 3),
    ("dov", B, 3), ("eve", B, 5), ("eve", C, 4), ("fay", A, 2), ("fay", C, 1), ("gus", A, 4), ("gus", B, 2),
    ("hal", A, 5), ("hal", C, 3), ("ida", A, 4), ("ida", B, 4), ("jan", A, 3), ("jan", C, 3),
]  # fmt: skip
#: The pair a and b share no application with c and d.
APART = [
    *[(name, reader, score) for name, score in (("ann", 4), ("ben", 3), ("cem", 5)) for reader in (A, B)],
    *[(name, reader, score) for name, score in (("dov", 4), ("eve", 2), ("fay", 5)) for reader in (C, "staff b")],
]


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle with its rubrics."""
    world = small_world()
    factories.add_rubrics(world)
    return world


def read(world: World, reads: list[tuple[str, str, int]], track: str = "empirical") -> None:
    """Store readings that were handed in: who, by whom, with which weighted mean."""
    rubric = Rubric.objects.get(track=world.tracks[track])
    for position, (who, reader, score) in enumerate(reads):
        if who not in world.people:
            world.people[who] = person(who)
            applying.under_review(world, who, (track,), ("alpha" if track == "empirical" else "gamma",))
        row = factories.of(world.people[who].applications.get(), track)
        assignment = ReviewAssignment.objects.create(
            label="A-1", reviewer=world.people[reader], track_application=row, rubric=rubric, position=position,
            state=AssignmentState.SUBMITTED, submitted_at=world.moments["review"],
        )  # fmt: skip
        Review.objects.create(assignment=assignment, mean=Decimal(score))


def get(world: World, who: str, track: str = "empirical", query: str = ""):
    client = Client()
    client.force_login(world.people[who])
    with clock.at(world.moments["review"]):
        return client.get(f"/lead/{world.tracks[track].public_id}/agreement/{query}")


def reference(world: World, who: str) -> str:
    return world.people[who].applications.get().reference


def by_the_engine(reads: list[tuple[str, str, int]]):
    names, readers = sorted({who for who, _, _ in reads}), sorted({reader for _, reader, _ in reads})
    ratings = [[names.index(who), readers.index(reader), float(score)] for who, reader, score in reads]
    return names, readers, calibrate(ratings, len(names), len(readers))


def test_raw_stands_beside_the_engines_adjusted_score_with_its_error(world: World) -> None:
    read(world, LINKED)
    names, readers, expected = by_the_engine(LINKED)

    page = agreement_page(world.tracks["empirical"], world.people["empirical lead"])

    rows = {row.reference: row for row in page.rows}
    assert len(rows) == len(names)
    for i, who in enumerate(names):
        row = rows[reference(world, who)]
        assert float(row.raw) == pytest.approx(expected.raw_mean[i])
        assert row.adjusted == pytest.approx(expected.adjusted[i], abs=1e-6)
        assert row.standard_error == pytest.approx(expected.standard_error[i], abs=1e-6)
    assert page.reliability == pytest.approx(expected.reliability, abs=1e-6)
    severe = {row.name: row for row in page.severities}
    assert severe["Reviewer A"].effect == pytest.approx(expected.reviewer_effect[readers.index(A)], abs=1e-6)
    assert severe["Reviewer A"].effect > 0
    assert severe["Reviewer B"].n_reads == 6
    assert (severe["Reviewer B"].effect, severe["Reviewer B"].low, severe["Reviewer B"].high) == (None, None, None)
    html = get(world, "empirical lead").content.decode()
    assert "too few" in html
    assert html.index("Raw mean") < html.index("Adjusted</th>")
    assert "Adjusted scores are not shown" not in html


def test_track_that_falls_in_two_shows_raw_means_and_no_adjusted_score(world: World) -> None:
    read(world, APART)

    page = agreement_page(world.tracks["empirical"], world.people["empirical lead"], Decimal("3.5"))
    html = get(world, "empirical lead", query="?line=3.5").content.decode()

    assert "Adjusted scores are not shown" in html
    assert "Adjusted</th>" not in html
    assert [part.n_applications for part in page.parts] == [3, 3]
    assert {(row.adjusted, row.standard_error) for row in page.rows} == {(None, None)}
    assert sorted(row.raw for row in page.rows) == [2, 3, 4, 4, 5, 5]
    assert (page.severities, page.changes, page.reliability) == ((), (), None)


def test_other_track_without_a_common_reader_changes_nothing_and_is_named(world: World) -> None:
    read(world, LINKED)
    alone = agreement_page(world.tracks["empirical"], world.people["empirical lead"])
    for who in ("theory reader 1", "theory reader 2"):
        world.people[who] = person(who)
    read(world, [("kay", "theory reader 1", 2), ("kay", "theory reader 2", 5)], "theory")

    page = agreement_page(world.tracks["empirical"], world.people["empirical lead"])

    assert page.apart == ("Theory",)
    assert page.is_linked
    assert page.rows == alone.rows
    assert page.severities == alone.severities


def test_changes_at_the_line_keep_as_many_as_the_raw_line_takes(world: World) -> None:
    read(world, LINKED)
    names, _, expected = by_the_engine(LINKED)
    n_above = sum(mean >= 3 for mean in expected.raw_mean)
    moved = expected.changes_at_cut(n_above)

    page = agreement_page(world.tracks["empirical"], world.people["empirical lead"], Decimal("3"))

    assert page.n_above == n_above
    for enters, key in ((True, "enter"), (False, "leave")):
        found = {change.row.reference for change in page.changes if change.enters is enters}
        assert found == {reference(world, names[i]) for i in moved[key]}
    assert page.changes, "liveness: this set has somebody who moves"
    assert get(world, "empirical lead", query="?line=x").status_code == 422


def test_few_reads_show_nothing_but_their_number(world: World) -> None:
    read(world, LINKED[:8])

    html = get(world, "empirical lead").content.decode()

    assert "8 reads so far. Agreement is shown from 10." in html
    assert "Raw mean" not in html


def test_conflicts_ones_own_application_and_what_one_has_to_read_are_hidden(world: World) -> None:
    read(world, LINKED)
    staff = world.people["staff a"]
    ConflictOfInterest.objects.create(reviewer=staff, person=world.people["ann"], kind="personal")
    ConflictOfInterest.objects.create(reviewer=world.people["ben"], person=staff, kind="personal")
    ReviewAssignment.objects.create(
        label="A-2", reviewer=staff, track_application=factories.of(world.people["cem"].applications.get()),
        rubric=Rubric.objects.get(track=world.tracks["empirical"]), position=1,
    )  # fmt: skip
    world.people["dov"].applications.update(person=staff)

    html = get(world, "staff a", query="?line=3.5").content.decode()

    own = staff.applications.get().reference
    for hidden in (reference(world, "ann"), reference(world, "ben"), reference(world, "cem"), own):
        assert hidden not in html
    assert reference(world, "eve") in html
    assert "4 applications hidden from you" in html


@pytest.mark.parametrize(
    ("who", "status"),
    [("empirical lead", 200), ("staff a", 200), ("theory lead", 404), (A, 404), ("ann", 404), ("alpha mentor", 404),
     ("observer", 404)],
)  # fmt: skip
def test_only_leads_of_the_track_and_staff_get_in(world: World, who: str, status: int) -> None:
    read(world, LINKED)

    assert get(world, who).status_code == status


def test_page_is_linked_from_where_it_is_needed(world: World) -> None:
    applying.under_review(world)
    url = f"/lead/{world.tracks['empirical'].public_id}/agreement/"
    for who, page in (("empirical lead", "/lead/"), ("staff a", "/console/assignments/")):
        client = Client()
        client.force_login(world.people[who])
        assert url in client.get(page).content.decode()


def test_page_costs_the_same_for_few_and_for_many(world: World) -> None:
    read(world, LINKED[:10])

    def cost() -> int:
        get(world, "empirical lead")
        with CaptureQueriesContext(connection) as queries:
            assert get(world, "empirical lead").status_code == 200
        return len(queries)

    few = cost()
    read(world, LINKED[10:])

    assert cost() == few <= 30


def test_scores_come_in_pages_highest_first_and_keep_the_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read(world, LINKED)
    whole = [row.reference for row in agreement_page(world.tracks["empirical"], world.people["empirical lead"]).rows]
    assert "Page 1 of" not in get(world, "empirical lead").content.decode(), "they fit on one page"
    monkeypatch.setattr("mats_portal.desk.views.agreement.ON_A_PAGE", 4)

    pages = [get(world, "empirical lead", query=f"?line=3.5&page={number}") for number in (1, 2, 3)]

    shown = [[row.reference for row in page.context["scores"]] for page in pages]
    assert shown == [whole[:4], whole[4:8], whole[8:]]
    texts = [page.content.decode() for page in pages]
    assert 'rel="next" href="?line=3.5&amp;page=2"' in texts[0]
    assert 'rel="prev" href="?line=3.5&amp;page=2"' in texts[2]
    assert {page.context["page"].n_above for page in pages} == {pages[0].context["page"].n_above}
    assert get(world, "empirical lead", query="?page=nonsense").status_code == 200

"""What-if pages and the lists of a run: what the engine answers, to staff alone, and nothing stored."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.models import AuditEvent
from matching.domain.runs import make_run
from matching.engine import Instance, capacity_plus_one_each, what_if
from matching.models import MatchRun, Offer
from matching.queries.counterfactuals import PLUS_ONE, WITHDRAWN, chain, one_change, one_seat_more_each
from tests.matching.scenes import Scene, computed, offered_scene, ranked_scene

pytestmark = pytest.mark.django_db


def client_of(scene: Scene, name: str) -> Client:
    client = Client()
    client.force_login(scene.user(name))
    return client


def ask(scene: Scene, run: MatchRun, name: str = "staff a", **question: str) -> Any:
    url = reverse("matching:what_if", args=[run.public_id])
    return client_of(scene, name).get(url, question)


@pytest.fixture
def scene() -> Scene:
    return ranked_scene()


@pytest.fixture
def run(scene: Scene) -> MatchRun:
    with clock.at(scene.world.moments["matching"]):
        return computed(scene)


@pytest.mark.parametrize("change", [PLUS_ONE, WITHDRAWN])
@pytest.mark.parametrize("stream", ["alpha", "beta", "gamma"])
def test_page_says_what_the_engine_says(scene, run, change, stream):
    key = scene.world.streams[stream].public_id
    diff = what_if(Instance.from_json(run.inputs), {change: key}, seed=run.seed)

    found = one_change(run, change, key, scene.user("staff a"))
    page = ask(scene, run, change=change, stream=key).content.decode()

    titles = {one.title: one.public_id for one in scene.world.streams.values()}
    assert {move.public_id: titles.get(move.goes_to) for move in found.moves} == diff.moved
    assert {move.public_id: titles.get(move.came_from) for move in found.moves} == {
        name: run.result["matching"][name] for name in diff.moved
    }
    assert (found.size_before, found.size_after) == (run.certificate["size"], diff.size)
    n_moves = len(diff.moved)
    said = f"{n_moves} person moves" if n_moves == 1 else f"{n_moves} people move"
    assert said in page
    assert f"Placed: {run.certificate['size']} before, {diff.size} after." in page
    assert all(scene_reference in page for scene_reference in (move.reference for move in found.moves))


def test_seat_more_at_gamma_takes_fay_from_nowhere(scene, run):
    """By hand: gamma ranks dan, eve, fay and holds two; fay has no place and wants gamma second."""
    found = one_change(run, PLUS_ONE, scene.world.streams["gamma"].public_id, scene.user("staff a"))

    (move,) = found.moves
    assert (move.name, move.came_from, move.goes_to) == (scene.user("fay").display_name, "", "Stream Gamma")
    assert (move.choice_before, move.choice_after, move.n_choices, move.cause) == (None, 2, 2, "change")
    assert found.n_better == 1


def test_withdrawn_beta_takes_cleos_place_and_passes_it_on(scene, run):
    """By hand: cleo leaves beta for alpha, which ranks her after ada and ben and is full: she has no place."""
    found = one_change(run, WITHDRAWN, scene.world.streams["beta"].public_id, scene.user("staff a"))

    (move,) = found.moves
    assert (move.came_from, move.goes_to, move.choice_before, move.choice_after) == ("Stream Beta", "", 1, None)
    assert (found.n_better, found.size_after) == (0, found.size_before - 1)


def test_chain_is_told_from_the_change_to_its_end():
    before = {"a": "s2", "b": "s3", "c": None, "d": "s1"}
    up = {"c": "s3", "a": "s1", "b": "s2"}
    down = {"d": "s2", "a": "s3", "b": None}

    assert chain(before, up, PLUS_ONE, "s1") == [("a", "change", "s1"), ("b", "freed", "s2"), ("c", "freed", "s3")]
    assert chain(before, down, WITHDRAWN, "s1") == [
        ("d", "change", "s1"),
        ("a", "displaced", "s2"),
        ("b", "displaced", "s3"),
    ]
    assert chain(before, {"c": "s4"}, PLUS_ONE, "s1") == [("c", "limit", None)]


def test_overview_counts_what_the_engine_counts(scene, run):
    diffs = capacity_plus_one_each(Instance.from_json(run.inputs), seed=run.seed)

    rows = {row.public_id: row for row in one_seat_more_each(run)}
    page = ask(scene, run).content.decode()

    assert {key: row.n_moves for key, row in rows.items()} == {key: len(diff.moved) for key, diff in diffs.items()}
    assert sum(row.n_moves for row in rows.values()) > 0
    assert all(row.n_better == row.n_moves for row in rows.values())  # no limit across streams: a seat hurts nobody
    assert all(f"stream={key}" in page for key in diffs)


def test_asking_stores_nothing(scene, run):
    lines, offers = AuditEvent.objects.count(), Offer.objects.count()
    page = ask(scene, run).content.decode()
    for change in (PLUS_ONE, WITHDRAWN):
        ask(scene, run, change=change, stream=scene.world.streams["alpha"].public_id)
    posted = client_of(scene, "staff a").post(reverse("matching:what_if", args=[run.public_id]))

    kept = MatchRun.objects.get()
    assert "Nothing is saved" in page
    assert (kept.result, kept.inputs) == (run.result, run.inputs)
    assert (AuditEvent.objects.count(), Offer.objects.count()) == (lines, offers)
    assert posted.status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("question", [{"change": "nonsense"}, {"stream": "nobody", "change": PLUS_ONE}])
def test_nonsense_is_said_to_be_nonsense(scene, run, question):
    assert ask(scene, run, **question).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize(("name", "status"), [("observer", 403), ("ada", 404), ("alpha mentor", 404), ("staff b", 200)])
def test_what_if_is_for_staff(scene, run, name, status):
    assert ask(scene, run, name).status_code == status


def test_run_without_a_result_has_no_what_if(scene, run):
    with clock.at(scene.world.moments["matching"]):
        empty = make_run(cycle=scene.world.cycle, seed="s", by=scene.user("staff a"))

    assert ask(scene, empty).status_code == HTTPStatus.NOT_FOUND


def cost(extra: int, **question: str) -> int:
    """Return how many queries the page takes in a world that is gone afterwards."""
    with transaction.atomic():
        scene, run = offered_scene(extra)
        client, url = client_of(scene, "staff a"), reverse("matching:what_if", args=[run.public_id])
        asked = question | ({"stream": scene.world.streams["alpha"].public_id} if question else {})
        client.get(url, asked)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, asked).status_code == HTTPStatus.OK
        transaction.set_rollback(True)
    return len(queries)


@pytest.mark.parametrize("question", [{}, {"change": PLUS_ONE}, {"change": WITHDRAWN}])
def test_page_costs_the_same_for_few_and_many_people(question):
    assert cost(0, **question) == cost(9, **question) <= 25


# --- The lists of a run ---------------------------------------------------------------------------------------------


def test_run_page_lists_people_without_a_place_and_how_many_streams_ranked_them(scene, run):
    page = client_of(scene, "staff a").get(run.get_absolute_url()).content.decode()
    seen_by_observer = client_of(scene, "observer").get(run.get_absolute_url()).content.decode()

    table = page[page.index('id="not-placed"') :]
    assert scene.finalists["fay"].reference in table
    assert not any(scene.finalists[name].reference in table for name in ("ada", "ben", "cleo", "dan", "eve"))
    assert '<td data-label="Streams that ranked them" class="num">2</td>' in table  # alpha and gamma
    assert 'id="not-placed"' not in seen_by_observer
    assert "what-if" in page
    assert "what-if" not in seen_by_observer


def test_profile_of_the_streams_side_is_a_plot_with_its_table(scene, run):
    """By hand: alpha's two from tier 1, beta's from tier 1, gamma's from tiers 1 and 2; every seat is taken."""
    client = client_of(scene, "observer")
    page = client.get(run.get_absolute_url()).content.decode()
    plot = client.get(reverse("matching:run_stream_plot", args=[run.public_id]))

    assert plot.headers["Content-Type"] == "image/svg+xml"
    assert ">4</text>" in plot.content.decode()
    assert "Bars: tier 1 4, tier 2 1, empty seat 0" in page
    assert '<th scope="row">tier 2</th><td data-label="Places" class="num">1</td>' in page


def test_why_covers_the_streams_they_applied_to_and_would_not_accept(scene):
    entry = scene.wish("ada", "beta").preference_entry
    type(entry).objects.filter(pk=entry.pk).update(acceptable=False)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        url = reverse("matching:run_person", args=[run.public_id, scene.finalists["ada"].public_id])
        page = client_of(scene, "staff a").get(url).content.decode()

    assert page.index("1. Stream Alpha") < page.index("<h2>Stream Beta</h2>")
    assert "This stream is not on your preference list." in page


@pytest.mark.parametrize(("seats", "said"), [(2, "went to other people"), (5, "whom it ranked higher")])
def test_reason_is_coarse_below_five_seats(seats, said):
    scene = ranked_scene(6)
    gamma = scene.world.streams["gamma"]
    type(gamma).objects.filter(pk=gamma.pk).update(seats_granted=seats)
    rank_all(scene)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
        loser = next(key for key, place in run.result["matching"].items() if place is None)
        url = reverse("matching:run_person", args=[run.public_id, loser])
        page = client_of(scene, "staff a").get(url).content.decode()

    assert said in page[page.index("Stream Gamma") :]


def rank_all(scene: Scene) -> None:
    """Put the extra people on gamma's locked list, one tier each."""
    entries = scene.world.streams["gamma"].rank_order_list.entries
    for number in range(6):
        entries.create(stream_application=scene.wish(f"extra{number}", "gamma"), tier=4 + number)

"""Eight at once: one place is taken once, one run is approved once, no seat is sold twice. Each with a control."""

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections

from core import clock
from core.refusals import Refused
from matching.domain import offers
from matching.domain.offers import accept_offer, draft_offers
from matching.domain.runs import approve_run
from matching.models import MatchRun, Offer
from matching.states import HOLDS_SEAT, OfferState, RunState
from tests.matching.scenes import Scene, computed, offer_of, offered_scene, ranked_scene
from tests.roles import as_owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.goal("C1")]
AT_ONCE = 8
ROUNDS = [3, pytest.param(50, marks=pytest.mark.prove)]


def race(scene: Scene, moment: str, act: Callable[[int], Any], n: int = AT_ONCE) -> Counter:
    """Run ``act`` in ``n`` threads with connections of their own, from one starting shot; count how they ended."""
    barrier, ended = Barrier(n), Counter()

    def run(number: int) -> None:
        try:
            with clock.at(scene.world.moments[moment]):
                barrier.wait()
                act(number)
        except Refused:
            ended["refused"] += 1
        except Exception as error:  # noqa: BLE001 -- a race may end in anything; the count must show it
            ended[type(error).__name__] += 1
        else:
            ended["done"] += 1
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.requirement(24)
def test_eight_accepts_of_one_offer_act_once(rounds):
    scene = offered_scene()[0]
    offer, person = offer_of(scene, "ada"), scene.user("ada")
    application = scene.finalists["ada"]
    for _ in range(rounds):
        ended = race(scene, "offers", lambda _number: accept_offer(offer=offer, by=person))

        assert ended == Counter(done=1, refused=AT_ONCE - 1)
        assert Offer.objects.filter(application=application, state=OfferState.ACCEPTED).count() == 1
        # Set the stage again by hand: what is under test is the shot, not the rehearsal.
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.SENT, replied_at=None)
        type(application).objects.filter(pk=application.pk).update(internal_state="offered", released_state="offered")


@pytest.mark.parametrize("rounds", ROUNDS)
def test_eight_approvals_of_one_run_act_once(rounds):
    scene = ranked_scene()
    for number in range(rounds):
        with clock.at(scene.world.moments["matching"]):
            run = computed(scene, f"seed {number}")

        ended = race(scene, "matching", lambda _number, run=run: approve_run(run=run, by=scene.user("staff b")))

        assert ended == Counter(done=1, refused=AT_ONCE - 1)
        assert Offer.objects.filter(run=run).count() == 5
        Offer.objects.all().delete()
        MatchRun.objects.filter(pk=run.pk).update(state=RunState.DISCARDED)


def drafts_for_gamma(scene: Scene, run: MatchRun) -> Counter:
    """Let eight workers want a seat each in gamma, which has two."""
    rows = [scene.wish(name, "gamma") for name in scene.finalists if name.startswith("extra")]
    return race(scene, "matching", lambda n: draft_offers(run=run, stream_applications=[rows[n]], by=None))


@pytest.mark.parametrize("rounds", ROUNDS)
def test_eight_offers_for_two_seats_fill_two(rounds):
    scene = ranked_scene(extra=AT_ONCE)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
    for _ in range(rounds):
        ended = drafts_for_gamma(scene, run)

        assert ended == Counter(done=2, refused=AT_ONCE - 2)
        assert sorted(Offer.objects.values_list("seat", flat=True)) == [1, 2]
        Offer.objects.all().delete()


def test_control_without_lock_and_constraint_seats_are_sold_twice(monkeypatch):
    scene = ranked_scene(extra=AT_ONCE)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
    free_seats, everybody_looked = offers.free_seats, Barrier(AT_ONCE)

    def looked_together(stream, n_wanted):
        seats = free_seats(stream, n_wanted)
        everybody_looked.wait(timeout=30)
        return seats

    monkeypatch.setattr(offers, "locked", lambda row, *_related: type(row).objects.get(pk=row.pk))
    monkeypatch.setattr(offers, "free_seats", looked_together)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP INDEX offer_one_a_seat")
    try:
        ended = drafts_for_gamma(scene, run)
        held = Offer.objects.filter(stream=scene.world.streams["gamma"], state__in=sorted(HOLDS_SEAT)).count()
    finally:
        Offer.objects.all().delete()
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX offer_one_a_seat ON matching_offer (stream_id, seat) "
                "WHERE state IN ('accepted', 'draft', 'sent')"
            )

    assert (ended, held) == (Counter(done=AT_ONCE), AT_ONCE)


def test_control_without_the_lock_the_constraint_still_holds(monkeypatch):
    scene = ranked_scene(extra=AT_ONCE)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene)
    free_seats, everybody_looked = offers.free_seats, Barrier(AT_ONCE)

    def looked_together(stream, n_wanted):
        seats = free_seats(stream, n_wanted)
        everybody_looked.wait(timeout=30)
        return seats

    monkeypatch.setattr(offers, "locked", lambda row, *_related: type(row).objects.get(pk=row.pk))
    monkeypatch.setattr(offers, "free_seats", looked_together)

    ended = drafts_for_gamma(scene, run)

    assert ended == Counter(done=1, IntegrityError=AT_ONCE - 1)
    assert Offer.objects.count() == 1

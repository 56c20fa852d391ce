"""Offers: released together, answered one by one, lapsing at their instant."""

from datetime import timedelta

import pytest

from applications.models import Application
from applications.states import ApplicationState
from core import clock
from core.models import OutboxMail
from core.refusals import Refused
from core.states import MailClass, MailState
from matching.domain import invariants
from matching.domain.offers import accept_offer, cancel_offers_of, decline_offer, expire_offer, release_offers
from matching.domain.runs import approve_run
from matching.models import MatchRun, Offer
from matching.queries import offers_due
from matching.states import OfferState
from streams.states import OfferMode
from tests.matching.scenes import Scene, computed, offer_of, offered_scene, prefer, rank, ranked_scene, ranking_scene

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def scene() -> Scene:
    return offered_scene()[0]


@pytest.fixture(autouse=True)
def _nothing_is_broken_afterwards():
    yield
    assert {check.__name__: list(check()) for check in invariants.ALL if list(check())} == {}


def states(scene: Scene, name: str) -> tuple[str, str]:
    application = Application.objects.get(pk=scene.finalists[name].pk)
    return application.internal_state, application.released_state


def test_release_sends_every_drafted_offer_once_and_holds_its_mail(scene):
    assert set(Offer.objects.values_list("state", "expires_at")) == {
        (OfferState.SENT, scene.world.date("offers_reply_by"))
    }
    assert states(scene, "ada") == (ApplicationState.OFFERED, ApplicationState.OFFERED)
    assert states(scene, "fay") == (ApplicationState.FINAL, ApplicationState.FINAL)
    mails = OutboxMail.objects.filter(key__startswith="offer:")
    assert set(mails.values_list("key", "mail_class")) == {
        (f"offer:{offer.public_id}", MailClass.HOLD) for offer in Offer.objects.all()
    }
    body = mails.get(person=scene.user("ada")).body
    assert "Stream Alpha" in body
    assert "/my/offers/" in body


def test_second_release_is_refused(scene):
    with clock.at(scene.world.moments["offers"]), pytest.raises(Refused, match="No drafted offers"):
        release_offers(run=MatchRun.objects.get(), by=scene.user("staff a"))
    assert OutboxMail.objects.filter(key__startswith="offer:").count() == 5


def test_release_of_a_run_that_is_not_approved_is_refused():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]), pytest.raises(Refused, match="approved run only"):
        release_offers(run=computed(scene), by=scene.user("staff a"))


def test_release_after_the_date_for_replies_is_refused():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = approve_run(run=computed(scene), by=scene.user("staff b"))
    with clock.at(scene.world.moments["late_offers"]), pytest.raises(Refused, match="has passed"):
        release_offers(run=run, by=scene.user("staff a"))


def test_release_cancels_the_offer_of_somebody_who_left():
    scene = ranked_scene()
    with clock.at(scene.world.moments["matching"]):
        run = approve_run(run=computed(scene), by=scene.user("staff b"))
        gone = scene.wish("ada", "alpha")
        type(gone).objects.filter(pk=gone.pk).update(internal_state="withdrawn", released_state="withdrawn")
    with clock.at(scene.world.date("offers_sent")):
        assert release_offers(run=run, by=scene.user("staff a")) == 4

    assert offer_of(scene, "ada").state == OfferState.CANCELLED
    assert not OutboxMail.objects.filter(person=scene.user("ada")).exists()


def test_accept_gives_the_place_and_confirms_by_mail(scene):
    with clock.at(scene.world.moments["offers"]):
        offer = accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))

    assert (offer.state, offer.replied_at) == (OfferState.ACCEPTED, scene.world.moments["offers"])
    assert states(scene, "ada") == (ApplicationState.ACCEPTED, ApplicationState.ACCEPTED)
    assert OutboxMail.objects.filter(key=f"offer-accepted:{offer.public_id}").count() == 1


def test_second_accept_says_when_it_was_accepted_and_changes_nothing(scene):
    with clock.at(scene.world.moments["offers"]):
        accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))
    with clock.at(scene.world.moments["offers"] + SECOND):
        with pytest.raises(Refused, match=r"You accepted Stream Alpha on Fri 31 July 2026, 12:00 UTC\. Nothing was"):
            accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))
        with pytest.raises(Refused, match="You accepted"):
            decline_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))

    assert offer_of(scene, "ada").replied_at == scene.world.moments["offers"]


@pytest.mark.parametrize(("late_by", "is_taken"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_accept_is_taken_until_the_second_of_the_expiry(scene, late_by, is_taken):
    with clock.at(scene.world.date("offers_reply_by") + late_by):
        if is_taken:
            assert accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada")).state == OfferState.ACCEPTED
        else:
            with pytest.raises(Refused, match="lapsed on"):
                accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))


def test_accept_that_arrived_in_time_counts_however_long_we_take(scene):
    reply_by = scene.world.date("offers_reply_by")
    with clock.at(reply_by + 30 * SECOND), clock.arriving(reply_by - SECOND):
        assert accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada")).state == OfferState.ACCEPTED


@pytest.mark.parametrize(("late_by", "is_over"), [(-SECOND, False), (timedelta(), True)])
def test_offer_lapses_at_its_instant(scene, late_by, is_over):
    with clock.at(scene.world.date("offers_reply_by") + late_by):
        if is_over:
            assert expire_offer(offer=offer_of(scene, "ada")).state == OfferState.EXPIRED
            assert states(scene, "ada") == (ApplicationState.FINAL, ApplicationState.FINAL)
        else:
            with pytest.raises(Refused, match="open until"):
                expire_offer(offer=offer_of(scene, "ada"))


def test_beat_waits_for_requests_in_flight(scene):
    reply_by = scene.world.date("offers_reply_by")

    assert not offers_due(reply_by + 59 * SECOND).exists()
    assert offers_due(reply_by + 60 * SECOND).count() == 5


def test_lapsed_offer_cannot_be_accepted(scene):
    with clock.at(scene.world.date("offers_reply_by")):
        expire_offer(offer=offer_of(scene, "ada"))
        with pytest.raises(Refused, match="no longer open"):
            accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))


def test_decline_frees_the_seat_and_keeps_the_reason(scene):
    with clock.at(scene.world.moments["offers"]):
        offer = decline_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"), reason=" Another plan. ")

    assert (offer.state, offer.reply_reason) == (OfferState.DECLINED, "Another plan.")
    assert states(scene, "ada") == (ApplicationState.FINAL, ApplicationState.FINAL)


def test_withdrawal_gives_the_offer_back_and_stops_its_mail(scene):
    application = scene.finalists["ada"]
    Application.objects.filter(pk=application.pk).update(internal_state="withdrawn", released_state="withdrawn")
    application.stream_applications.update(internal_state="withdrawn", released_state="withdrawn")
    application.track_applications.update(internal_state="withdrawn", released_state="withdrawn")

    assert cancel_offers_of(application=application, by=application.person) == 1

    assert offer_of(scene, "ada").state == OfferState.CANCELLED
    assert OutboxMail.objects.get(key__startswith="offer:", person=application.person).state == MailState.STOPPED


@pytest.mark.requirement(24)
def test_in_rounds_accepting_one_offer_gives_the_other_back():
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]):
        prefer(scene, "ada", ["beta", "alpha"])
        rank(scene, "alpha", [["ada"]])
        rank(scene, "beta", [["ada"]])
    type(scene.world.cycle).objects.update(offer_mode=OfferMode.ROUNDS)
    with clock.at(scene.world.moments["matching"]):
        run = approve_run(run=MatchRun.objects.get(pk=computed(scene).pk), by=scene.user("staff b"))
    with clock.at(scene.world.date("offers_sent")):
        assert release_offers(run=run, by=scene.user("staff a")) == 2
    mine, other = (Offer.objects.get(stream=scene.world.streams[slug]) for slug in ("beta", "alpha"))

    with clock.at(scene.world.moments["offers"]):
        accept_offer(offer=mine, by=scene.user("ada"))

    other.refresh_from_db()
    assert (other.state, other.reply_reason) == (OfferState.DECLINED, "Accepted another offer.")
    assert states(scene, "ada") == (ApplicationState.ACCEPTED, ApplicationState.ACCEPTED)

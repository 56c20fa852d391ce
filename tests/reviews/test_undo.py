"""A release taken back: the mails stop, a second person approves, and everybody stands where they stood."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from applications.domain import invariants as applying_invariants
from applications.domain.application import withdraw_application
from applications.models import Application, TrackApplication
from applications.states import ApplicationState, StreamApplicationState, TrackState
from core import clock, outbox
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused, Stale
from core.states import MailState
from reviews.domain import batches, invariants, undo
from reviews.models import DecisionBatch
from reviews.queries.results import result_pages
from reviews.queries.undo import undo_page
from reviews.states import BatchState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World

MINUTE = timedelta(minutes=1)


def stations(application: Application) -> dict[str, Any]:
    """Return where everything of one application stands, in both layers."""
    application.refresh_from_db()
    return {
        "application": (application.internal_state, application.released_state),
        "tracks": sorted(application.track_applications.values_list("track__slug", "internal_state", "released_state")),
        "streams": sorted(
            application.stream_applications.values_list("stream__slug", "internal_state", "released_state")
        ),
    }


def assert_nothing_is_broken() -> None:
    for statement in [*invariants.ALL, *applying_invariants.ALL]:
        assert list(statement()) == [], statement.__name__


def release(world: World, batch: DecisionBatch) -> DecisionBatch:
    with clock.at(world.moments["advanced"]):
        return batches.release_batch(batch=batch)


def ask(world: World, batch: DecisionBatch, after: timedelta = MINUTE, by: str = "staff a") -> DecisionBatch:
    with clock.at(world.moments["advanced"] + after):
        return undo.request_undo(batch=batch, reason="The line was typed wrongly.", by=world.people[by])


def approve(world: World, counter: DecisionBatch, after: timedelta = 2 * MINUTE, by: str = "staff b") -> DecisionBatch:
    with clock.at(world.moments["advanced"] + after):
        return undo.approve_undo(counter=counter, version=counter.version, by=world.people[by])


def send_everything(at: datetime) -> int:
    with clock.at(at):
        return sum(1 for _ in iter(outbox.deliver_next, False))


def decision_mails() -> list[tuple[str, str]]:
    return sorted(OutboxMail.objects.filter(key__startswith="decision:").values_list("person__display_name", "state"))


def test_before_the_mails_leave_everything_is_as_if_nothing_had_been_released(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    before = {who: stations(one) for who, one in cohort.items()}
    batch = release(world, factories.approved_batch(world))
    assert {who: stations(one) for who, one in cohort.items()} != before

    counter = ask(world, batch)

    assert decision_mails() == [("Applicant", MailState.STOPPED), ("Other Applicant", MailState.STOPPED)]
    assert {who: stations(one) for who, one in cohort.items()} != before  # the second person has not approved yet
    approve(world, counter)
    assert {who: stations(one) for who, one in cohort.items()} == before
    assert not OutboxMail.objects.filter(key__startswith="taken-back:").exists()
    assert result_pages(world.people["applicant"])[0].results == ()
    assert [one.track for one in result_pages(world.people["applicant"])[0].taken_back] == ["Empirical"]
    assert AuditEvent.objects.filter(object_key=counter.public_id, verb__in=["approve", "release"]).count() == 2
    assert_nothing_is_broken()


def test_after_the_mails_left_a_correction_goes_to_whoever_was_mailed(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = release(world, factories.approved_batch(world))
    OutboxMail.objects.filter(key__startswith="decision:", person=world.people["other applicant"]).update(
        state=MailState.FAILED
    )
    send_everything(world.moments["advanced"] + 11 * MINUTE)

    approve(world, ask(world, batch, 12 * MINUTE), 13 * MINUTE)

    mail = OutboxMail.objects.get(key__startswith="taken-back:")
    assert mail.person == world.people["applicant"]
    assert mail.subject == "Empirical: what we wrote to you does not hold"
    assert "the mistake is ours" in mail.body
    assert "in review again" in mail.body


def test_whoever_is_taken_back_is_decided_and_mailed_anew(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (2, 2)})
    approve(world, ask(world, release(world, factories.approved_batch(world, "3.5"))))

    again = release(world, factories.approved_batch(world, "1.5"))

    assert factories.of(cohort["applicant"]).released_state == TrackState.ADVANCED
    assert decision_mails() == [("Applicant", MailState.QUEUED), ("Applicant", MailState.STOPPED)]
    assert result_pages(world.people["applicant"])[0].results[0].headline == "With the mentors"
    assert again.counters_id is None
    assert_nothing_is_broken()


def test_discarded_counter_lets_the_release_and_its_mails_go_on(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = release(world, factories.approved_batch(world))
    by_hand = OutboxMail.objects.get(key__startswith="decision:", person=world.people["other applicant"])
    outbox.stop(mail=by_hand, by=world.people["staff a"])
    counter = ask(world, batch)

    batches.discard_batch(batch=counter, by=world.people["staff b"])

    # What a person had stopped before stays stopped.
    assert decision_mails() == [("Applicant", MailState.QUEUED), ("Other Applicant", MailState.STOPPED)]
    assert ask(world, batch).state == BatchState.DRAFT
    assert_nothing_is_broken()


@pytest.mark.requirement(108)
def test_taking_back_needs_two_people_in_the_database_too(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    counter = ask(world, release(world, factories.approved_batch(world)))

    with pytest.raises(Refused, match="A second person has to approve it"):
        approve(world, counter, by="staff a")
    with pytest.raises(Refused, match="approved on its own page"):
        batches.approve_batch(batch=counter, version=counter.version, by=world.people["staff b"])
    with pytest.raises(Refused, match="takes a release back as a whole"):
        batches.take_out(decision=counter.decisions.get(), by=world.people["staff b"])
    with pytest.raises(Stale):
        undo.approve_undo(counter=counter, version=99, by=world.people["staff b"])
    with pytest.raises(IntegrityError, match="batch_approved_by_a_second_person"), transaction.atomic():
        DecisionBatch.objects.filter(pk=counter.pk).update(state="released", approver=counter.maker)
    with pytest.raises(IntegrityError, match="batch_taken_back_for_a_reason"), transaction.atomic():
        DecisionBatch.objects.filter(pk=counter.pk).update(reason="")


def test_window_closes_to_the_second(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = release(world, factories.approved_batch(world))

    with pytest.raises(Refused, match="is over"):
        ask(world, batch, 30 * MINUTE)
    counter = ask(world, batch, 30 * MINUTE - timedelta(seconds=1))
    with pytest.raises(Refused, match="asked for this already"):
        ask(world, batch, 29 * MINUTE, by="staff b")
    # The approval may come later: it is the asking that stops the mails.
    assert approve(world, counter, 60 * MINUTE).state == BatchState.RELEASED
    with pytest.raises(Refused, match="Only a release"):
        undo.request_undo(batch=counter, reason="x", by=world.people["staff b"])


def test_nothing_but_a_release_can_be_taken_back(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.approved_batch(world)

    with pytest.raises(Refused, match="Only a release"):
        ask(world, batch)
    with pytest.raises(Refused, match="takes nothing back"):
        undo.approve_undo(counter=batch, version=batch.version, by=world.people["staff b"])


def test_whoever_has_withdrawn_since_stays_withdrawn(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (4, 4)})
    batch = release(world, factories.approved_batch(world))
    with clock.at(world.moments["advanced"]):
        withdraw_application(application=cohort["applicant"], by=world.people["applicant"])
    counter = ask(world, batch)
    page = undo_page(counter, world.people["staff b"])
    assert (page.n_back, sorted(line.stays for line in page.lines)) == (1, ["", "has withdrawn"])

    approve(world, counter)

    assert factories.of(cohort["applicant"]).released_state == TrackState.WITHDRAWN
    assert factories.of(cohort["other applicant"]).released_state == TrackState.IN_REVIEW
    line = counter.decisions.get(track_application__application=cohort["applicant"])
    assert line.left_out == "has withdrawn"
    assert_nothing_is_broken()


def test_later_decision_that_waits_for_its_release_comes_first(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    batches.set_outcome(decision=batch.decisions.get(), outcome="hold", reason="H1", by=world.people["staff a"])
    batch.refresh_from_db()
    batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
    batch = release(world, batch)
    later = factories.approved_batch(world)

    with pytest.raises(Refused, match="A later batch decides on 1 person"):
        ask(world, batch)

    batches.recall_batch(batch=later, by=world.people["staff a"])
    approve(world, ask(world, batch))
    assert TrackApplication.objects.get().released_state == TrackState.IN_REVIEW
    assert_nothing_is_broken()


def test_staff_whom_a_line_is_about_neither_ask_nor_approve(world: World) -> None:
    world.people["applicant"] = world.people["staff a"]
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (4, 4)})
    with clock.at(world.moments["review"]):
        batch = batches.create_batch(
            track=world.tracks["empirical"], gate="review", by=world.people["admin"], rule_line=3
        )
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
    batch = release(world, batch)

    with pytest.raises(Refused, match="Somebody else has to take it back"):
        ask(world, batch)
    counter = ask(world, batch, by="staff b")
    with pytest.raises(Refused, match="Somebody else has to approve it"):
        approve(world, counter, by="staff a")


def in_two_tracks(world: World) -> Application:
    application = applying.under_review(world, "applicant", ("empirical", "theory"), ("alpha", "beta"))
    factories.assign(world)
    factories.read(world, application, (2, 2), "empirical")
    factories.read(world, application, (5, 5), "theory")
    return application


ORDERS: dict[str, Callable[[DecisionBatch, DecisionBatch], list[DecisionBatch]]] = {
    "the first released first": lambda first, second: [first, second],
    "the last released first": lambda first, second: [second, first],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("line", ["3.5", "1.5", "5"])
def test_two_tracks_taken_back_in_either_order_end_where_they_began(world: World, order: str, line: str) -> None:
    application = in_two_tracks(world)
    before = stations(application)
    first, second = factories.approved_batch(world, line), factories.approved_batch(world, line, track="theory")
    first, second = release(world, first), release(world, second)

    for batch in ORDERS[order](first, second):
        approve(world, ask(world, batch))
        assert_nothing_is_broken()

    assert stations(application) == before


def test_taking_one_track_back_leaves_what_the_other_one_did(world: World) -> None:
    application = in_two_tracks(world)
    first, second = factories.approved_batch(world), factories.approved_batch(world, track="theory")
    first, _ = release(world, first), release(world, second)

    approve(world, ask(world, first))

    application.refresh_from_db()
    assert application.released_state == ApplicationState.FINAL
    assert factories.of(application, "empirical").released_state == TrackState.IN_REVIEW
    assert factories.of(application, "theory").released_state == TrackState.ADVANCED
    states = dict(application.stream_applications.values_list("stream__slug", "released_state"))
    assert states == {"alpha": StreamApplicationState.SUBMITTED, "beta": StreamApplicationState.IN_STREAM_REVIEW}


def test_screen_taken_back_closes_stage_2_again_and_opens_it_with_a_mail_of_its_own(world: World) -> None:
    application = applying.in_screen(world)
    before = stations(application)

    def released_screen() -> DecisionBatch:
        with clock.at(world.moments["advanced"]):
            batch = batches.create_batch(track=world.tracks["empirical"], gate="screen", by=world.people["staff a"])
            batch = batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
            return batches.release_batch(batch=batch)

    batch = released_screen()
    application.refresh_from_db()
    assert application.released_state == ApplicationState.STAGE2
    mails = OutboxMail.objects.filter(key__startswith="stage2:")
    assert mails.get().not_before == world.moments["advanced"] + 10 * MINUTE

    approve(world, ask(world, batch))

    assert stations(application) == before
    assert mails.get().state == MailState.STOPPED
    assert_nothing_is_broken()
    released_screen()
    assert sorted(mails.values_list("state", flat=True)) == [MailState.QUEUED, MailState.STOPPED]
    assert application.evaluation_assignments.count() == 1
    assert_nothing_is_broken()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_pages_lead_two_people_through_it(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = release(world, factories.approved_batch(world))
    maker, second = client_of(world.people["staff a"]), client_of(world.people["staff b"])
    url = f"/console/decisions/{batch.public_id}/undo/"
    with clock.at(world.moments["advanced"] + MINUTE):
        assert b"Take this release back" in maker.get(f"/console/decisions/{batch.public_id}/").content
        assert b"Ask to take back 2 decisions" in maker.get(url).content
        wrong = maker.post(url, {"reason": " "})
        assert (wrong.status_code, b"Say what went wrong" in wrong.content) == (422, True)
        asked = maker.post(url, {"reason": "The <b>wrong</b> line"})
        counter = asked.headers["Location"]
        page = maker.get(counter).content.decode()
        assert "A second person has to approve it" in page
        assert "The &lt;b&gt;wrong&lt;/b&gt; line" in page
        assert maker.post(url, {"reason": "again"}).status_code == 409
        assert maker.post(f"{counter}approve/", {"version": "1"}).status_code == 409
        assert b"Take back 2 decisions" in second.get(counter).content
        assert second.post(f"{counter}approve/", {"version": "nine"}).status_code == 409
        assert second.post(f"{counter}approve/", {"version": "1"}).status_code == 302
        done = second.get(counter).content.decode()
        assert "Approved by" in done
        listed = second.get("/console/decisions/").content.decode()
        assert "Released, taken back" in listed
        mine = client_of(world.people["applicant"]).get("/my/result/").content.decode()
        assert "a result shown here by mistake" in mine
        assert "The &lt;b&gt;" not in mine

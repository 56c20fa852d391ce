"""Gate decisions: proposed by rule, changed by hand, approved by a second person, released at once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.states import Role
from applications.domain.application import withdraw_application
from applications.models import TrackApplication
from applications.states import ApplicationState, StreamApplicationState, TrackState
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused, Stale
from core.states import MailClass, MailState
from reviews.domain import batches
from reviews.domain.conflicts import record_conflict
from reviews.models import Decision, DecisionBatch
from reviews.queries import batches_due
from reviews.queries.batches import batch_page, tally
from reviews.queries.checks import problems, problems_for
from reviews.states import BatchState, Outcome
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, grant, person


def line_of(batch: DecisionBatch, user: User) -> Decision:
    return batch.decisions.get(track_application__application__person=user)


def test_rule_proposes_by_the_raw_mean_and_holds_what_is_not_read(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (3, 3)})
    applying.under_review(world, "third applicant", ("empirical",), ("alpha",))

    batch = factories.review_batch(world)

    outcomes = {str(d.track_application.application.person): d.outcome for d in batch.decisions.all()}
    assert outcomes == {"Applicant": "advance", "Other Applicant": "not_advance", "Third Applicant": "hold"}
    assert batch.rule == "Raw mean of the reads at least 3.50"
    assert [problem.kind for problem in batches.check_batch(batch)] == ["unread"]


def test_mean_on_the_line_advances(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 3)})

    batch = factories.review_batch(world, "3.5")

    assert batch.decisions.get().outcome == Outcome.ADVANCE


def test_maker_cannot_approve_own_batch(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)

    with pytest.raises(Refused, match="A second person has to approve it"):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff a"])

    assert DecisionBatch.objects.get().state == BatchState.DRAFT


def test_second_person_rule_stands_in_the_database_too(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)

    with pytest.raises(IntegrityError, match="batch_approved_by_a_second_person"), transaction.atomic():
        DecisionBatch.objects.filter(pk=batch.pk).update(state="approved", approver=batch.maker)
    with pytest.raises(IntegrityError, match="batch_approved_by_somebody"), transaction.atomic():
        DecisionBatch.objects.filter(pk=batch.pk).update(state="approved")


def test_approval_of_an_older_version_is_stale(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    batches.set_outcome(
        decision=batch.decisions.get(), outcome="hold", reason="S1: wait for the named test", by=world.people["staff a"]
    )

    with pytest.raises(Stale, match="changed since you looked"):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])


def test_approval_moves_staff_states_only_and_release_the_applicants(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(world)

    before = {who: factories.of(one) for who, one in cohort.items()}
    assert {who: (row.internal_state, row.released_state) for who, row in before.items()} == {
        "applicant": (TrackState.ADVANCED, TrackState.IN_REVIEW),
        "other applicant": (TrackState.NOT_ADVANCED, TrackState.IN_REVIEW),
    }
    mails = OutboxMail.objects.filter(key__startswith="decision:")
    assert not mails.exists()

    with clock.at(world.moments["advanced"]):
        batches.release_batch(batch=batch)

    taken, left = cohort["applicant"], cohort["other applicant"]
    taken.refresh_from_db()
    left.refresh_from_db()
    assert factories.of(taken).released_state == TrackState.ADVANCED
    assert factories.of(left).released_state == TrackState.NOT_ADVANCED
    assert (taken.internal_state, taken.released_state) == (ApplicationState.FINAL, ApplicationState.FINAL)
    assert (left.internal_state, left.released_state) == (ApplicationState.CLOSED, ApplicationState.CLOSED)
    assert taken.stream_applications.get().released_state == StreamApplicationState.IN_STREAM_REVIEW
    assert left.stream_applications.get().released_state == StreamApplicationState.CLOSED
    assert sorted(mails.values_list("person__display_name", "subject", "mail_class", "state")) == [
        ("Applicant", "Empirical: your application goes to the mentors", MailClass.HOLD, MailState.QUEUED),
        ("Other Applicant", "Empirical: the result of the review", MailClass.HOLD, MailState.QUEUED),
    ]
    assert {(m.not_before - world.moments["advanced"]).total_seconds() for m in mails} == {600}


def test_one_track_ended_and_another_still_read_leaves_the_application_open(world: World) -> None:
    application = applying.under_review(world, "applicant", ("empirical", "theory"), ("alpha", "beta"))
    factories.assign(world)
    factories.read(world, application, (2, 2), "empirical")
    factories.read(world, application, (5, 5), "theory")
    first, second = factories.approved_batch(world), factories.approved_batch(world, track="theory")

    with clock.at(world.moments["advanced"]):
        batches.release_batch(batch=first)
        application.refresh_from_db()
        states = dict(application.stream_applications.values_list("stream__slug", "released_state"))
        assert application.released_state == ApplicationState.UNDER_REVIEW
        assert states == {"alpha": StreamApplicationState.CLOSED, "beta": StreamApplicationState.SUBMITTED}
        batches.release_batch(batch=second)

    application.refresh_from_db()
    states = dict(application.stream_applications.values_list("stream__slug", "released_state"))
    assert application.released_state == ApplicationState.FINAL
    assert states == {"alpha": StreamApplicationState.CLOSED, "beta": StreamApplicationState.IN_STREAM_REVIEW}


def test_screen_opens_stage_2_or_ends(world: World) -> None:
    on, off = applying.in_screen(world, "applicant"), applying.in_screen(world, "other applicant")
    with clock.at(world.moments["closed"]):
        batch = batches.create_batch(track=world.tracks["empirical"], gate="screen", by=world.people["staff a"])
        batches.set_outcome(
            decision=line_of(batch, world.people["other applicant"]),
            outcome="not_advance",
            reason="R1: another programme fits",
            by=world.people["staff a"],
        )
        batch.refresh_from_db()
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
    on.refresh_from_db()
    assert on.released_state == ApplicationState.IN_SCREEN

    with clock.at(world.moments["stage2"]):
        batches.release_batch(batch=batch, by=world.people["staff a"])

    on.refresh_from_db()
    off.refresh_from_db()
    assert (on.released_state, off.released_state) == (ApplicationState.STAGE2, ApplicationState.CLOSED)
    assert on.evaluation_assignments.count() == 1
    assert not off.evaluation_assignments.exists()


def test_screen_released_before_the_opening_leaves_stage_2_to_the_calendar(world: World) -> None:
    application = applying.in_screen(world, "applicant")
    with clock.at(world.moments["closed"]):
        batch = batches.create_batch(track=world.tracks["empirical"], gate="screen", by=world.people["staff a"])
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
        batches.release_batch(batch=batch)

    application.refresh_from_db()
    assert factories.of(application).released_state == TrackState.STREAMS_OPEN
    assert application.released_state == ApplicationState.IN_SCREEN


def test_edit_after_approval_voids_it(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(world)

    batches.set_outcome(
        decision=line_of(batch, world.people["applicant"]),
        outcome="hold",
        reason="H1: named test",
        by=world.people["staff b"],
    )

    batch.refresh_from_db()
    assert (batch.state, batch.approver, batch.release_at) == (BatchState.DRAFT, None, None)
    assert {factories.of(one).internal_state for one in cohort.values()} == {TrackState.IN_REVIEW}


def test_held_person_is_decided_in_a_later_batch_and_recalled_to_held(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    batches.set_outcome(decision=batch.decisions.get(), outcome="hold", reason="H1", by=world.people["staff a"])
    batch.refresh_from_db()
    with clock.at(world.moments["advanced"]):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
        batches.release_batch(batch=batch)
    assert factories.of(cohort["applicant"]).released_state == TrackState.HELD

    later = factories.approved_batch(world)
    assert factories.of(cohort["applicant"]).internal_state == TrackState.ADVANCED
    batches.recall_batch(batch=later, by=world.people["staff a"])

    row = factories.of(cohort["applicant"])
    assert (row.internal_state, row.released_state) == (TrackState.HELD, TrackState.HELD)


@pytest.mark.requirement(36)
def test_disagreement_needs_a_decision_by_hand(world: World) -> None:
    factories.read_cohort(world, {"applicant": (5, 3)})
    batch = factories.review_batch(world)
    assert [problem.kind for problem in batches.check_batch(batch)] == ["disagreement", "unexplained"]
    with pytest.raises(Refused, match=r"1 disagreement of 1\.0 or more without a note"):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])

    batches.set_outcome(
        decision=batch.decisions.get(),
        outcome="advance",
        reason="Third look: the code runs",
        by=world.people["staff a"],
    )

    batch.refresh_from_db()
    assert [problem for problem in batches.check_batch(batch) if problem.blocks] == []


def test_conflict_declared_by_the_applicants_side_blocks(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    reader = factories.readings_of(factories.of(cohort["applicant"]))[0].reviewer

    record_conflict(reviewer=world.people["applicant"], person=reader, kind="personal", by=world.people["staff a"])

    # The reading is dropped with its reader: what is left is one read too few, and one note less than was checked.
    assert [problem.kind for problem in batches.check_batch(batch)] == ["unread", "unchecked"]


def test_whoever_withdraws_before_the_release_is_left_out_shown_and_audited(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(world)
    with clock.at(world.moments["review"]):
        withdraw_application(application=cohort["other applicant"], by=world.people["other applicant"])
        row = factories.of(cohort["other applicant"])
        assert (row.internal_state, row.released_state) == (TrackState.WITHDRAWN, TrackState.WITHDRAWN)
        assert [(problem.kind, problem.blocks) for problem in batches.check_batch(batch)] == [("gone", False)]
        assert tally(batch, world.people["staff b"]).text == "1 decision: 1 advance"

        batches.release_batch(batch=batch)

    assert factories.of(cohort["applicant"]).released_state == TrackState.ADVANCED
    assert factories.of(cohort["other applicant"]).released_state == TrackState.WITHDRAWN
    assert line_of(batch, world.people["other applicant"]).left_out == "has withdrawn"
    told = OutboxMail.objects.filter(key__startswith="decision:").values_list("person__display_name", flat=True)
    assert list(told) == ["Applicant"]
    assert AuditEvent.objects.filter(verb="leave_out", object_key=batch.public_id).count() == 1
    assert tally(DecisionBatch.objects.get(), world.people["staff b"]).text == "1 decision: 1 advance"


def test_withdrawal_before_the_approval_does_not_stop_it(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.review_batch(world)
    with clock.at(world.moments["review"]):
        withdraw_application(application=cohort["applicant"], by=world.people["applicant"])
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
        batches.release_batch(batch=batch)

    assert factories.of(cohort["applicant"]).internal_state == TrackState.WITHDRAWN
    assert factories.of(cohort["other applicant"]).released_state == TrackState.NOT_ADVANCED


def test_another_change_after_the_approval_still_stops_the_release(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(world)
    TrackApplication.objects.filter(pk=factories.of(cohort["applicant"]).pk).update(internal_state="held")

    with pytest.raises(Refused, match="1 person changed since the approval"):
        batches.release_batch(batch=batch)

    assert factories.of(cohort["other applicant"]).released_state == TrackState.IN_REVIEW
    assert not OutboxMail.objects.filter(key__startswith="decision:").exists()


def test_staff_who_applied_are_left_out_and_may_not_approve(world: World) -> None:
    world.people["applicant"] = world.people["staff a"]
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (4, 4)})

    own = factories.review_batch(world)
    assert [str(d.track_application.application.person) for d in own.decisions.all()] == ["Other Applicant"]
    batches.discard_batch(batch=own, by=world.people["staff a"])

    with clock.at(world.moments["review"]):
        other = batches.create_batch(
            track=world.tracks["empirical"], gate="review", by=world.people["staff b"], rule_line=Decimal("3.5")
        )
    with pytest.raises(Refused, match="not yours to decide on"):
        batches.set_outcome(
            decision=line_of(other, world.people["staff a"]), outcome="advance", reason="me", by=world.people["staff a"]
        )
    with pytest.raises(Refused, match="Somebody else has to approve it"):
        batches.approve_batch(batch=other, version=other.version, by=world.people["staff a"])


def test_reason_is_demanded_for_a_decision_by_hand(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)

    with pytest.raises(Refused, match="Give a reason"):
        batches.set_outcome(decision=batch.decisions.get(), outcome="hold", reason="  ", by=world.people["staff a"])


def test_schedule_makes_a_batch_due_at_its_instant(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.approved_batch(world)
    at = world.date("advance_released")
    with clock.at(world.moments["review"]):
        with pytest.raises(Refused, match="This time has passed"):
            batches.schedule_batch(batch=batch, release_at=world.moments["open"], by=world.people["staff a"])
        batches.schedule_batch(batch=batch, release_at=at, by=world.people["staff a"])

    assert list(batches_due(world.moments["review"])) == []
    assert list(batches_due(at)) == [batch]


def test_released_batch_is_final(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.approved_batch(world)
    batches.release_batch(batch=batch)

    acts = [
        lambda: batches.release_batch(batch=batch),
        lambda: batches.recall_batch(batch=batch, by=world.people["staff a"]),
        lambda: batches.discard_batch(batch=batch, by=world.people["staff a"]),
        lambda: batches.take_out(decision=batch.decisions.get(), by=world.people["staff a"]),
    ]
    for act in acts:
        with pytest.raises(Refused):
            act()
    assert OutboxMail.objects.filter(key__startswith="decision:").count() == 1


def test_second_open_batch_of_a_track_and_gate_is_refused(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    factories.review_batch(world)

    with pytest.raises(Refused, match="open already"):
        factories.review_batch(world)


def test_checks_say_of_lines_one_is_kept_from_only_that_they_are_not_ready(world: World) -> None:
    cohort = factories.read_cohort(world, {"applicant": (1, 5), "other applicant": (1, 5)})
    hidden, seen = (factories.of(cohort[who]).public_id for who in ("applicant", "other applicant"))
    close = person("close")
    grant(close, Role.STAFF)
    record_conflict(reviewer=close, person=world.people["applicant"], kind="personal", by=close)
    batch = factories.review_batch(world)
    unseen = "1 line you cannot see is not ready. Somebody else has to look."

    found = problems_for(batch, close)

    assert problems_for(batch, world.people["staff a"]) == problems(batch)
    assert {hidden, seen} <= set(problems(batch)[0].applications)
    assert {one for problem in found for one in problem.applications} == {seen}
    assert found[-1].text == unseen
    assert [problem.text for problem in found if problem.kind == "disagreement"] == [
        "1 disagreement of 1.0 or more without a note. Decide by hand, with a reason."
    ]
    with clock.at(world.moments["review"]):
        line = batch.decisions.get(track_application__public_id=seen)
        batches.set_outcome(decision=line, outcome="hold", reason="Seen", by=world.people["staff a"])
    page = batch_page(batch, close)
    assert [problem.text for problem in page.problems if problem.blocks] == [unseen]
    assert page.blocks
    batch.refresh_from_db()
    with pytest.raises(Refused, match="1 disagreement"):
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])

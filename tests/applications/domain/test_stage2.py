"""Streams and tasks: who may add what, what submitting asks for, the end of stage 2."""

from datetime import timedelta

import pytest

from applications.domain.application import close_stage2, open_stage2
from applications.domain.evaluations import reopen_evaluation, submit_evaluation
from applications.domain.streams import (
    add_stream,
    choose_areas,
    reopen_stream_application,
    submit_stream_application,
    withdraw_stream_application,
)
from applications.models import EvaluationAssignment, StreamApplication
from applications.queries import due_for_review, due_for_stage2, latest_snapshot
from applications.queries.sheets import stream_place
from applications.states import ApplicationState, EvaluationState, StreamApplicationState, TrackState
from core import clock
from core.models import OutboxMail
from core.refusals import Refused
from core.transitions import publish_state, transition
from streams.models import Stream
from streams.states import StreamState
from tests.applications import factories
from tests.worlds import World

SECOND = timedelta(seconds=1)


@pytest.mark.requirement(18)
def test_stream_of_a_track_not_chosen_is_refused_with_the_reason(world: World) -> None:
    application = factories.in_stage2(world)

    reason = "In the Theory track, which you did not choose"
    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match=reason):
        add_stream(application=application, stream=world.streams["gamma"], by=application.person)


def test_stream_of_a_track_decided_but_not_released_stays_closed(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    application.track_applications.filter(track__slug="theory").update(released_state=TrackState.IN_SCREEN)

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="not open to you"):
        add_stream(application=application, stream=world.streams["gamma"], by=application.person)


def test_paused_stream_takes_no_application(world: World) -> None:
    application = factories.in_stage2(world)
    Stream.objects.filter(slug="alpha").update(state=StreamState.PAUSED, pause_reason="Full.")
    paused = Stream.objects.get(slug="alpha")

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="takes no applications now"):
        add_stream(application=application, stream=paused, by=application.person)


@pytest.mark.parametrize("end", ["stage2_opens", "stage2_closes"])
def test_stream_outside_the_window_is_refused(world: World, end: str) -> None:
    application = factories.in_stage2(world)
    moment = world.date(end) - SECOND if end == "stage2_opens" else world.date(end) + world.grace

    with clock.at(moment), pytest.raises(Refused, match="Stage 2"):
        add_stream(application=application, stream=world.streams["alpha"], by=application.person)


def test_adding_twice_is_one_and_after_a_withdrawal_the_answers_come_back(world: World) -> None:
    application = factories.in_stage2(world)
    row = factories.stream_submitted(world, application, "alpha")

    with clock.at(world.moments["stage2"]):
        withdraw_stream_application(stream_application=row, by=application.person)
        again = add_stream(application=application, stream=world.streams["alpha"], by=application.person)
        same = add_stream(application=application, stream=world.streams["alpha"], by=application.person)

    assert again == same == row
    assert again.released_state == StreamApplicationState.DRAFT
    assert application.answers.filter(scope="stream", scope_key=row.public_id).count() == 1


def test_submitting_asks_for_answers_an_area_and_the_agreement_in_turn(world: World) -> None:
    application = factories.in_stage2(world)
    with clock.at(world.moments["stage2"]):
        row = add_stream(application=application, stream=world.streams["beta"], by=application.person)
        reasons = []
        for step in ("area", "answer", "agreement"):
            with pytest.raises(Refused) as refused:
                submit_stream_application(stream_application=row, by=application.person)
            reasons.append(str(refused.value))
            if step == "area":
                choose_areas(stream_application=row, areas=[row.stream.areas.first()], by=application.person)
            if step == "answer":
                factories.fill(application, stream_place(row))
        row = submit_stream_application(stream_application=row, by=application.person, acknowledged=["agreement"])

    assert reasons == [
        "Choose at least one area of this stream.",
        "This stream application is not complete. Answer “Fit?”.",
        "Tick that you have read the agreement.",
    ]
    assert (row.released_state, row.agreement.version) == (StreamApplicationState.SUBMITTED, 1)
    assert "North" in str(latest_snapshot(application, "stream", row.public_id).content)


def test_area_of_another_stream_is_refused(world: World) -> None:
    application = factories.in_stage2(world)
    area = world.streams["beta"].areas.first()
    with clock.at(world.moments["stage2"]):
        row = add_stream(application=application, stream=world.streams["alpha"], by=application.person)

        with pytest.raises(Refused, match="areas of this stream"):
            choose_areas(stream_application=row, areas=[area], by=application.person)


@pytest.mark.requirement(19)
def test_evaluation_is_assigned_once_though_two_tracks_ask_and_the_phase_runs_twice(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))

    with clock.at(world.moments["stage2"]):
        open_stage2(application=application)

    assert EvaluationAssignment.objects.count() == 1
    assert OutboxMail.objects.filter(template="applications/mail/stage2_todo.txt").count() == 1


def test_nobody_enters_stage_two_by_a_decision_that_was_not_released(world: World) -> None:
    application = factories.in_screen(world)
    row = application.track_applications.get()
    with clock.at(world.moments["stage2"]):
        row = transition(row, "pass_screen", by=None)
        assert not due_for_stage2(world.cycle).exists()
        assert open_stage2(application=application).internal_state == ApplicationState.IN_SCREEN
        publish_state(row, by=None)
        assert list(due_for_stage2(world.cycle)) == [application]
        assert open_stage2(application=application).released_state == ApplicationState.STAGE2


def test_task_needs_the_statement_where_the_rule_says_so(world: World) -> None:
    application = factories.in_stage2(world)
    task = application.evaluation_assignments.get()
    with clock.at(world.moments["stage2"]):
        with pytest.raises(Refused, match="Answer “Approach"):
            submit_evaluation(assignment=task, by=application.person, ai_statement="none")
        factories.answer(application, "approach", "Mine", place=factories.evaluation_place(task))
        with pytest.raises(Refused, match="Write “none”"):
            submit_evaluation(assignment=task, by=application.person)
        task = submit_evaluation(assignment=task, by=application.person, ai_statement=" none ")

    assert (task.state, task.ai_statement) == (EvaluationState.SUBMITTED, "none")
    assert "none" in str(latest_snapshot(application, "evaluation", task.public_id).content)


def test_stage_two_ends_with_drafts_lapsed_and_reopened_work_as_handed_in(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    reopened = factories.stream_submitted(world, application, "alpha")
    draft = factories.stream_draft(world, application, "gamma")
    task = factories.evaluation_submitted(world, application)
    with clock.at(world.moments["stage2"] + timedelta(hours=1)):
        reopen_stream_application(stream_application=reopened, by=application.person)
        reopen_evaluation(assignment=task, by=application.person)

    with clock.at(world.moments["review"]):
        assert list(due_for_review(world.cycle)) == [application]
        application = close_stage2(application=application)
        assert not due_for_review(world.cycle).exists()

    streams = dict(StreamApplication.objects.values_list("pk", "released_state"))
    assert streams == {
        reopened.pk: StreamApplicationState.SUBMITTED,
        draft.pk: StreamApplicationState.LAPSED,
    }
    tracks = dict(application.track_applications.values_list("track__slug", "released_state"))
    assert tracks == {"empirical": TrackState.IN_REVIEW, "theory": TrackState.LAPSED}
    task.refresh_from_db()
    assert (task.state, application.released_state) == (EvaluationState.SUBMITTED, ApplicationState.UNDER_REVIEW)


def test_stage_two_without_a_submitted_stream_closes_the_application(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_draft(world, application, "alpha")

    with clock.at(world.moments["review"]):
        application = close_stage2(application=application)

    assert application.internal_state == application.released_state == ApplicationState.CLOSED
    assert application.evaluation_assignments.get().state == EvaluationState.EXPIRED
    assert OutboxMail.objects.filter(template="applications/mail/stage2_lapsed.txt").count() == 1


def test_stage_two_is_not_ended_within_the_grace(world: World) -> None:
    application = factories.in_stage2(world)

    with clock.at(world.date("stage2_closes") + world.grace - SECOND):
        row = add_stream(application=application, stream=world.streams["alpha"], by=application.person)
        with pytest.raises(Refused, match="still open"):
            close_stage2(application=application)

    assert row.released_state == StreamApplicationState.DRAFT


def test_track_that_was_decided_but_not_released_is_not_touched_by_the_end_of_stage_two(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    factories.stream_submitted(world, application, "alpha")
    application.track_applications.filter(track__slug="theory").update(released_state=TrackState.IN_SCREEN)

    with clock.at(world.moments["review"]):
        close_stage2(application=application)

    rows = application.track_applications.values_list("track__slug", "internal_state", "released_state")
    assert set(rows) == {
        ("empirical", TrackState.IN_REVIEW, TrackState.IN_REVIEW),
        ("theory", TrackState.STREAMS_OPEN, TrackState.IN_SCREEN),
    }

"""One task of one person: excused, given more time, dropped with its stream, asked for by mentors."""

from datetime import timedelta
from typing import Any

import pytest

from applications.domain.evaluations import submit_evaluation
from applications.domain.exceptions import ask_task_again, excuse_task, extend_task
from applications.domain.gates import decide_tracks, take_back_tracks
from applications.domain.invariants import ALL
from applications.domain.phases import close_stage2
from applications.domain.releases import release_tracks
from applications.domain.scores import check_scores, read_scores
from applications.domain.streams import add_stream, withdraw_stream_application
from applications.domain.timed import start_evaluation
from applications.models import Application, EvaluationAssignment, EvaluationDefinition
from applications.queries import moves_of
from applications.states import AiPolicy, ApplicationState, AskedWhen, EvaluationKind, EvaluationState, TaskWindow
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from mats_portal.desk.phases import move_phases
from tests.applications import factories
from tests.worlds import World

E = EvaluationState
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def definition(world: World, *streams: str, **fields: Any) -> EvaluationDefinition:
    values = {
        "cycle": world.cycle, "code": "shared", "title": "Shared test", "brief": "Read.",
        "form": world.evaluation.form, "effort_minutes": 30, "ai_policy": AiPolicy.FORBIDDEN, **fields,
    }  # fmt: skip
    made = EvaluationDefinition.objects.create(**values)
    made.streams.set(world.streams[slug] for slug in streams)
    return made


def shared(application: Application) -> EvaluationAssignment:
    return application.evaluation_assignments.get(definition__code="shared")


def broken(world: World) -> dict[str, list]:
    return {check.__name__: list(rows) for check in ALL if (rows := check())}


@pytest.mark.requirement(104)
def test_excused_task_is_neither_missing_nor_graded_and_is_asked_again(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    task, lead = application.evaluation_assignments.get(), world.people["empirical lead"]
    with clock.at(world.moments["stage2"]):
        with pytest.raises(Refused, match="Write down why"):
            excuse_task(assignment=task, reason="  ", by=lead)
        excuse_task(assignment=task, reason="Wrote this test", by=lead)
        excuse_task(assignment=task, reason="Twice", by=lead)
        assert "Coding task" not in [move.label for move in moves_of(application) if move.is_open]
        with pytest.raises(Refused, match="not asked of you"):
            factories.fill(application, factories.evaluation_place(task))
        task = ask_task_again(assignment=task, by=lead)
        assert task.state == E.ASSIGNED
        excuse_task(assignment=task, reason="After all", by=lead)
    with clock.at(world.moments["review"]):
        move_phases()
        task.refresh_from_db()
        assert task.state == E.EXCUSED
        assert ask_task_again(assignment=task, by=lead).state == E.EXPIRED

    assert [row.reason for row in task.excusals.order_by("pk")] == ["Wrote this test", "After all"]
    mails = OutboxMail.objects.filter(template__contains="task_").order_by("pk")
    assert [mail.template.split("/")[-1] for mail in mails] == [
        "task_excused.txt", "task_asked_again.txt", "task_excused.txt",
    ]  # fmt: skip
    assert not any("Wrote this test" in mail.body for mail in mails)
    assert AuditEvent.objects.filter(verb="excuse").count() == 2
    assert broken(world) == {}


def test_what_was_handed_in_cannot_be_excused_away(world: World) -> None:
    application = factories.in_stage2(world)
    task = factories.evaluation_submitted(world, application)

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="handed in"):
        excuse_task(assignment=task, reason="Too hard", by=world.people["staff a"])


def test_score_of_an_excused_person_is_named_and_refused(world: World) -> None:
    definition(world, "alpha", kind=EvaluationKind.EXTERNAL, form=None, provider="probe")
    application = factories.in_stage2(world)
    factories.stream_draft(world, application, "alpha")
    task = shared(application)
    with clock.at(world.moments["stage2"]):
        excuse_task(assignment=task, reason="Ill", by=world.people["staff a"])
        outcome = check_scores(provider="probe", reported=read_scores(f"code,score,out_of\n{task.public_id},3,4\n"))

    assert outcome.refused == [(2, "This person is excused from the test, or it is not asked any more.")]


def test_more_time_for_one_task_holds_to_the_second_and_beyond_stage_2(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    task, staff = application.evaluation_assignments.get(), world.people["staff a"]
    closes = world.date("stage2_closes")
    until = closes + 3 * DAY
    with clock.at(world.moments["stage2"]):
        for wrong in (closes, world.date("review_closes") + SECOND):
            with pytest.raises(Refused):
                extend_task(assignment=task, until=wrong, reason="Ill", by=staff)
        extend_task(assignment=task, until=until, reason="Ill", by=staff)
    with clock.at(world.moments["review"]):
        move_phases()
        application.refresh_from_db()
        assert application.released_state == ApplicationState.UNDER_REVIEW
        assert [(move.label, move.due_at) for move in moves_of(application)] == [("Coding task", until)]
        with pytest.raises(Refused):
            add_stream(application=application, stream=world.streams["beta"], by=application.person)
    with clock.at(until + world.grace - SECOND):
        assert "tasks_closed" not in move_phases()
        factories.fill(application, factories.evaluation_place(task))
    with clock.at(until + world.grace), pytest.raises(Refused, match="time for this task ended"):
        submit_evaluation(assignment=task, by=application.person, ai_statement="none")
    with clock.at(until + world.grace):
        assert move_phases()["tasks_closed"] == 1
        task.refresh_from_db()
        assert task.state == E.EXPIRED
        assert moves_of(application) == []
    assert broken(world) == {}


def test_expired_task_opens_again_for_the_one_and_a_clock_starts_anew(world: World) -> None:
    EvaluationDefinition.objects.update(time_limit_minutes=60)
    application, other = factories.in_stage2(world), factories.in_stage2(world, "other applicant")
    for one in (application, other):
        factories.stream_submitted(world, one, "alpha")
    task = application.evaluation_assignments.get()
    with clock.at(world.moments["stage2"]):
        start_evaluation(assignment=task, by=application.person)
    with clock.at(world.moments["review"]):
        move_phases()
        task.refresh_from_db()
        assert task.state == E.EXPIRED
        extend_task(assignment=task, until=clock.now() + DAY, reason="Power cut", by=world.people["staff a"])
        task.refresh_from_db()
        assert (task.state, task.ends_at) == (E.ASSIGNED, None)
        task = start_evaluation(assignment=task, by=application.person)
        factories.fill(application, factories.evaluation_place(task))
        task = submit_evaluation(assignment=task, by=application.person, ai_statement="none")
        assert task.state == E.SUBMITTED
        with pytest.raises(Refused):
            start_evaluation(assignment=other.evaluation_assignments.get(), by=other.person)
    assert broken(world) == {}


def test_withdrawing_a_stream_closes_only_what_it_alone_asked_for(world: World) -> None:
    test = definition(world, "alpha", "beta")
    application = factories.in_stage2(world)
    alpha = factories.stream_draft(world, application, "alpha")
    beta = factories.stream_draft(world, application, "beta")
    task = shared(application)
    with clock.at(world.moments["stage2"]):
        factories.answer(application, "approach", "Typed before", place=factories.evaluation_place(task))
        withdraw_stream_application(stream_application=alpha, by=application.person)
        assert shared(application).state == E.ASSIGNED, "beta still asks"
        withdraw_stream_application(stream_application=beta, by=application.person)
        assert shared(application).state == E.VOID
        assert "Shared test" not in [move.label for move in moves_of(application)]
        assert application.evaluation_assignments.get(definition=world.evaluation).state == E.ASSIGNED
        add_stream(application=application, stream=world.streams["alpha"], by=application.person)

    task.refresh_from_db()
    assert (task.state, test.assignments.count()) == (E.ASSIGNED, 1)
    assert application.answers.get(scope="evaluation", scope_key=task.public_id).value == "Typed before"


def test_withdrawing_leaves_handed_in_work_and_a_running_clock(world: World) -> None:
    definition(world, "alpha", time_limit_minutes=60)
    application = factories.in_stage2(world)
    alpha = factories.stream_draft(world, application, "alpha")
    with clock.at(world.moments["stage2"]):
        start_evaluation(assignment=shared(application), by=application.person)
        withdraw_stream_application(stream_application=alpha, by=application.person)

        assert shared(application).state == E.STARTED


def test_mentors_task_is_asked_on_advance_once_and_written_in_their_stage(world: World) -> None:
    definition(world, "alpha", "beta", streams_ask=AskedWhen.ADVANCED)
    application = factories.in_stage2(world)
    for slug in ("alpha", "beta"):
        factories.stream_submitted(world, application, slug)
    assert not application.evaluation_assignments.filter(definition__code="shared").exists()
    with clock.at(world.moments["review"]):
        close_stage2(application=application)
        row = application.track_applications.get()
        decide_tracks(track_applications=[row.pk], verb="advance", by=world.people["staff a"])
    with clock.at(world.moments["advanced"]):
        found = release_tracks(track_applications=[row.pk], by=world.people["staff a"])[row.pk]
        task = shared(application)
        application.refresh_from_db()
        assert task.window == TaskWindow.STREAM_STAGE
        assert [move.label for move in moves_of(application)] == ["Shared test"]
        assert OutboxMail.objects.filter(template="applications/mail/stream_task.txt").count() == 1
        # The release is taken back, and comes again.
        assert take_back_tracks(found={row.pk: found}, by=world.people["staff a"]) == {row.pk: ""}
        assert shared(application).state == E.VOID
        decide_tracks(track_applications=[row.pk], verb="advance", by=world.people["staff a"])
        release_tracks(track_applications=[row.pk], by=world.people["staff a"])
        assert shared(application).state == E.ASSIGNED
        factories.fill(application, factories.evaluation_place(task))
    with clock.at(world.date("stream_stage_closes") + world.grace):
        assert move_phases()["tasks_closed"] == 1
        assert shared(application).state == E.EXPIRED
    assert broken(world) == {}

"""Tasks with a clock: the server's alone, which starts once and hands in what was saved."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from applications.domain.evaluations import keep_statement, reopen_evaluation, reuse_evaluation, submit_evaluation
from applications.domain.phases import close_stage2
from applications.domain.streams import add_stream
from applications.domain.timed import end_accommodation, end_timed_task, grant_time, start_evaluation
from applications.models import Application, EvaluationAssignment, EvaluationDefinition, ExternalScore
from applications.queries import latest_snapshot
from applications.queries.earlier import earlier_work
from applications.queries.sheets import evaluation_place
from applications.queries.stage2 import hub, task_askers
from applications.states import AiPolicy, EvaluationKind, EvaluationState
from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from mats_portal.desk.phases import move_phases
from streams.models import Cycle
from tests.applications import factories
from tests.worlds import World, small_world

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def task(world: World) -> EvaluationAssignment:
    """Return the coding task of one person in stage 2, with a clock of 60 minutes."""
    EvaluationDefinition.objects.update(time_limit_minutes=60)
    return factories.in_stage2(world).evaluation_assignments.select_related("definition", "application").get()


def started(world: World, task: EvaluationAssignment) -> EvaluationAssignment:
    """Start the clock in the middle of stage 2."""
    with clock.at(world.moments["stage2"]):
        return start_evaluation(assignment=task, by=task.application.person)


def write(task: EvaluationAssignment, text: str) -> Any:
    """Save one answer."""
    return factories.answer(task.application, "approach", text, place=evaluation_place(task))


def test_clock_starts_once_and_its_end_is_the_servers(world: World, task: EvaluationAssignment) -> None:
    first = started(world, task)
    with clock.at(world.moments["stage2"] + 5 * MINUTE):
        again = start_evaluation(assignment=task, by=task.application.person)

    assert first.started_at == again.started_at == world.moments["stage2"]
    assert again.ends_at == world.moments["stage2"] + 60 * MINUTE


def test_nothing_is_written_before_the_start_and_what_is_saved_late_is_refused(
    world: World, task: EvaluationAssignment
) -> None:
    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="Start it first"):
        write(task, "Early")
    ends_at = started(world, task).ends_at
    with clock.at(ends_at + 30 * SECOND):
        write(task, "In flight")
    with clock.at(ends_at + 31 * SECOND):
        for late in (lambda: write(task, "Late"), lambda: keep_statement(assignment=task, text="none")):
            with pytest.raises(Refused, match="Time ended"):
                late()
        with pytest.raises(Refused, match="Time ended"):
            submit_evaluation(assignment=task, by=None, ai_statement="none")


def test_end_of_time_hands_in_what_was_saved_by_the_calendar_and_only_once(
    world: World, task: EvaluationAssignment
) -> None:
    task = started(world, task)
    with clock.at(world.moments["stage2"] + 10 * MINUTE):
        write(task, "Half of it")
    with clock.at(task.ends_at + 29 * SECOND):
        assert move_phases().get("tasks_timed_out", 0) == 0
    with clock.at(task.ends_at + 31 * SECOND):
        assert move_phases()["tasks_timed_out"] == 1
        assert move_phases().get("tasks_timed_out", 0) == 0
    task.refresh_from_db()
    content = str(latest_snapshot(task.application, "evaluation", task.public_id).content)

    assert (task.state, task.by_clock, task.submitted_at) == (EvaluationState.SUBMITTED, True, task.ends_at)
    assert "Half of it" in content
    assert "No statement was given before the time ended." in content


def test_end_of_time_with_nothing_saved_expires(world: World, task: EvaluationAssignment) -> None:
    task = started(world, task)
    with clock.at(task.ends_at + MINUTE):
        assert end_timed_task(assignment=task).state == EvaluationState.EXPIRED


def test_last_start_leaves_the_whole_time(world: World, task: EvaluationAssignment) -> None:
    last = world.date("stage2_closes") - 60 * MINUTE
    with clock.at(last + SECOND), pytest.raises(Refused, match="could be started until"):
        start_evaluation(assignment=task, by=None)
    with clock.at(last):
        assert start_evaluation(assignment=task, by=None).ends_at == world.date("stage2_closes")


def test_close_of_stage_two_hands_in_a_clock_that_the_calendar_missed(world: World, task: EvaluationAssignment) -> None:
    factories.stream_submitted(world, task.application, "alpha")
    task = started(world, task)
    with clock.at(world.moments["stage2"] + MINUTE):
        write(task, "Saved")
    with clock.at(world.moments["review"]):
        close_stage2(application=task.application)
    task.refresh_from_db()

    assert (task.state, task.by_clock) == (EvaluationState.SUBMITTED, True)


def test_one_clock_runs_at_a_time(world: World, task: EvaluationAssignment) -> None:
    other = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="second", title="Second", brief="x", form=task.definition.form, effort_minutes=30,
        time_limit_minutes=30, ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    second = EvaluationAssignment.objects.create(application=task.application, definition=other)
    started(world, task)

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="clock of “Coding task” is running"):
        start_evaluation(assignment=second, by=None)


def test_timed_task_is_handed_in_once(world: World, task: EvaluationAssignment) -> None:
    started(world, task)
    with clock.at(world.moments["stage2"] + MINUTE):
        write(task, "Done")
        submit_evaluation(assignment=task, by=None, ai_statement="none")
        with pytest.raises(Refused, match="handed in once"):
            reopen_evaluation(assignment=task, by=None)


def test_more_time_multiplies_the_clock_and_its_reason_stands_in_no_record(
    world: World, task: EvaluationAssignment
) -> None:
    person, staff = task.application.person, world.people["staff a"]
    with clock.at(world.moments["stage2"]):
        grant_time(person=person, factor=Decimal("1.5"), reason="a private matter", by=staff)
        task = start_evaluation(assignment=task, by=person)
        assert task.ends_at == world.moments["stage2"] + 90 * MINUTE
        longer = grant_time(person=person, factor=Decimal(2), reason="a private matter", by=staff)
    task.refresh_from_db()
    with clock.at(world.moments["stage2"] + MINUTE):
        end_accommodation(accommodation=longer, by=staff)
    task.refresh_from_db()

    assert task.ends_at == world.moments["stage2"] + 120 * MINUTE
    assert "private" not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(("factor", "reason"), [("1", "why"), ("4.5", "why"), ("1.5", " ")])
def test_more_time_needs_a_factor_and_a_reason(world: World, factor: str, reason: str) -> None:
    with pytest.raises(Refused):
        grant_time(person=world.people["applicant"], factor=Decimal(factor), reason=reason, by=world.people["staff a"])


@pytest.mark.requirement(22)
def test_three_streams_that_ask_for_one_test_make_one_task_which_names_them(world: World) -> None:
    test = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="shared", title="Shared test", brief="x", form=world.evaluation.form,
        effort_minutes=30, ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    test.streams.set(world.streams.values())
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    with clock.at(world.moments["stage2"]):
        for slug in ("alpha", "beta", "gamma", "alpha"):
            add_stream(application=application, stream=world.streams[slug], by=application.person)
        rows = application.evaluation_assignments.filter(definition=test).select_related("definition", "application")
        shown = [row.tracks for row in hub(application).tasks if row.title == "Shared test"]

    assert task_askers(rows.get()) == "Stream Alpha, Stream Beta, Stream Gamma"
    assert shown == ["Stream Alpha, Stream Beta, Stream Gamma"]


@pytest.mark.requirement(22)
@pytest.mark.django_db(transaction=True)
def test_three_streams_added_at_once_still_make_one_task(transactional_db: None, request: Any) -> None:
    world = small_world()
    test = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="shared", title="Shared test", brief="x", form=world.evaluation.form,
        effort_minutes=30, ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    test.streams.set(world.streams.values())
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    gate, failures = threading.Barrier(3), []

    def add(slug: str) -> None:
        try:
            gate.wait()
            with clock.at(world.moments["stage2"]):
                add_stream(application=application, stream=world.streams[slug], by=application.person)
        except Exception as error:  # noqa: BLE001 -- shown by the assertion below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[slug]) for slug in world.streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert application.stream_applications.count() == 3
    assert application.evaluation_assignments.filter(definition=test).count() == 1


def test_control_the_database_itself_refuses_a_second_task(world: World, task: EvaluationAssignment) -> None:
    with pytest.raises(IntegrityError, match="evaluation_assigned_once"), transaction.atomic():
        EvaluationAssignment.objects.create(application=task.application, definition=task.definition)


@pytest.mark.requirement(34)
@pytest.mark.parametrize("rule", [AiPolicy.ALLOWED_DISCLOSE, AiPolicy.REQUIRED])
def test_part_that_allows_ai_tools_asks_for_the_disclosure(world: World, rule: str) -> None:
    EvaluationDefinition.objects.update(ai_policy=AiPolicy.FORBIDDEN, part_policies={"task": rule})
    application = factories.in_stage2(world)
    task = application.evaluation_assignments.get()
    with clock.at(world.moments["stage2"]):
        write(task, "Done")
        with pytest.raises(Refused, match="Say which AI tools"):
            submit_evaluation(assignment=task, by=None)
        assert submit_evaluation(assignment=task, by=None, ai_statement="none").state == EvaluationState.SUBMITTED


@pytest.mark.requirement(34)
def test_task_without_ai_tools_asks_for_no_statement(world: World) -> None:
    EvaluationDefinition.objects.update(ai_policy=AiPolicy.FORBIDDEN)
    task = factories.in_stage2(world).evaluation_assignments.get()
    with clock.at(world.moments["stage2"]):
        write(task, "Done")
        assert submit_evaluation(assignment=task, by=None).state == EvaluationState.SUBMITTED


def earlier_cycle(world: World, task: EvaluationAssignment, *, version: int = 1) -> EvaluationAssignment:
    """Return the same person's work in the cycle before."""
    starts = world.cycle.programme_starts_on
    before = Cycle.objects.create(
        slug="spring-2026", code="26S", name="Spring 2026", programme_starts_on=starts.replace(month=3),
        programme_ends_on=starts.replace(month=6), grace_minutes=15,
    )  # fmt: skip
    definition = EvaluationDefinition.objects.create(
        cycle=before, code="coding", version=version, title="Coding task", brief="x", form=task.definition.form,
        effort_minutes=90, ai_policy=AiPolicy.ALLOWED_DISCLOSE,
    )  # fmt: skip
    application = Application.objects.create(
        person=task.application.person, cycle=before, reference="26S-1", submitted_at=world.moments["before"]
    )
    row = EvaluationAssignment.objects.create(
        application=application, definition=definition, state="submitted", submitted_at=world.moments["before"],
        ai_statement="none then",
    )  # fmt: skip
    snapshot = latest_snapshot(task.application, "general")
    application.snapshots.create(
        scope="evaluation", scope_key=row.public_id, sha256=snapshot.sha256, submitted_at=row.submitted_at,
        content=[{"title": "Task", "scope": "evaluation", "scope_key": row.public_id, "items": [
            {"code": "approach", "question": "Approach?", "kind": "long_text", "data_class": "none",
             "value": "As before", "display": "As before"}]}],
    )  # fmt: skip
    return row


@pytest.mark.parametrize(("reuse_cycles", "version", "counts"), [(1, 1, True), (0, 1, False), (1, 2, False)])
def test_earlier_work_counts_again_as_its_definition_says(
    world: World, reuse_cycles: int, version: int, counts: bool
) -> None:
    EvaluationDefinition.objects.update(reuse_cycles=reuse_cycles)
    task = factories.in_stage2(world).evaluation_assignments.select_related("definition", "application").get()
    earlier = earlier_cycle(world, task, version=version)
    with clock.at(world.moments["stage2"]):
        assert earlier_work(task) == (earlier if counts else None)
        if not counts:
            with pytest.raises(Refused, match="no earlier work"):
                reuse_evaluation(assignment=task, by=None)
            return
        task = reuse_evaluation(assignment=task, by=None)

    assert (task.state, task.reused_from) == (EvaluationState.SUBMITTED, earlier)
    assert "As before" in str(latest_snapshot(task.application, "evaluation", task.public_id).content)


def test_external_test_is_not_expired_by_the_close(world: World) -> None:
    test = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="outside", title="Outside", brief="x", effort_minutes=30, kind=EvaluationKind.EXTERNAL,
        provider="assessor", ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    test.tracks.set(world.tracks.values())
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    with clock.at(world.moments["review"]):
        close_stage2(application=application)

    assert application.evaluation_assignments.get(definition=test).state == EvaluationState.ASSIGNED
    assert not ExternalScore.objects.exists()

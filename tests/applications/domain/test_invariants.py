"""Each statement finds the row that breaks it: an alarm that cannot ring is none."""

from collections.abc import Callable

import pgtrigger
import pytest
from django.db import connection, models, transaction

from applications.domain import invariants
from applications.domain.concerns import Seen, raise_concern
from applications.domain.rulings import confirm_ruling, propose_ruling
from applications.models import (
    AnswerSnapshot,
    Application,
    CaseEvidence,
    CaseRuling,
    EvaluationAssignment,
    EvaluationDefinition,
    ExternalScore,
    IntegrityCase,
    Referee,
    Reference,
    StreamApplication,
    TrackApplication,
)
from core import clock
from core.transitions import locked, transition
from streams.models import Cycle, StreamTrack, Track
from tests.applications import factories
from tests.roles import as_owner
from tests.worlds import World


def lose_snapshots(scope: str) -> None:
    AnswerSnapshot.objects.filter(scope=scope).delete()


def move_to_another_cycle(world: World) -> None:
    cycle = Cycle.objects.get()
    cycle.pk, cycle.slug, cycle.code, cycle.public_id, cycle.is_public_current = None, "other", "X", "other", False
    cycle.save()
    Track.objects.update(cycle=cycle)


def ask_twice(world: World) -> None:
    definition = EvaluationDefinition.objects.get()
    definition.pk, definition.version, definition.public_id = None, 2, "second"
    definition.save()
    EvaluationAssignment.objects.create(application=Application.objects.get(), definition=definition)


def give(**fields: object) -> None:
    """Make a second task beside the one that the scene has."""
    definition = EvaluationDefinition.objects.get()
    definition.pk, definition.code, definition.public_id = None, "another", "another"
    definition.save()
    EvaluationAssignment.objects.create(application=Application.objects.get(), definition=definition, **fields)


def name_referees(*, n: int = 1, cycle: Cycle | None = None, email: str = "", **fields: object) -> None:
    application = Application.objects.get()
    for number in range(n):
        address = email or f"referee{number}@lab.example.org"
        referee = Referee.objects.create(cycle=cycle or application.cycle, email=address)
        Reference.objects.create(application=application, referee=referee, name="Ruth", access_waived=True, **fields)


def ask_for_a_draft(world: World) -> None:
    name_referees(state="requested", requested_at=world.moments["stage2"])
    Application.objects.update(submitted_at=None, internal_state="draft", released_state="draft")


def other_cycle() -> Cycle:
    cycle = Cycle.objects.get()
    cycle.pk, cycle.slug, cycle.code, cycle.public_id, cycle.is_public_current = None, "other", "X", "other", False
    cycle.save()
    return cycle


def settled(world: World) -> None:
    """Have a question asked, its date go by, and two people find that there is no concern."""
    task, people = EvaluationAssignment.objects.get(), world.people
    with clock.at(world.moments["review"]):
        case = raise_concern(
            assignment=task, concern="Seen", evidence=[Seen("record", "Two versions")], by=people["empirical lead"]
        )
    with clock.at(case.reply_by + world.grace):
        propose_ruling(case=case, outcome="no_concern", reason="Explained", by=people["staff a"])
        confirm_ruling(case=case, by=people["staff b"])


def tell_otherwise(model: type[models.Model], verb: str, **remembered: str) -> None:
    """Have the only row of ``model`` end as the record says, and remember something else."""
    with transaction.atomic():
        transition(locked(model._base_manager.get()), verb, by=None)
    triggers = ("applications.Application:led_back_no_further", "applications.TrackApplication:recalled_no_further")
    with pgtrigger.ignore(*triggers):
        model._base_manager.update(**remembered)


def settle_alone(world: World) -> None:
    settled(world)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still waiting cannot be altered
        cursor.execute("ALTER TABLE applications_caseruling DROP CONSTRAINT case_ruling_by_two_who_did_not_raise_it")
    CaseRuling.objects.update(confirmed_by=world.people["staff a"])


BREAKERS: dict[Callable, Callable[[World], object]] = {
    invariants.submitted_applications_without_a_snapshot: lambda _: lose_snapshots("general"),
    invariants.submitted_applications_without_a_track: lambda _: TrackApplication.objects.all().delete(),
    invariants.applications_out_of_step: lambda _: Application.objects.update(released_state="accepted"),
    invariants.track_applications_out_of_step: lambda _: TrackApplication.objects.update(released_state="advanced"),
    invariants.live_tracks_of_ended_applications: lambda _: Application.objects.update(internal_state="closed"),
    invariants.closings_that_the_record_tells_otherwise: lambda _: tell_otherwise(
        Application, "close", closed_from="final"
    ),
    invariants.refusals_that_the_record_tells_otherwise: lambda _: tell_otherwise(
        TrackApplication, "not_advance", not_advanced_from="in_screen"
    ),
    invariants.applications_past_a_review_that_advanced_nothing: lambda _: Application.objects.update(
        internal_state="final"
    ),
    invariants.tracks_of_another_cycle: move_to_another_cycle,
    invariants.stream_applications_outside_the_tracks: lambda _: StreamTrack.objects.all().delete(),
    invariants.stream_applications_without_a_snapshot: lambda _: lose_snapshots("stream"),
    invariants.stream_applications_before_stage2: lambda _: Application.objects.update(internal_state="in_screen"),
    invariants.agreements_not_acknowledged: lambda _: StreamApplication.objects.update(acknowledged_at=None),
    invariants.evaluations_asked_twice: ask_twice,
    invariants.evaluations_without_a_snapshot: lambda _: lose_snapshots("evaluation"),
    invariants.excuses_out_of_step: lambda _: give(state="excused"),
    invariants.task_times_without_a_reason: lambda world: give(extended_until=world.moments["review"]),
    invariants.evaluations_before_their_stage: lambda _: Application.objects.update(internal_state="submitted"),
    invariants.scores_of_providers_out_of_step: lambda _: ExternalScore.objects.create(
        assignment=EvaluationAssignment.objects.get(), value=3, out_of=4, source="csv"
    ),
    invariants.tasks_out_of_step_with_their_question: lambda _: EvaluationAssignment.objects.update(
        state="integrity_review"
    ),
    invariants.questions_resting_on_a_detector_alone: lambda world: (
        settled(world),
        CaseEvidence.objects.update(kind="detector"),
    ),
    invariants.questions_settled_without_two_people: settle_alone,
    invariants.questions_settled_without_a_hearing: lambda world: (
        settled(world),
        IntegrityCase.objects.update(reply_by=world.moments["advanced"], decide_by=world.moments["offers"]),
    ),
    invariants.references_without_their_letter: lambda world: name_referees(
        state="submitted", requested_at=world.moments["stage2"], submitted_at=world.moments["stage2"]
    ),
    invariants.referees_who_are_the_applicant: lambda world: name_referees(email=world.people["applicant"].email),
    invariants.applications_with_too_many_referees: lambda _: name_referees(n=3),
    invariants.referees_of_another_cycle: lambda _: name_referees(cycle=other_cycle()),
    invariants.referees_asked_for_drafts: ask_for_a_draft,
}


def test_every_statement_has_a_breaker() -> None:
    assert set(BREAKERS) == set(invariants.ALL)


@pytest.mark.parametrize("statement", invariants.ALL, ids=lambda statement: statement.__name__)
def test_statement_holds_until_it_is_broken(world: World, statement: Callable) -> None:
    factories.under_review(world, streams=("beta",))
    assert list(statement()) == []

    BREAKERS[statement](world)

    assert statement().exists()

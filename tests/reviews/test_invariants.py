"""Each statement finds the row that breaks it: an alarm that cannot ring is none."""

from collections.abc import Callable

import pytest
from django.db import connection

from applications.models import TrackApplication
from reviews.domain import batches, invariants
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, Review, ReviewAssignment, ReviewScore, Rubric
from tests.reviews import factories
from tests.roles import as_owner
from tests.worlds import LONG_AGO, MOMENTS, World


def lose_constraint(name: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still waiting cannot be altered
        cursor.execute(f"ALTER TABLE reviews_decisionbatch DROP CONSTRAINT {name}")


def approve_by_maker(world: World) -> None:
    lose_constraint("batch_approved_by_a_second_person")
    DecisionBatch.objects.update(approver=world.people["staff a"])


def add_conflict(world: World) -> None:
    # Declared by the applicant's side, past the function that would have ended the reading.
    reviewer = ReviewAssignment.objects.filter(track_application__isnull=False).first().reviewer
    ConflictOfInterest.objects.create(reviewer=world.people["applicant"], person=reviewer, kind="personal")


def use_another_rubric(world: World) -> None:
    ReviewAssignment.objects.update(rubric=Rubric.objects.get(track=world.tracks["theory"]))


def approve_anew_and_turn_round(_: World) -> None:
    DecisionBatch.objects.update(state="approved", released_at=None)
    Decision.objects.update(outcome="not_advance")


BREAKERS: dict[Callable, Callable[[World], object]] = {
    invariants.readings_in_conflict: add_conflict,
    invariants.readings_handed_in_incomplete: lambda _: ReviewScore.objects.filter(criterion__code="code").delete(),
    invariants.readings_by_the_rubric_of_another_text: use_another_rubric,
    invariants.batches_without_a_second_person: approve_by_maker,
    invariants.batches_released_without_a_time: lambda _: DecisionBatch.objects.update(released_at=None),
    invariants.outcomes_shown_without_a_release: lambda _: Decision.objects.all().delete(),
    invariants.decisions_taken_back_without_a_counter: lambda _: Decision.objects.update(
        taken_back_at=MOMENTS["advanced"]
    ),
    invariants.decisions_about_another_track: lambda w: DecisionBatch.objects.update(track=w.tracks["theory"]),
    invariants.decisions_about_those_who_decided: lambda w: Decision.objects.update(decided_by=w.people["applicant"]),
    invariants.scores_outside_the_scale: lambda _: ReviewScore.objects.update(value=9),
    invariants.approved_lines_out_of_step: approve_anew_and_turn_round,
    invariants.outcomes_set_without_an_approval: lambda _: TrackApplication.objects.update(internal_state="held"),
    invariants.lines_that_a_release_forgot: lambda _: Decision.objects.update(left_out="has withdrawn"),
    invariants.decisions_by_those_in_conflict: lambda w: ConflictOfInterest.objects.create(
        reviewer=w.people["staff b"], person=w.people["applicant"], kind="personal", declared_at=LONG_AGO
    ),
    invariants.decisions_mailed_otherwise: lambda _: Decision.objects.update(outcome="not_advance"),
}


def test_every_statement_has_a_breaker() -> None:
    assert set(BREAKERS) == set(invariants.ALL)


@pytest.mark.parametrize("statement", invariants.ALL, ids=lambda statement: statement.__name__)
def test_statement_holds_until_it_is_broken(world: World, statement: Callable) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batches.release_batch(batch=factories.approved_batch(world))
    assert Review.objects.count() == 2
    assert list(statement()) == []

    BREAKERS[statement](world)

    assert statement().exists()

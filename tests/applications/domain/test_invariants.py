"""Each statement finds the row that breaks it: an alarm that cannot ring is none."""

from collections.abc import Callable

import pytest

from applications.domain import invariants
from applications.models import (
    AnswerSnapshot,
    Application,
    EvaluationAssignment,
    EvaluationDefinition,
    ExternalScore,
    Referee,
    Reference,
    StreamApplication,
    TrackApplication,
)
from streams.models import Cycle, StreamTrack, Track
from tests.applications import factories
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


BREAKERS: dict[Callable, Callable[[World], object]] = {
    invariants.submitted_applications_without_a_snapshot: lambda _: lose_snapshots("general"),
    invariants.submitted_applications_without_a_track: lambda _: TrackApplication.objects.all().delete(),
    invariants.applications_out_of_step: lambda _: Application.objects.update(released_state="accepted"),
    invariants.track_applications_out_of_step: lambda _: TrackApplication.objects.update(released_state="advanced"),
    invariants.live_tracks_of_ended_applications: lambda _: Application.objects.update(internal_state="closed"),
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

"""Each statement finds the row that breaks it: an alarm that cannot ring is none."""

from collections.abc import Callable

import pytest

from applications.domain import invariants
from applications.models import (
    AnswerSnapshot,
    Application,
    EvaluationAssignment,
    EvaluationDefinition,
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
}


def test_every_statement_has_a_breaker() -> None:
    assert set(BREAKERS) == set(invariants.ALL)


@pytest.mark.parametrize("statement", invariants.ALL, ids=lambda statement: statement.__name__)
def test_statement_holds_until_it_is_broken(world: World, statement: Callable) -> None:
    factories.under_review(world, streams=("beta",))
    assert list(statement()) == []

    BREAKERS[statement](world)

    assert statement().exists()

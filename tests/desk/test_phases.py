"""What the calendar does by itself: one instant a pass, and the reading given out to whoever comes in late too."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from applications.models import TrackApplication
from applications.states import TrackState
from core import clock, jobs
from core.models import Job
from mats_portal.desk import phases
from reviews.models import ConflictOfInterest, ReviewAssignment, Rubric
from reviews.states import AssignmentState, ConflictKind
from tests.applications import factories as applying
from tests.reviews.factories import add_rubrics
from tests.worlds import World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = small_world()
    add_rubrics(world)
    return world


def in_review(world: World) -> TrackApplication:
    """Make one application of which a track is in review."""
    application = applying.draft(world)
    row = application.track_applications.first()
    TrackApplication.objects.filter(pk=row.pk).update(
        internal_state=TrackState.IN_REVIEW, released_state=TrackState.IN_REVIEW
    )
    return row


def asked() -> int:
    """Count the jobs that give out reading."""
    return Job.objects.filter(kind="reviews.assign").count()


def test_all_steps_of_a_pass_see_one_instant(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """A demo clock that jumps between two steps once gave out reading before the applications were closed."""
    seen: list[datetime] = []
    jumps: Iterator[int] = iter(range(1000))
    monkeypatch.setattr(clock, "offset", lambda: timedelta(days=next(jumps)))
    monkeypatch.setattr(phases, "_move_cycle", lambda _: seen.extend([clock.now(), clock.now()]) or {})

    phases.move_phases()

    assert clock.now() != clock.now(), "the clock of this test jumps"
    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_reading_is_given_out_once_when_the_review_opens(world: World) -> None:
    with clock.at(world.moments["open"]):
        in_review(world)
    with clock.at(world.moments["review"]):
        for _ in range(3):
            phases.move_phases()

    assert asked() == 1


def test_a_text_that_came_in_late_is_given_out_within_the_hour(world: World) -> None:
    with clock.at(world.moments["open"]):
        in_review(world)
    with clock.at(world.moments["review"]):
        phases.move_phases()
        jobs.run(Job.objects.get(kind="reviews.assign").pk)
        TrackApplication.objects.get(internal_state=TrackState.IN_REVIEW).review_assignments.all().delete()
        phases.move_phases()
        assert asked() == 1, "not at every beat"
    with clock.at(world.moments["review"] + timedelta(hours=1, seconds=1)):
        phases.move_phases()
        phases.move_phases()

    assert asked() == 2


def test_control_what_has_a_reader_is_not_given_out_again(world: World) -> None:
    with clock.at(world.moments["open"]):
        row = in_review(world)
    with clock.at(world.moments["review"]):
        phases.move_phases()
        jobs.run(Job.objects.get(kind="reviews.assign").pk)
        assert row.review_assignments.exists()
    with clock.at(world.moments["review"] + timedelta(hours=2)):
        phases.move_phases()

    assert asked() == 1


def test_a_text_given_out_in_the_instant_of_a_conflict_is_taken_back(world: World) -> None:
    with clock.at(world.moments["open"]):
        row = in_review(world)
    reader, other = world.people["reviewer a"], world.people["reviewer b"]
    rubric = Rubric.objects.filter(track=row.track).first()
    given = [
        ReviewAssignment.objects.create(label="A-1", reviewer=one, track_application=row, rubric=rubric, position=n)
        for n, one in enumerate([reader, other])
    ]
    # As if declared beside it: the function that declares one takes every open text along.
    ConflictOfInterest.objects.create(reviewer=reader, person=row.application.person, kind=ConflictKind.values[0])

    with clock.at(world.moments["review"]):
        found = [phases.move_phases().get("conflicts_settled", 0) for _ in range(2)]

    assert found == [1, 0]
    states = [ReviewAssignment.objects.get(pk=one.pk).state for one in given]
    assert states == [AssignmentState.CONFLICTED, AssignmentState.ASSIGNED]

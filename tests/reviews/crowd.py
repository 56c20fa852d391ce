"""Many completely read applications, inserted in bulk: for what must hold at any size."""

from decimal import Decimal

from accounts.models import User
from applications.models import Application, StreamApplication, TrackApplication
from applications.states import ApplicationState, StreamApplicationState, TrackState
from core import clock
from reviews.models import Decision, DecisionBatch, Review, ReviewAssignment, Rubric
from reviews.states import AssignmentState, GateKind, Outcome
from tests.worlds import World

SIZE = 2000


def crowd(world: World, n: int) -> list[TrackApplication]:
    """Put ``n`` people with one stream each under review in the empirical track, each read by two, agreeing."""
    rows = unread_crowd(world, n)
    _read(world, rows)
    return rows


def unread_crowd(world: World, n: int) -> list[TrackApplication]:
    """Put ``n`` people with one stream each under review in the empirical track; nobody was given them to read."""
    now, track = world.moments["review"], world.tracks["empirical"]
    people = User.objects.bulk_create(
        (User(email=f"crowd-{i}@example.org", display_name=f"Crowd {i}", password="!") for i in range(n)), SIZE
    )
    under = ApplicationState.UNDER_REVIEW
    applications = Application.objects.bulk_create(
        (
            Application(
                reference=f"CROWD-{i:06d}",
                person=person,
                cycle=world.cycle,
                internal_state=under,
                released_state=under,
                submitted_at=now,
            )
            for i, person in enumerate(people)
        ),
        SIZE,
    )
    rows = TrackApplication.objects.bulk_create(
        (
            TrackApplication(
                application=one, track=track, internal_state=TrackState.IN_REVIEW, released_state=TrackState.IN_REVIEW
            )
            for one in applications
        ),
        SIZE,
    )
    handed_in = StreamApplicationState.SUBMITTED
    StreamApplication.objects.bulk_create(
        (
            StreamApplication(
                application=one,
                stream=world.streams["alpha"],
                internal_state=handed_in,
                released_state=handed_in,
                submitted_at=now,
            )
            for one in applications
        ),
        SIZE,
    )
    return rows


def _read(world: World, rows: list[TrackApplication]) -> None:
    rubric = Rubric.objects.get(track=world.tracks["empirical"])
    readers = [world.people["reviewer a"], world.people["reviewer b"]]
    assignments = ReviewAssignment.objects.bulk_create(
        (
            ReviewAssignment(
                label=f"A-{row.pk % 10000:04d}",
                reviewer=reader,
                track_application=row,
                rubric=rubric,
                state=AssignmentState.SUBMITTED,
                position=row.pk,
                submitted_at=world.moments["review"],
            )
            for row in rows
            for reader in readers
        ),
        SIZE,
    )
    Review.objects.bulk_create(
        (
            Review(
                assignment=one,
                mean=Decimal(1 + one.track_application_id % 5),
                feedback_public="A note.",
                confidence="low",
            )
            for one in assignments
        ),
        SIZE,
    )


def proposed(world: World, rows: list[TrackApplication]) -> DecisionBatch:
    """Propose outcomes for all of them by the line 3.5, as ``create_batch`` does."""
    with clock.at(world.moments["review"]):
        batch = DecisionBatch.objects.create(
            cycle=world.cycle,
            track=world.tracks["empirical"],
            gate=GateKind.REVIEW,
            rule="Raw mean of the reads at least 3.50",
            maker=world.people["staff a"],
        )
        Decision.objects.bulk_create(
            (
                Decision(
                    batch=batch,
                    track_application=row,
                    outcome=Outcome.ADVANCE if 1 + row.pk % 5 >= 3.5 else Outcome.NOT_ADVANCE,
                    decided_by=world.people["staff a"],
                )
                for row in rows
            ),
            SIZE,
        )
    return batch

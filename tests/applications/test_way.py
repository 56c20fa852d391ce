"""The way of an application, from start to review."""

import pytest

from applications.domain.application import start_application
from applications.domain.invariants import ALL
from applications.models import Application
from applications.states import ApplicationState, EvaluationState, StreamApplicationState, TrackState
from core import clock
from core.models import OutboxMail
from tests.applications import factories
from tests.worlds import World


@pytest.mark.requirement(16)
def test_second_start_returns_the_first_application(world: World) -> None:
    user = world.people["applicant"]

    with clock.at(world.moments["open"]):
        first = start_application(cycle=world.cycle, person=user, by=user)
        second = start_application(cycle=world.cycle, person=user, by=user)

    assert first == second
    assert Application.objects.count() == 1
    assert first.reference.startswith("26A-")


def test_whole_way_leads_to_review_and_breaks_no_invariant(world: World) -> None:
    application = factories.under_review(world, tracks=("empirical", "theory"), streams=("alpha", "beta"))

    assert application.internal_state == application.released_state == ApplicationState.UNDER_REVIEW
    tracks = dict(application.track_applications.values_list("track__slug", "released_state"))
    assert tracks == {"empirical": TrackState.IN_REVIEW, "theory": TrackState.IN_REVIEW}
    streams = dict(application.stream_applications.values_list("stream__slug", "released_state"))
    assert streams == {"alpha": StreamApplicationState.SUBMITTED, "beta": StreamApplicationState.SUBMITTED}
    assert application.evaluation_assignments.get().state == EvaluationState.SUBMITTED
    scopes = sorted(application.snapshots.values_list("scope", flat=True))
    assert scopes == ["evaluation", "general", "stream", "stream", "track", "track"]
    templates = list(OutboxMail.objects.order_by("pk").values_list("template", flat=True))
    assert templates == [
        f"applications/mail/{name}.txt"
        for name in ("receipt", "stage2_todo", "stream_receipt", "stream_receipt", "task_received")
    ]
    assert {statement.__name__: list(statement()) for statement in ALL} == {statement.__name__: [] for statement in ALL}

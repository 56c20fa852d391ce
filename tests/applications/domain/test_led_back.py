"""Whoever was closed, or not advanced, is led back to where that happened or to before it: the database holds it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from applications.domain.gates import take_back_tracks
from applications.models import Application, TrackApplication
from applications.states import (
    CLOSABLE,
    CLOSED_FROM,
    DECIDABLE,
    NOT_ADVANCED_FROM,
    ApplicationState,
    TrackState,
)
from core.memory import Memory
from core.refusals import Refused
from core.transitions import locked, sources_of, transition, transition_all, transition_openly
from tests.applications import factories
from tests.roles import as_owner
from tests.worlds import World

A, T = ApplicationState, TrackState
TRIGGERS = ("applications.Application:led_back_no_further", "applications.TrackApplication:recalled_no_further")


@pytest.fixture
def application(world: World) -> Application:
    return factories.in_screen(world)


def put(row: models.Model, state: str) -> None:
    """Write a state as nobody in the product does: past the table of moves."""
    type(row)._base_manager.filter(pk=row.pk).update(internal_state=state)


def refused_by_the_database(act: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            act()
    except IntegrityError:
        return True
    return False


def led_back(row: models.Model, memory: Memory, sources: tuple[str, ...]) -> dict[tuple[str, str], bool]:
    """Try every way out of every remembered state; return which the database lets pass."""
    passed = {}
    for source in sources:
        for target in [state for states in memory.order for state in sorted(states)]:
            with transaction.atomic():
                put(row, source)
                put(row, memory.state)
                passed[str(source), target] = not refused_by_the_database(lambda target=target: put(row, target))
                transaction.set_rollback(True)
    return passed


@pytest.mark.requirement(28)
def test_database_leads_nobody_back_past_where_they_were_closed(application: Application) -> None:
    track = application.track_applications.get()
    passed = led_back(application, CLOSED_FROM, CLOSABLE)
    passed |= led_back(track, NOT_ADVANCED_FROM, DECIDABLE)

    ways = {pair for pair, may in passed.items() if may}
    assert ways == {
        ("in_screen", "in_screen"),
        ("stage2", "in_screen"), ("stage2", "stage2"),
        ("under_review", "in_screen"), ("under_review", "stage2"), ("under_review", "under_review"),
        ("final", "in_screen"), ("final", "stage2"), ("final", "under_review"), ("final", "final"),
        ("in_review", "in_screen"), ("in_review", "streams_open"), ("in_review", "in_review"), ("in_review", "held"),
        ("held", "in_screen"), ("held", "streams_open"), ("held", "in_review"), ("held", "held"),
    }  # fmt: skip


def test_control_without_the_triggers_everything_passes(application: Application) -> None:
    with pgtrigger.ignore(*TRIGGERS), transaction.atomic():
        Application.objects.update(internal_state=A.CLOSED, closed_from=A.IN_SCREEN)
        assert not refused_by_the_database(lambda: Application.objects.update(internal_state=A.OFFERED, closed_from=""))


def test_database_alone_writes_where_a_row_was_closed(application: Application) -> None:
    assert application.closed_from == ""
    with transaction.atomic():
        closed = transition_openly(locked(application), "close", by=None)
    assert closed.closed_from == A.IN_SCREEN

    Application.objects.update(closed_from=A.FINAL)
    closed.refresh_from_db()
    assert closed.closed_from == A.IN_SCREEN
    assert refused_by_the_database(lambda: Application.objects.update(internal_state=A.FINAL))
    with transaction.atomic():
        back = transition_openly(locked(closed), "back_to_screen", by=None)
    assert back.closed_from == ""
    back.refresh_from_db()
    assert back.closed_from == ""


def test_database_takes_no_closed_row_without_its_phase_and_no_other_with_one(application: Application) -> None:
    with pgtrigger.ignore(*TRIGGERS):
        for broken in (
            {"internal_state": A.CLOSED, "closed_from": ""},
            {"internal_state": A.CLOSED, "closed_from": A.DRAFT},
            {"internal_state": A.FINAL, "closed_from": A.FINAL},
        ):
            assert refused_by_the_database(lambda broken=broken: Application.objects.update(**broken)), broken
        for broken in (
            {"internal_state": T.NOT_ADVANCED, "not_advanced_from": ""},
            {"internal_state": T.ADVANCED, "not_advanced_from": T.IN_REVIEW},
        ):
            assert refused_by_the_database(lambda broken=broken: TrackApplication.objects.update(**broken)), broken


def test_moves_back_are_offered_and_made_as_far_as_the_memory_goes(application: Application) -> None:
    track = application.track_applications.get()
    with transaction.atomic():
        closed = transition_openly(locked(application), "close", by=None)
        track = transition(locked(track), "fail_screen", by=None)

        for verb in ("back_to_stage2", "back_to_review", "back_to_final"):
            assert not sources_of(closed, [verb])
            with pytest.raises(Refused, match="no longer possible"):
                transition(closed, verb, by=None)
            with pytest.raises(Refused, match="no longer possible"):
                transition_all([closed], verb, by=None)
        for verb in ("recall_review", "recall_hold"):
            with pytest.raises(Refused, match="no longer possible"):
                transition_all([track], verb, by=None)

        assert transition(closed, "back_to_screen", by=None).internal_state == A.IN_SCREEN
        assert transition(track, "recall_screen", by=None).internal_state == T.IN_SCREEN


@pytest.mark.requirement(28)
def test_release_taken_back_leads_no_further_than_where_the_application_was_closed(application: Application) -> None:
    """A release found it in stage 2; since then it went back to the screen, and ended there."""
    row = application.track_applications.get()
    with transaction.atomic():
        transition_openly(locked(row), "fail_screen", by=None)
        transition_openly(locked(application), "close", by=None)

    reasons = take_back_tracks(
        found={row.pk: {"track": str(T.IN_SCREEN), "application": str(A.STAGE2), "streams": []}}, by=None
    )

    application.refresh_from_db()
    assert reasons == {row.pk: ""}
    assert (application.internal_state, application.closed_from) == (A.IN_SCREEN, "")


@pytest.mark.parametrize("on_record", [True, False])
def test_rows_of_before_learn_from_the_record_where_they_were_closed(application: Application, on_record: bool) -> None:
    row = application.track_applications.get()
    if on_record:
        with transaction.atomic():
            put(row, T.HELD)
            put(application, A.UNDER_REVIEW)
            transition(locked(row), "not_advance", by=None)
            transition(locked(application), "close", by=None)
    else:
        put(row, T.NOT_ADVANCED)
        put(application, A.CLOSED)
    forget()

    fill = import_module("applications.migrations.0013_where_rows_were_closed")
    with as_owner(), connection.schema_editor() as editor:
        fill.tell(apps, editor)

    application.refresh_from_db()
    row.refresh_from_db()
    known = (A.UNDER_REVIEW, T.HELD) if on_record else (A.IN_SCREEN, T.IN_SCREEN)
    assert (application.closed_from, row.not_advanced_from) == known


def forget() -> None:
    """Bring the table back to before the columns were filled in, its checks included."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still waiting cannot be altered
        cursor.execute("ALTER TABLE applications_application DROP CONSTRAINT application_closed_from_a_phase")
        cursor.execute(
            "ALTER TABLE applications_trackapplication DROP CONSTRAINT track_application_not_advanced_somewhere"
        )
    with pgtrigger.ignore(*TRIGGERS):
        Application.objects.update(closed_from="")
        TrackApplication.objects.update(not_advanced_from="")

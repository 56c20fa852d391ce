"""The page of state diagrams agrees with the tables, and no table has a state that nothing leads to."""

import pytest
from django.db.models import TextChoices

from applications.states import APPLICATION_BACK, APPLICATION_MOVES, ApplicationState
from core.transitions import MoveTable
from mats_portal.desk.management.commands.draw_states import PAGE, first_state, machines, states_page


def unreached(table: MoveTable, first: str) -> set[str]:
    """Return the states that no way of moves from ``first`` comes to."""
    reached = {first}
    while more := {move.target for move in table.moves.values() if move.sources & reached} - reached:
        reached |= more
    return set(table.states.values) - reached


def test_page_shows_the_tables_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == states_page(), "run: python manage.py draw_states"


def test_every_state_can_be_reached_from_the_first() -> None:
    lost = {model._meta.label: unreached(table, first_state(model, table)) for model, table in machines()}

    assert len(lost) >= 13
    assert {label: states for label, states in lost.items() if states} == {}


def test_every_model_that_has_a_state_has_a_table() -> None:
    """A state of choices that no table governs would change without a record."""
    tables = {table.states for _, table in machines()}
    named = {subclass for subclass in TextChoices.__subclasses__() if subclass.__name__.endswith("State")}
    ours = {states for states in named if states.__module__.endswith(".states")}

    assert ours - tables == set()


@pytest.mark.requirement(28)
@pytest.mark.parametrize("phase", ["submitted", "in_screen", "stage2", "under_review", "final"])
def test_no_way_leads_an_application_to_an_offer_past_a_phase(phase: str) -> None:
    """Every sequence of moves is a path of the table: without the phase's state no path reaches the offer.

    Moves back are left out: each leads to a state that the application was in before (test_undo shows it).
    """
    without = {
        verb: (move.sources - {phase}, move.target)
        for verb, move in APPLICATION_MOVES.moves.items()
        if move.target != phase and move.sources - {phase} and verb not in APPLICATION_BACK.values()
    }

    assert {"offered", "accepted"} <= unreached(MoveTable(ApplicationState, **without), "draft")
    assert not {"offered", "accepted"} & unreached(APPLICATION_MOVES, "draft")


class Lamp(TextChoices):
    OFF = "off", "Off"
    ON = "on", "On"
    BROKEN = "broken", "Broken"
    MENDED = "mended", "Mended"


@pytest.mark.parametrize(
    ("moves", "lost"),
    [
        ({"light": (Lamp.OFF, Lamp.ON)}, {"broken", "mended"}),
        # A move into it is not enough: nothing leads to where the move begins.
        ({"light": (Lamp.OFF, Lamp.ON), "mend": (Lamp.BROKEN, Lamp.MENDED)}, {"broken", "mended"}),
        ({"drop": (Lamp.OFF, Lamp.BROKEN), "mend": (Lamp.BROKEN, Lamp.MENDED)}, {"on"}),
    ],
)
def test_control_a_state_that_nothing_leads_to_is_found(moves: dict, lost: set[str]) -> None:
    assert unreached(MoveTable(Lamp, **moves), "off") == lost

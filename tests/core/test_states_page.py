"""The page of state diagrams agrees with the tables, and no table has a state that nothing leads to."""

from collections.abc import Collection

import pytest
from django.db.models import TextChoices

from applications.states import APPLICATION_MOVES, TRACK_MOVES
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


def come_to(table: MoveTable, first: str, *, past: str, without: Collection[str] = ()) -> set[str]:
    """Return where any sequence of moves, ways back among them, leads a row that never stands in the state ``past``.

    What a row remembers is part of where it is: a way back is open or not according to it.
    """
    seen, waiting = {(first, "")}, [(first, "")]
    while waiting:
        state, remembered = waiting.pop()
        for verb, move in table.moves.items():
            if verb in without or move.target == past or not table.allows(verb, state, remembered):
                continue
            remembers = table.memory is not None and move.target == table.memory.state
            place = (move.target, state if remembers else "")
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return {state for state, _ in seen}


def forgetful(table: MoveTable) -> MoveTable:
    """Return the same moves without the guard over the ways back."""
    moves = {verb: (move.sources, move.target) for verb, move in table.moves.items()}
    return MoveTable(table.states, field=table.field, **moves)


OFFER = {"offered", "accepted"}
PHASES = ["submitted", "in_screen", "stage2", "under_review", "final"]
#: The steps of a track, by the move that the other kind of track begins with.
TRACK_STEPS = [("skip_screen", step) for step in ("in_screen", "streams_open", "in_review")]
TRACK_STEPS += [("close_window", step) for step in ("streams_open", "in_review")]


@pytest.mark.requirement(28)
@pytest.mark.parametrize("phase", PHASES)
def test_no_sequence_of_moves_leads_to_an_offer_past_a_phase(phase: str) -> None:
    assert not come_to(APPLICATION_MOVES, "draft", past=phase) & OFFER
    assert come_to(APPLICATION_MOVES, "draft", past="nothing") >= OFFER


@pytest.mark.requirement(28)
@pytest.mark.parametrize(("without", "step"), TRACK_STEPS)
def test_no_sequence_of_moves_advances_a_track_past_a_step_that_it_requires(without: str, step: str) -> None:
    """Tracks with a screen never skip it, those without never enter it; a “no” is taken back to where it was said."""
    others = {without} if without == "skip_screen" else {without, "recall_screen"}

    assert "advanced" not in come_to(TRACK_MOVES, "selected", past=step, without=others)
    assert "advanced" in come_to(TRACK_MOVES, "selected", past="nothing", without=others)


def test_control_without_the_memory_a_way_back_skips_phases() -> None:
    loose = forgetful(APPLICATION_MOVES)

    assert [phase for phase in PHASES if come_to(loose, "draft", past=phase) & OFFER] == ["stage2", "under_review"]


def test_control_without_the_memory_a_refusal_of_the_screen_is_taken_back_to_the_review() -> None:
    loose = forgetful(TRACK_MOVES)

    assert "advanced" in come_to(loose, "selected", past="streams_open", without={"skip_screen"})


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

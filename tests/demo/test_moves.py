"""Every state of every machine can be reached: a state that no move leads to would be a page nobody ever sees."""

import pytest
from django.apps import apps

OURS = ("core", "accounts", "questions", "streams", "applications", "reviews", "matching")
MACHINES = {
    model.__name__: model
    for label in OURS
    for model in apps.get_app_config(label).get_models()
    if hasattr(model, "MOVES")
}


def test_control_the_machines_are_found():
    named = "Application TrackApplication StreamApplication ReviewAssignment DecisionBatch RankOrderList MatchRun Offer"

    assert set(named.split()) <= set(MACHINES)


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_every_state_is_the_first_or_some_move_leads_there(name):
    table = MACHINES[name].MOVES
    first = str(MACHINES[name]._meta.get_field(table.field).default)
    reached, grew = {first}, True
    while grew:
        more = {move.target for move in table.moves.values() if move.sources & reached} - reached
        reached, grew = reached | more, bool(more)

    assert set(table.states.values) - reached == set()

"""Fill an empty demo once."""

from core.refusals import Refused
from mats_portal.demo import domain, scenarios
from mats_portal.demo.scenarios import APPLICANTS, SEED, World


def seed(name: str, *, n: int = APPLICANTS, seed: int = SEED) -> World:
    """Live the scenario ``name`` with ``n`` applicants and set the demo's clock to its moment.

    Raises ``Refused`` for an unknown scenario, and if invented people are there already.
    """
    if name not in scenarios.BUILDERS:
        raise Refused(f"There is no scenario “{name}”: {', '.join(scenarios.BUILDERS)}.")
    world = scenarios.BUILDERS[name](n, seed=seed)
    domain.move_clock(to=world.moment, by=None)
    return world

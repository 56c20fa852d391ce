"""Fill an empty demo once."""

from django.db import transaction

from core.refusals import Refused
from mats_portal.demo import copying, domain, earlier, scenarios
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


def seed_demo(*, n: int = APPLICANTS) -> World:
    """Live the demo: its cycle up to the ranking, and the cycle before it. Raises ``Refused`` as `seed` does."""
    world = seed("ranking", n=n)
    earlier.live_earlier_cycle(world, seed=SEED + 1)
    return world


@transaction.atomic
def seed_many(*, n: int, drawn_from: int = SEED) -> int:
    """Live the ranking scenario with the demo's applicants, copy them up to ``n``, and return how many there are.

    Raises ``Refused`` if invented people are there already.
    """
    world = seed("ranking", n=min(n, APPLICANTS), seed=drawn_from)
    return len(world.applicants) + copying.multiply(people=world.applicants, to=n, seed=drawn_from)

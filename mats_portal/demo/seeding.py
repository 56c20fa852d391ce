"""Fill an empty demo once."""

from collections.abc import Callable

from accounts.models import User
from mats_portal.demo import people, queries


def is_seeded() -> bool:
    """Say whether the invented people are there."""
    return User.objects.filter(is_demo=True).exists()


def seed_demo(*, say: Callable[[str], None]) -> None:
    """Invent the people of the demo and run their cycle up to the ranking."""
    cycle = queries.public_cycle()
    people.invent_team(cycle=cycle)

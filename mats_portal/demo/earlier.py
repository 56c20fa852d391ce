"""The cycle before the demo's own: a copy of it, half a year earlier, to which a few people applied in vain.

They come back: what they wrote can be brought into a new application, and staff see two cycles side by side.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

from django.db import connection, transaction

from accounts.models import User
from core import clock
from mats_portal.demo import cohort
from mats_portal.demo.cohort import Fate, Plan
from mats_portal.demo.names import EDGE_PEOPLE
from mats_portal.demo.scenarios import World
from mats_portal.demo.story import Story
from mats_portal.desk.catalogue.copying import NewCycle, copy_cycle
from streams.models import Track

SPRING = NewCycle("spring-2026", "26S", "Spring 2026", date(2026, 3, 30))
#: When its catalogue was approved: a month before its applications opened.
PREPARED = datetime(2025, 10, 1, 9, tzinfo=UTC)
APPLICANTS = 6


@transaction.atomic
def live_earlier_cycle(world: World, *, n: int = APPLICANTS, seed: int) -> tuple[User, ...]:
    """Let ``n`` people apply to the earlier cycle and be told no at its screen, and return them."""
    with clock.at(PREPARED):
        cycle = copy_cycle(source=world.cycle, new=SPRING, by=None)
    tracks = list(Track.objects.filter(cycle=cycle).order_by("order"))
    # The leads of the later cycle have no part in this one: staff proposed, and another of them approved.
    team = replace(world.team, leads={track.pk: world.team.staff[-1] for track in tracks})
    slugs = tuple(track.slug for track in tracks)
    story = Story(cycle=cycle, team=team, plans=_plans(n, seed=seed, tracks=slugs), seed=seed)
    story.apply(story.when("general_closes"))
    story.close_general()
    story.screen()
    story.deliver(world.moment)
    # As in the story of the demo's own cycle: the sweeps find what is left.
    connection.run_on_commit = []
    return tuple(one.person for one in story.applicants)


def _plans(n: int, *, seed: int, tracks: tuple[str, ...]) -> list[Plan]:
    """Draw people of whom nobody is in the later cycle; none of them gets past the screen."""
    taken = set(User.objects.values_list("email", flat=True))
    drawn = cohort.plans(len(EDGE_PEOPLE) + n, seed=seed, tracks=tracks)[len(EDGE_PEOPLE) :]
    return [replace(plan, fate=Fate.SCREENED_OUT, email=cohort.free_address(plan.name, taken)) for plan in drawn]

"""Whole worlds at named moments of the calendar, lived through the domain functions; for the demo and for tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from core import clock
from core.refusals import Refused
from mats_portal.demo import cohort, moments, people, queries
from mats_portal.demo.people import Team
from mats_portal.demo.story import Story
from mats_portal.desk.catalogue.importing import import_catalogue
from streams.models import Cycle, Track
from streams.queries import key_instant

SEED = 26
APPLICANTS = 220
CATALOGUE = "autumn-2026"
#: When the catalogue was approved and the team appointed.
BEFORE_EVERYTHING = datetime(2026, 5, 5, 9, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """A cycle at one moment; ``applicants`` in the order in which they began."""

    moment: datetime
    cycle: Cycle
    team: Team
    applicants: tuple[User, ...]
    story: Story


def applications_open(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """3 June, the general window is open: drafts at every stage, submitted applications, some withdrawn."""
    return _world("applications_open", n, seed, lambda story, now: story.apply(now))


def stage_two(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """17 June, after the screen: most of those in stage 2 have chosen streams, some have submitted; others are out."""

    def live(story: Story, now: datetime) -> None:
        _up_to_stage_two(story)
        story.stage_two(now)

    return _world("stage_two", n, seed, live)


def central_review(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """2 July: every text is with its readers, more than half of the readings are in, a dozen are begun."""

    def live(story: Story, now: datetime) -> None:
        _up_to_review(story)
        story.review(now)

    return _world("central_review", n, seed, live)


def ranking(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """25 July: decisions are released, people are with the mentors; some lists and orders are in, others begun."""

    def live(story: Story, now: datetime) -> None:
        _up_to_decisions(story)
        story.rank(now)

    return _world("ranking", n, seed, live)


def matched(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """28 July: all lists are locked, the match is run and approved by a second person, its offers are drafted."""

    def live(story: Story, now: datetime) -> None:
        _up_to_decisions(story)
        story.rank(story.when("rankings_close"))
        story.match()

    return _world("matched", n, seed, live)


def offers_out(n: int = APPLICANTS, *, seed: int = SEED) -> World:
    """31 July: offers are out; half of them are accepted, a few declined, the others wait for a reply."""

    def live(story: Story, now: datetime) -> None:
        _up_to_decisions(story)
        story.rank(story.when("rankings_close"))
        story.match()
        story.offer(now)

    return _world("offers_out", n, seed, live)


BUILDERS: dict[str, Callable[..., World]] = {
    builder.__name__: builder
    for builder in (applications_open, stage_two, central_review, ranking, matched, offers_out)
}


def _up_to_stage_two(story: Story) -> None:
    story.apply(story.when("general_closes"))
    story.close_general()
    story.screen()


def _up_to_review(story: Story) -> None:
    _up_to_stage_two(story)
    story.stage_two(story.when("stage2_closes"))
    story.close_stage2()


def _up_to_decisions(story: Story) -> None:
    _up_to_review(story)
    story.review(story.when("review_closes"))
    story.decide()


def is_inhabited() -> bool:
    """Say whether invented people live in this database already."""
    return User.objects.filter(is_demo=True).exists()


@transaction.atomic
def _world(name: str, n: int, seed: int, live: Callable[[Story, datetime], None]) -> World:
    """Live a cycle up to a scene, all of it or nothing. Raises ``Refused`` if invented people are there already."""
    if is_inhabited():
        raise Refused("Invented people live in this database already: start from an empty one.")
    with clock.at(BEFORE_EVERYTHING):
        cycle = queries.public_cycle()
        if cycle is None:
            import_catalogue(path=settings.BASE_DIR / "catalogue" / CATALOGUE, by=None)
            cycle = Cycle.objects.get(is_public_current=True)
        team = people.invent_team(cycle=cycle)
    scene = moments.BY_NAME[name]
    starts = key_instant(cycle, scene.code)
    if starts is None:
        raise Refused(f"The cycle has no date “{scene.code}”.")
    slugs = tuple(Track.objects.filter(cycle=cycle).order_by("order").values_list("slug", flat=True))
    story = Story(cycle=cycle, team=team, plans=cohort.plans(n, seed=seed, tracks=slugs), seed=seed)
    moment = starts + scene.shift
    live(story, moment)
    story.deliver(moment)
    # Thousands of bells for work that is done: the sweeps find what is left.
    connection.run_on_commit = []
    return World(moment, cycle, team, tuple(one.person for one in story.applicants), story)

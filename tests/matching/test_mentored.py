"""Who was whose mentor before: places taken, in other cycles, in the mentor's own stream."""

from datetime import date

import pytest

from applications.models import Application
from applications.states import ApplicationState
from core import clock, jobs
from core.models import Job
from core.states import JobState
from matching.domain.offers import accept_offer, decline_offer
from matching.models import Offer
from matching.queries.mentored import mentored_before
from matching.states import OfferState
from mats_portal.desk import tasks  # noqa: F401 -- registers the search
from reviews.models import ConflictOfInterest
from reviews.states import ConflictSource
from streams.models import Cycle, Mentor, StreamMentor, Track
from tests.matching.scenes import Scene, offer_of, offered_scene
from tests.worlds import grant, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    """Offers are out: alpha to ada and ben, beta to cleo, gamma to dan and eve."""
    return offered_scene()[0]


@pytest.fixture
def later(scene: Scene) -> Cycle:
    """Return the next cycle."""
    return Cycle.objects.create(
        slug="spring-2027",
        code="27A",
        name="Spring 2027",
        programme_starts_on=date(2027, 3, 1),
        programme_ends_on=date(2027, 5, 1),
    )


def answer(scene: Scene, *, accept: tuple[str, ...] = (), decline: tuple[str, ...] = ()) -> None:
    with clock.at(scene.world.moments["offers"]):
        for name in accept:
            accept_offer(offer=offer_of(scene, name), by=scene.user(name))
        for name in decline:
            decline_offer(offer=offer_of(scene, name), reason="", by=scene.user(name))


def pairs(scene: Scene, cycle: Cycle) -> set[tuple[str, str]]:
    names = {user.pk: name for name, user in scene.world.people.items()}
    names |= {application.person_id: name for name, application in scene.finalists.items()}
    found = mentored_before(cycle)
    assert len(found) == len(set(found))
    return {(names[mentor], names[fellow]) for mentor, fellow in found}


def test_places_taken_make_pairs_and_declined_or_unanswered_ones_none(scene: Scene, later: Cycle) -> None:
    answer(scene, accept=("ada", "dan"), decline=("ben",))

    assert pairs(scene, later) == {("alpha mentor", "ada"), ("gamma mentor", "dan")}


def test_own_cycle_is_no_earlier_one(scene: Scene, later: Cycle) -> None:
    answer(scene, accept=("ada",))

    assert pairs(scene, scene.world.cycle) == set()
    assert pairs(scene, later) == {("alpha mentor", "ada")}


@pytest.mark.parametrize("state", OfferState.values)
def test_only_an_accepted_offer_is_a_place(scene: Scene, later: Cycle, state: str) -> None:
    """Cancelled is what a withdrawal leaves of an offer."""
    Offer.objects.filter(pk=offer_of(scene, "cleo").pk).update(state=state)

    assert pairs(scene, later) == ({("beta mentor", "cleo")} if state == OfferState.ACCEPTED else set())


def test_every_mentor_of_the_stream_counts_and_none_of_another(scene: Scene, later: Cycle) -> None:
    second, without_account = person("second mentor"), Mentor.objects.create(code="x", display_name="No Account")
    scene.world.people["second mentor"] = second
    shared = Mentor.objects.create(code="second", user=second, display_name="Second")
    for mentor in (shared, without_account):
        StreamMentor.objects.create(stream=scene.world.streams["alpha"], mentor=mentor, order=2)
    answer(scene, accept=("ada", "cleo"))

    assert pairs(scene, later) == {("alpha mentor", "ada"), ("second mentor", "ada"), ("beta mentor", "cleo")}


def test_search_records_the_earlier_mentor_as_a_conflict_of_the_later_cycle(scene: Scene, later: Cycle) -> None:
    answer(scene, accept=("ada",), decline=("ben",))
    track = Track.objects.create(cycle=later, slug="empirical", name="Empirical", order=1)
    mentor = scene.world.people["alpha mentor"]
    for reader in (mentor, scene.world.people["beta mentor"]):
        grant(reader, "reviewer", "track", track)
    for name in ("ada", "ben"):
        Application.objects.create(
            person=scene.user(name),
            cycle=later,
            reference=f"27A-{name}",
            internal_state=ApplicationState.UNDER_REVIEW,
            released_state=ApplicationState.UNDER_REVIEW,
            submitted_at=scene.world.moments["open"],
        )

    job = jobs.start("reviews.find_conflicts", by=scene.world.people["staff a"], cycle_id=later.pk)
    jobs.run(job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    recorded = ConflictOfInterest.objects.filter(source=ConflictSource.MENTOR)
    assert [(row.reviewer, row.person) for row in recorded] == [(mentor, scene.user("ada"))]

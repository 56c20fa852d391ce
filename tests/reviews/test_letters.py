"""Letters at the desks of readers: never in the blind reading, after the own score where a track says so."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Letter, Referee, Reference
from core import clock
from matching.domain.rankings import ensure_rank_list, save_ranking
from reviews.models import ReviewAssignment
from tests.applications import factories as applying
from tests.matching.scenes import ranking_scene
from tests.reviews import factories
from tests.worlds import World, small_world

CANARY = "canary-91c: they found it in one evening"


@pytest.fixture
def world(db: None) -> World:
    world = small_world()
    factories.add_rubrics(world)
    return world


def add_letter(application, email: str = "ruth@lab.example.org") -> Reference:
    referee = Referee.objects.create(cycle=application.cycle, email=email)
    sent = application.submitted_at
    reference = Reference.objects.create(
        application=application, referee=referee, name="Ruth", access_waived=True, state="submitted",
        requested_at=sent, submitted_at=sent,
    )  # fmt: skip
    content = [{"code": "letter", "question": "Or paste a letter", "display": CANARY}]
    Letter.objects.create(reference=reference, content=content, sha256="0" * 64, submitted_at=sent)
    return reference


def page(user: User, url: str) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(url).content.decode()


@pytest.mark.requirement(102)
@pytest.mark.parametrize("track_shows", [False, True])
def test_reviewer_reads_letters_only_where_the_track_says_so_and_after_the_own_score(
    world: World, track_shows: bool
) -> None:
    application = applying.under_review(world)
    add_letter(application)
    track = world.tracks["empirical"]
    track.reviewers_read_references = track_shows
    track.save()
    factories.assign(world)
    assignment = factories.readings_of(factories.of(application))[0]
    url = f"/review/{assignment.public_id}/"
    with clock.at(world.moments["review"]):
        before = page(assignment.reviewer, url)
        factories.review(world, assignment)
        after = page(assignment.reviewer, url)

    assert assignment.label in after
    assert CANARY not in before
    assert (CANARY in after) == track_shows


@pytest.mark.requirement(102)
def test_mentor_reads_letters_after_the_own_mark(db: None) -> None:
    scene = ranking_scene()
    person, stream = scene.wish("ada", "alpha"), scene.world.streams["alpha"]
    add_letter(person.application)
    mentor = scene.user("alpha mentor")
    url = reverse("matching:person", args=[stream.public_id, person.public_id])
    with clock.at(scene.world.moments["ranking"]):
        ranks = ensure_rank_list(stream=stream, by=mentor)
        ranks = save_ranking(rank_list=ranks, tiers=[], version=ranks.version, by=mentor)
        before = page(mentor, url)
        save_ranking(rank_list=ranks, tiers=[[person.public_id]], version=ranks.version, by=mentor)
        after = page(mentor, url)

    assert CANARY not in before
    assert "shown once the person is on your list" in before
    assert CANARY in after


@pytest.mark.requirement(102)
def test_referee_reads_nothing_of_who_named_them(world: World) -> None:
    """Each of three reviewers in turn is a referee of the applicant: they are never given the text."""
    application = applying.under_review(world)
    pool = [world.people[name] for name in ("reviewer a", "reviewer b", "reviewer c")]
    Reference.objects.all().delete()
    factories.assign(world)
    readers = {row.reviewer for row in factories.readings_of(factories.of(application))}
    assert len(readers) == 2, "control: two read it while nobody is a referee"
    ReviewAssignment.objects.all().delete()
    close = readers.pop()
    add_letter(application, close.email)

    factories.assign(world)

    again = {row.reviewer for row in factories.readings_of(factories.of(application))}
    assert close not in again
    assert again <= set(pool)


def test_reviewer_who_is_named_later_loses_the_text(world: World) -> None:
    application = applying.under_review(world)
    factories.assign(world)
    assignment = factories.readings_of(factories.of(application))[0]
    url = f"/review/{assignment.public_id}/"
    with clock.at(world.moments["review"]):
        assert assignment.label in page(assignment.reviewer, url)
        add_letter(application, assignment.reviewer.email)
        assert assignment.label not in page(assignment.reviewer, url)

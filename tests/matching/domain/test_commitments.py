"""The lottery's seed: sealed before lists close, once, unseen until offers are sent, and then checkable by anybody."""

import hashlib

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client

from accounts.models import User
from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from core.routes import walk
from matching.domain.commitments import commit_to_seed, committed_seed
from matching.domain.offers import release_offers
from matching.domain.runs import approve_run, compute_run, start_run
from matching.models import LotteryCommitment, MatchRun
from streams.models import KeyDate
from tests.matching.scenes import Quiet, Scene, computed, offered_scene, ranked_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return ranked_scene()


def committed(scene: Scene) -> LotteryCommitment:
    with clock.at(scene.world.moments["ranking"]):
        return commit_to_seed(cycle=scene.world.cycle, by=scene.user("staff a"))


def test_commitment_is_the_checksum_of_a_long_seed_and_is_audited_without_it(scene):
    row = committed(scene)

    assert row.commitment == hashlib.sha256(b"lottery seed:" + row.seed.encode()).hexdigest()
    assert len(bytes.fromhex(row.seed)) == 32
    assert row.published_at == scene.world.moments["ranking"]
    line = AuditEvent.objects.get(verb="commit")
    assert (line.actor, line.details) == (scene.user("staff a"), {"commitment": row.commitment})


def test_commitment_cannot_be_made_twice(scene):
    row = committed(scene)

    with pytest.raises(Refused, match="published already"):
        committed(scene)

    assert list(LotteryCommitment.objects.values_list("seed", flat=True)) == [row.seed]


@pytest.mark.parametrize("late", ["rankings_close", "preferences_close"])
def test_commitment_cannot_be_made_once_either_side_closed(scene, late):
    dates = KeyDate.objects.filter(cycle=scene.world.cycle, code=late)
    dates.update(starts_at=scene.world.moments["ranking"])
    type(scene.world.cycle).objects.update(grace_minutes=60)

    with pytest.raises(Refused, match="would prove nothing"):  # the grace is for lists, not for this
        committed(scene)

    assert not LotteryCommitment.objects.exists()


def test_commitment_needs_a_date_to_come_before(scene):
    KeyDate.objects.filter(cycle=scene.world.cycle, code__in=["rankings_close", "preferences_close"]).delete()

    with pytest.raises(Refused, match="no date at which lists close"):
        committed(scene)


def test_commitment_comes_before_the_first_run(scene):
    with clock.at(scene.world.moments["matching"]):
        computed(scene)

    with pytest.raises(Refused, match="before the first run"):
        committed(scene)


@pytest.mark.parametrize("act", ["update", "delete"])
@pytest.mark.owner  # the trigger stops even the owner; the portal's role has not the right to begin with
def test_database_lets_nobody_change_or_remove_it(scene, act):
    row = committed(scene)
    rows = LotteryCommitment.objects.filter(pk=row.pk)

    with pytest.raises((InternalError, ProgrammingError), match="Cannot update or delete"), transaction.atomic():
        rows.update(seed="chosen") if act == "update" else rows.delete()


def test_run_draws_with_the_committed_seed_whatever_was_typed(scene):
    row = committed(scene)
    with clock.at(scene.world.moments["matching"]):
        run = start_run(cycle=scene.world.cycle, seed="typed", by=scene.user("staff a"))

    assert run.seed == row.seed == committed_seed(scene.world.cycle)


def test_run_draws_with_the_typed_seed_where_nothing_was_committed(scene):
    with clock.at(scene.world.moments["matching"]):
        run = start_run(cycle=scene.world.cycle, seed="typed", by=scene.user("staff a"))

    assert run.seed == "typed"


def test_run_of_another_seed_can_be_read_and_not_approved(scene):
    committed(scene)
    with clock.at(scene.world.moments["matching"]):
        run = computed(scene, "chosen to suit")
        page = client_of(scene.user("staff b")).get(run.get_absolute_url()).content.decode()
        with pytest.raises(Refused, match="not the one that was committed to"):
            approve_run(run=run, by=scene.user("staff b"))

    assert "The seed is not the one that was committed to" in page
    assert "Look at what an approval does" not in page
    assert not run.offers.exists()


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def plain_pages() -> list[str]:
    """Return every address that names nothing."""
    return [f"/{route.path}" for route in walk() if "<" not in route.path and "(" not in route.path]


def run_pages(scene: Scene, run: MatchRun) -> list[str]:
    """Return every address of a run, and the places where its totals stand."""
    url, fay = run.get_absolute_url(), scene.finalists["fay"].public_id
    of_run = ["", "what-if/", "profile.svg", "streams.svg", "approve/", "release/", f"people/{fay}/"]
    return [*(f"{url}{page}" for page in of_run), "/console/match/", "/console/match/new/", "/how-matching-works/"]


def read_by(scene: Scene, addresses: list[str]) -> dict[str, bytes]:
    """Return what anybody, staff, an observer and an admin can read, by reader and address."""
    readers = {
        "anybody": None,
        "observer": scene.user("observer"),
        "staff": scene.user("staff b"),
        "admin": scene.user("admin"),
    }
    read = {}
    for name, user in readers.items():
        client = client_of(user)
        for url in addresses:
            response = client.get(url)
            if response.status_code == 200:
                body = b"".join(response.streaming_content) if response.streaming else response.content
                read[f"{name} {url}"] = body
    return read


def test_seed_is_on_no_page_before_offers_are_sent_and_then_on_the_public_one(scene):
    row = committed(scene)
    read: dict[str, bytes] = {}
    with clock.at(scene.world.moments["ranking"]):
        read |= {f"ranking {key}": body for key, body in read_by(scene, plain_pages()).items()}
    with clock.at(scene.world.moments["matching"]):
        run = start_run(cycle=scene.world.cycle, seed="", by=scene.user("staff a"))
        read |= {f"configured {key}": body for key, body in read_by(scene, run_pages(scene, run)).items()}
        run = compute_run(run.pk, Quiet())
        read |= {f"computed {key}": body for key, body in read_by(scene, run_pages(scene, run)).items()}
        run = approve_run(run=run, by=scene.user("staff b"))
        everywhere = [*plain_pages(), *run_pages(scene, run)]
        read |= {f"approved {key}": body for key, body in read_by(scene, everywhere).items()}
    with clock.at(scene.world.date("offers_sent")):
        release_offers(run=run, by=scene.user("staff a"))
        opened = read_by(scene, run_pages(scene, run))

    assert [key for key, body in read.items() if row.seed.encode() in body] == []
    assert len(read) > 100
    assert row.commitment.encode() in read["ranking anybody /how-matching-works/"]
    public = opened["anybody /how-matching-works/"].decode()
    assert row.seed in public
    assert "✓ The seed gives the commitment published" in public
    staff = opened[f"staff {run.get_absolute_url()}"].decode()
    assert row.seed in staff
    assert "Seed opened: it equals the commitment published before lists closed" in staff
    assert AuditEvent.objects.filter(details__icontains=row.seed).count() == 0


def test_public_page_says_when_nothing_was_committed():
    scene, _run = offered_scene()
    with clock.at(scene.world.moments["offers"]):
        page = Client().get("/how-matching-works/").content.decode()

    assert "No commitment to the seed is published for" in page
    assert "none was published before lists closed" in page
    assert "✓ The seed" not in page


def test_staff_publish_by_a_button_and_configure_without_a_seed_field(scene):
    client = client_of(scene.user("staff a"))
    with clock.at(scene.world.moments["ranking"]):
        offered = client.get("/console/match/").content.decode()
        told = client.post("/console/match/commitment/", follow=True).content.decode()
        again = client.post("/console/match/commitment/")
    with clock.at(scene.world.moments["matching"]):
        form = client.get("/console/match/new/").content.decode()
        made = client.post("/console/match/new/")

    assert "Draw the seed and publish its commitment" in offered
    assert "The commitment is published." in told
    assert "Draw the seed and publish its commitment" not in told
    assert again.status_code == 409
    assert 'name="seed"' not in form
    run = MatchRun.objects.get()
    assert made.headers["Location"] == run.get_absolute_url()
    assert run.seed == committed_seed(scene.world.cycle)


def test_seed_field_comes_with_a_warning_where_nothing_was_committed(scene):
    with clock.at(scene.world.moments["matching"]):
        page = client_of(scene.user("staff a")).get("/console/match/new/").content.decode()
        late = client_of(scene.user("staff a")).get("/console/match/").content.decode()

    assert 'name="seed"' in page
    assert "No commitment to a seed was published before lists closed" in page
    assert "Draw the seed and publish" not in late

"""A run of the match: repeatable, certified, frozen, approved by a second person."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from applications.domain.application import withdraw_application
from core import clock, jobs
from core.models import Job, OutboxMail
from core.refusals import Refused
from core.states import JobState
from matching.domain.runs import approve_run, compute_run, discard_run, make_run, start_run
from matching.engine import Instance, verify
from matching.models import MatchRun, Offer, PreferenceEntry, RankEntry
from matching.queries.runs import canonical, has_changed_since_freeze, inputs_of
from matching.states import OfferState, RunState
from streams.models import Stream
from streams.states import OfferMode
from tests.matching.scenes import Quiet, Scene, computed, ranked_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return ranked_scene()


@pytest.fixture(autouse=True)
def _at_the_match(scene):
    with clock.at(scene.world.moments["matching"]):
        yield


def places(scene: Scene, run: MatchRun) -> dict[str, str | None]:
    """Return who is placed where, by name and slug."""
    slugs = {stream.public_id: slug for slug, stream in scene.world.streams.items()}
    return {name: slugs.get(run.result["matching"][one.public_id]) for name, one in scene.finalists.items()}


@pytest.mark.requirement(25)
def test_run_places_whom_the_hand_calculation_places(scene):
    run = computed(scene)

    assert places(scene, run) == {
        "ada": "alpha",
        "ben": "alpha",
        "cleo": "beta",
        "dan": "gamma",
        "eve": "gamma",
        "fay": None,
    }
    assert (run.state, run.certificate["stable"], run.certificate["rerun_identical"]) == (RunState.COMPUTED, True, True)


def test_same_seed_and_lists_give_the_same_bytes(scene):
    one, two = computed(scene, "seed"), computed(scene, "seed")

    assert canonical(one.result).encode() == canonical(two.result).encode()
    assert (one.inputs_sha256, one.result_sha256) == (two.inputs_sha256, two.result_sha256)


def test_changed_input_gives_another_checksum(scene):
    before = computed(scene).inputs_sha256
    PreferenceEntry.objects.filter(stream_application=scene.wish("ada", "beta")).update(acceptable=False)

    assert computed(scene).inputs_sha256 != before


def test_below_the_line_and_unranked_are_no_pairs(scene):
    PreferenceEntry.objects.filter(stream_application=scene.wish("eve", "gamma")).update(acceptable=False)
    RankEntry.objects.filter(stream_application=scene.wish("dan", "gamma")).update(tier=None)

    assert places(scene, computed(scene)) == {
        "ada": "alpha",
        "ben": "alpha",
        "cleo": "beta",
        "dan": None,
        "eve": None,
        "fay": "gamma",
    }


@pytest.mark.requirement(25)
def test_certificate_reports_a_pair_swapped_by_hand(scene):
    run = computed(scene)
    swapped = dict(run.result["matching"])
    fay, dan = scene.finalists["fay"].public_id, scene.finalists["dan"].public_id
    swapped[fay], swapped[dan] = swapped[dan], None

    found = verify(Instance.from_json(run.inputs), swapped)

    assert (found.stable, found.blocking_pairs) == (False, [[dan, scene.world.streams["gamma"].public_id]])


def test_inputs_hold_public_ids_alone(scene):
    text = canonical(inputs_of(scene.world.cycle))

    assert "@" not in text
    assert not any(one.person.display_name in text or one.reference in text for one in scene.finalists.values())


def test_offered_seats_are_not_matched_again(scene):
    with clock.at(scene.world.moments["matching"]):
        approve_run(run=computed(scene), by=scene.user("staff b"))

    left = {name: side["max"] for name, side in inputs_of(scene.world.cycle)["streams"].items()}
    assert left == {stream.public_id: 0 for stream in scene.world.streams.values()}


def test_run_before_the_lock_is_refused(scene):
    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="locked lists only"):
        make_run(cycle=scene.world.cycle, seed="s", by=scene.user("staff a"))


def test_run_without_a_seed_is_refused(scene):
    with pytest.raises(Refused, match="seed"):
        make_run(cycle=scene.world.cycle, seed="  ", by=scene.user("staff a"))


def test_computing_twice_gives_one_result(scene):
    run = computed(scene)

    again = compute_run(run.pk, Quiet())

    assert (again.computed_at, again.result_sha256) == (run.computed_at, run.result_sha256)
    assert MatchRun.objects.count() == 1


def test_first_freeze_holds_when_the_job_starts_again(scene):
    run = make_run(cycle=scene.world.cycle, seed="s", by=scene.user("staff a"))

    class Dies:
        def step(self, message: str, done: int = 0, total: int = 0) -> None:
            if done == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_run(run.pk, Dies())
    frozen = MatchRun.objects.get(pk=run.pk).inputs_sha256
    PreferenceEntry.objects.filter(stream_application=scene.wish("ada", "beta")).update(acceptable=False)

    assert compute_run(run.pk, Quiet()).inputs_sha256 == frozen


def test_job_computes_the_run_and_leads_to_it(scene):
    run = start_run(cycle=scene.world.cycle, seed="s", by=scene.user("staff a"))

    jobs.run(run.job_id)

    job = Job.objects.get(pk=run.job_id)
    assert (job.state, job.result, job.done) == (JobState.DONE, {"url": run.get_absolute_url(), "size": 5}, 4)
    assert MatchRun.objects.get(pk=run.pk).state == RunState.COMPUTED


def test_stored_result_cannot_be_changed(scene):
    run = computed(scene)

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        MatchRun.objects.filter(pk=run.pk).update(result={"matching": {}})
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        MatchRun.objects.filter(pk=run.pk).update(seed="another")


def test_maker_cannot_approve(scene):
    run = computed(scene)

    with pytest.raises(Refused, match="second person"):
        approve_run(run=run, by=scene.user("staff a"))
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        MatchRun.objects.filter(pk=run.pk).update(approved_by=scene.user("staff a"))


def test_approval_drafts_one_offer_a_placed_person_and_tells_nobody(scene):
    run = approve_run(run=computed(scene), by=scene.user("staff b"))

    drafted = Offer.objects.filter(run=run).order_by("stream__slug", "seat")
    assert [(offer.stream.slug, offer.seat, offer.state) for offer in drafted] == [
        ("alpha", 1, OfferState.DRAFT),
        ("alpha", 2, OfferState.DRAFT),
        ("beta", 1, OfferState.DRAFT),
        ("gamma", 1, OfferState.DRAFT),
        ("gamma", 2, OfferState.DRAFT),
    ]
    assert not OutboxMail.objects.filter(key__startswith="offer").exists()


def test_approval_after_a_change_is_refused(scene):
    run = computed(scene)
    assert not has_changed_since_freeze(run)
    Stream.objects.filter(pk=scene.world.streams["gamma"].pk).update(seats_granted=3)

    with pytest.raises(Refused, match="changed after the freeze"):
        approve_run(run=run, by=scene.user("staff b"))
    assert not Offer.objects.exists()


def test_approval_after_a_withdrawal_is_refused(scene):
    run = computed(scene)
    application = scene.finalists["ada"]
    withdraw_application(application=application, by=application.person)

    with pytest.raises(Refused, match="changed after the freeze"):
        approve_run(run=run, by=scene.user("staff b"))


def test_second_approval_of_a_cycle_is_refused(scene):
    first, second = computed(scene, "one"), computed(scene, "two")
    approve_run(run=first, by=scene.user("staff b"))

    with pytest.raises(Refused):
        approve_run(run=second, by=scene.user("staff b"))
    assert Offer.objects.exclude(run=first).count() == 0


def test_discarded_run_is_neither_computed_nor_approved(scene):
    waiting = make_run(cycle=scene.world.cycle, seed="s", by=scene.user("staff a"))
    discard_run(run=waiting, by=scene.user("staff a"))
    done = computed(scene)
    discard_run(run=done, by=scene.user("staff a"))

    with pytest.raises(Refused, match="discarded"):
        compute_run(waiting.pk, Quiet())
    with pytest.raises(Refused, match="discarded"):
        approve_run(run=done, by=scene.user("staff b"))


def test_in_rounds_each_stream_offers_down_its_list(scene):
    type(scene.world.cycle).objects.update(offer_mode=OfferMode.ROUNDS)

    run = approve_run(run=MatchRun.objects.get(pk=computed(scene).pk), by=scene.user("staff b"))

    names = {one.pk: name for name, one in scene.finalists.items()}
    drafted = run.offers.select_related("stream")
    assert sorted((offer.stream.slug, names[offer.application_id]) for offer in drafted) == [
        ("alpha", "ada"),
        ("alpha", "ben"),
        ("beta", "cleo"),
        ("gamma", "dan"),
        ("gamma", "eve"),
    ]

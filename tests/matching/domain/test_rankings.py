"""Mentors put their people in tiers."""

from datetime import timedelta

import pytest

from applications.states import StreamApplicationState
from core import clock
from core.refusals import Refused, Stale
from matching.domain.rankings import (
    choose_late_rule,
    ensure_rank_list,
    lock_lists,
    save_ranking,
    submit_ranking,
    take_back_ranking,
)
from matching.models import PreferenceList, RankOrderList
from matching.queries import cycles_to_lock
from matching.queries.rankings import missing_lists, tiers_of
from matching.states import IfLate, ListState
from tests.matching.scenes import Scene, rank, ranked_scene, ranking_scene

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def scene() -> Scene:
    return ranking_scene()


def alpha(scene: Scene) -> RankOrderList:
    return ensure_rank_list(stream=scene.world.streams["alpha"], by=scene.user("alpha mentor"))


def save(scene: Scene, tiers: list[list[str]], version: int = 0, refused: tuple[str, ...] = ()) -> RankOrderList:
    names = [[scene.wish(name, "alpha").public_id for name in tier] for tier in tiers]
    return save_ranking(
        rank_list=alpha(scene),
        tiers=names,
        version=version,
        by=scene.user("alpha mentor"),
        not_acceptable=[scene.wish(name, "alpha").public_id for name in refused],
    )


def test_save_keeps_ties_order_and_the_not_acceptable(scene):
    with clock.at(scene.world.moments["ranking"]):
        rank_list = save(scene, [["ada", "ben"], [], ["cleo"]], refused=("fay",))

    ids = {name: scene.wish(name, "alpha").public_id for name in ("ada", "ben", "cleo", "fay")}
    assert tiers_of(rank_list) == ([[ids["ada"], ids["ben"]], [ids["cleo"]]], [ids["fay"]])
    assert (rank_list.version, rank_list.saved_by) == (1, scene.user("alpha mentor"))


def test_saving_the_same_list_makes_no_version(scene):
    with clock.at(scene.world.moments["ranking"]):
        save(scene, [["ada"]])
        assert save(scene, [["ada"]], version=1).version == 1


def test_save_over_somebody_elses_list_is_stale(scene):
    with clock.at(scene.world.moments["ranking"]):
        save(scene, [["ada"]])
        with pytest.raises(Stale) as stale:
            save(scene, [["ben"]], version=0)

    assert stale.value.current.version == 1


def test_person_of_another_stream_is_refused(scene):
    stranger = scene.wish("eve", "gamma").public_id
    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="1 of these people"):
        save_ranking(rank_list=alpha(scene), tiers=[[stranger]], version=0, by=scene.user("alpha mentor"))


def test_person_named_twice_is_refused(scene):
    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="twice"):
        save(scene, [["ada"], ["ada"]])


def test_mentor_cannot_rank_themselves(scene):
    application = scene.finalists["ada"]
    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="yourself"):
        save_ranking(
            rank_list=alpha(scene), tiers=[[scene.wish("ada", "alpha").public_id]], version=0, by=application.person
        )


def test_submitted_list_changes_only_after_it_is_taken_back(scene):
    mentor = scene.user("alpha mentor")
    with clock.at(scene.world.moments["ranking"]):
        submitted = submit_ranking(rank_list=save(scene, [["ada"]]), by=mentor, version=1)
        assert submitted.submitted_at == scene.world.moments["ranking"]
        with pytest.raises(Refused, match="Take it back"):
            save(scene, [["ben"]], version=1)
        assert take_back_ranking(rank_list=submitted, by=mentor).submitted_at is None
        assert save(scene, [["ben"]], version=1).version == 2


def test_submitting_nobody_is_refused(scene):
    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="at least one person"):
        submit_ranking(rank_list=save(scene, [], refused=("ada",)), by=scene.user("alpha mentor"))


@pytest.mark.parametrize(("late_by", "is_taken"), [(-SECOND, True), (timedelta(), False)])
def test_save_is_taken_until_the_end_of_the_grace(scene, late_by, is_taken):
    with clock.at(scene.world.date("rankings_close") + scene.world.grace + late_by):
        if is_taken:
            assert save(scene, [["ada"]]).version == 1
        else:
            with pytest.raises(Refused, match="locked"):
                save(scene, [["ada"]])


def test_lock_takes_both_sides_lists_once(scene):
    with clock.at(scene.world.moments["ranking"]):
        rank(scene, "alpha", [["ada"]])
        assert not cycles_to_lock(clock.now()).exists()
        with pytest.raises(Refused, match="still open"):
            lock_lists(cycle=scene.world.cycle)
    with clock.at(scene.world.moments["matching"]):
        assert list(cycles_to_lock(clock.now())) == [scene.world.cycle]
        assert lock_lists(cycle=scene.world.cycle) == len(scene.finalists) + 1
        assert lock_lists(cycle=scene.world.cycle) == 0
        assert not cycles_to_lock(clock.now()).exists()

    assert alpha(scene).state == ListState.LOCKED
    assert PreferenceList.objects.filter(locked_at=scene.world.moments["matching"]).count() == len(scene.finalists)


def test_late_rule_decides_whether_an_unsubmitted_draft_counts(scene):
    with clock.at(scene.world.moments["ranking"]):
        rank(scene, "beta", [["cleo"]])
        rank(scene, "gamma", [["dan"]])
        choose_late_rule(rank_list=save(scene, [["ada"]]), if_late=IfLate.LEAVE_OUT, by=scene.user("alpha mentor"))
    with clock.at(scene.world.moments["matching"]):
        lock_lists(cycle=scene.world.cycle)

    assert missing_lists(scene.world.cycle) == ["Stream Alpha"]
    RankOrderList.objects.filter(stream=scene.world.streams["alpha"]).update(if_late=IfLate.USE_DRAFT)
    assert missing_lists(scene.world.cycle) == []


def test_person_who_left_is_no_longer_on_the_list():
    scene = ranked_scene()
    gone = scene.wish("ada", "alpha")
    type(gone).objects.filter(pk=gone.pk).update(internal_state=StreamApplicationState.WITHDRAWN)

    assert tiers_of(alpha(scene)) == (
        [
            [scene.wish("ben", "alpha").public_id],
            [scene.wish("cleo", "alpha").public_id],
            [scene.wish("fay", "alpha").public_id],
        ],
        [],
    )

"""An applicant orders their streams."""

from datetime import timedelta

import pytest

from applications.states import StreamApplicationState
from core import clock
from core.models import AuditEvent
from core.refusals import Refused, Stale
from matching.domain.preferences import (
    confirm_preferences,
    lock_preferences,
    move_preference,
    sync_preferences,
    undo_preference_move,
)
from matching.models import PreferenceList
from matching.queries.preferences import order_of
from tests.matching.scenes import Scene, finalist, ranking_scene
from tests.worlds import person

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def scene() -> Scene:
    return ranking_scene()


def streams_of(scene: Scene, name: str) -> tuple[list[str], list[str]]:
    """Return the streams on somebody's list and below its line, by slug."""
    order = order_of(scene.finalists[name])
    slugs = {
        scene.wish(name, row.stream.slug).public_id: row.stream.slug
        for row in scene.finalists[name].stream_applications.select_related("stream")
    }
    return [slugs[one] for one in order.on], [slugs[one] for one in order.below]


def move(scene: Scene, name: str, stream: str, act: str, version: int = 0, **place: int) -> PreferenceList:
    application = scene.finalists[name]
    return move_preference(
        application=application,
        entry=scene.wish(name, stream).public_id,
        act=act,
        version=version,
        by=application.person,
        **place,
    )


def test_order_never_touched_is_the_order_of_submission(scene):
    assert streams_of(scene, "ada") == (["alpha", "beta"], [])
    assert not PreferenceList.objects.exists()


def test_move_changes_the_order_and_keeps_the_earlier_one_on_record(scene):
    with clock.at(scene.world.moments["ranking"]):
        kept = move(scene, "ada", "beta", "up")

    assert (streams_of(scene, "ada"), kept.version) == ((["beta", "alpha"], []), 1)
    details = AuditEvent.objects.get(verb="reorder").details
    assert details["on"] == [scene.wish("ada", "beta").public_id, scene.wish("ada", "alpha").public_id]


def test_move_to_a_place_and_off_and_on(scene):
    with clock.at(scene.world.moments["ranking"]):
        move(scene, "ada", "alpha", "to", place=2)
        move(scene, "ada", "beta", "off", version=1)
        assert streams_of(scene, "ada") == (["alpha"], ["beta"])
        move(scene, "ada", "beta", "on", version=2)

    assert streams_of(scene, "ada") == (["alpha", "beta"], [])


def test_move_that_changes_nothing_makes_no_version(scene):
    with clock.at(scene.world.moments["ranking"]):
        kept = move(scene, "ada", "alpha", "up")

    assert kept.version == 0


def test_undo_brings_the_order_before_back_once(scene):
    person = scene.user("ada")
    with clock.at(scene.world.moments["ranking"]):
        move(scene, "ada", "beta", "up")
        undo_preference_move(application=scene.finalists["ada"], version=1, by=person)
        assert streams_of(scene, "ada") == (["alpha", "beta"], [])
        with pytest.raises(Refused, match="no move to undo"):
            undo_preference_move(application=scene.finalists["ada"], version=2, by=person)


def test_move_from_a_stale_window_is_refused_and_changes_nothing(scene):
    with clock.at(scene.world.moments["ranking"]):
        move(scene, "ada", "beta", "up")
        with pytest.raises(Stale) as stale:
            move(scene, "ada", "alpha", "off", version=0)

    assert stale.value.current.version == 1
    assert streams_of(scene, "ada") == (["beta", "alpha"], [])


def test_confirmation_ends_with_the_next_move(scene):
    application = scene.finalists["ada"]
    with clock.at(scene.world.moments["ranking"]):
        kept = confirm_preferences(application=application, version=0, by=application.person)
        assert kept.confirmed_at == scene.world.moments["ranking"]
        kept = move(scene, "ada", "beta", "up")

    assert kept.confirmed_at is None


def test_confirming_an_empty_list_is_refused(scene):
    application = scene.finalists["eve"]
    with clock.at(scene.world.moments["ranking"]):
        kept = move(scene, "eve", "gamma", "off")
        with pytest.raises(Refused, match="at least one stream"):
            confirm_preferences(application=application, version=kept.version, by=application.person)


def test_stream_submitted_later_comes_last(scene):
    with clock.at(scene.world.moments["ranking"]):
        move(scene, "eve", "gamma", "off")
        extra = finalist(scene.world, person("spare"), ["alpha"]).stream_applications.get()
        extra.application = scene.finalists["eve"]
        extra.save()
        sync_preferences(application=scene.finalists["eve"], by=None)

    assert streams_of(scene, "eve") == (["alpha"], ["gamma"])


def test_stream_that_ended_leaves_the_list_and_returns_to_its_place(scene):
    with clock.at(scene.world.moments["ranking"]):
        move(scene, "ada", "beta", "up")
        beta = scene.wish("ada", "beta")
        rows = type(beta).objects.filter(pk=beta.pk)
        rows.update(internal_state=StreamApplicationState.WITHDRAWN)
        assert streams_of(scene, "ada") == (["alpha"], [])
        rows.update(internal_state=StreamApplicationState.SUBMITTED)

    assert streams_of(scene, "ada") == (["beta", "alpha"], [])


@pytest.mark.parametrize(("late_by", "is_taken"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_move_is_taken_until_the_end_of_the_grace(scene, late_by, is_taken):
    with clock.at(scene.world.date("preferences_close") + scene.world.grace + late_by):
        if is_taken:
            assert move(scene, "ada", "beta", "up").version == 1
        else:
            with pytest.raises(Refused, match="locked"):
                move(scene, "ada", "beta", "up")


def test_locked_list_takes_no_move_whatever_the_clock_says(scene):
    lock_preferences(application=scene.finalists["ada"], by=None)

    with clock.at(scene.world.moments["ranking"]), pytest.raises(Refused, match="locked"):
        move(scene, "ada", "beta", "up")

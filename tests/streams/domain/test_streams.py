"""Acts on streams: what is refused, what is recorded, what survives a second save."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.models import AuditEvent
from core.refusals import Refused
from questions.domain.rows import Change
from streams.domain import streams
from streams.domain.streams import AgreementText, CadenceText, MentorPart, RequirementText, StreamParts, StreamText
from streams.models import Mentor, Stream, StreamTrack, Track
from streams.states import StreamState
from tests.worlds import small_world

WHEN = datetime(2026, 5, 12, tzinfo=UTC)
TEXT = StreamText(
    title="Estuary", summary="Where rivers meet the sea.", description="", own_statement="", working_style="",
    what_fellow_owns="", host_org="", site=None, form=None, in_person="none", selection_mode="joint_selection",
    autonomy="shared", data_sensitivity="open", interview="none", reply_hours=None, ad_hoc_calls=False, dual_use=False,
    is_coalition=False, demo_invented=True, seats_asked=2, seats_granted=1,
)  # fmt: skip
WEEKLY = CadenceText("", "weekly", 60, "one_to_one", True, False, "")


@pytest.fixture
def world(db):
    return small_world()


@pytest.fixture
def parts(world) -> StreamParts:
    mentor = Mentor.objects.create(code="ada-veldt", display_name="Ada Veldt")
    return StreamParts(
        tracks=[Track.objects.order_by("pk")[0]], mentors=[MentorPart(mentor, "lead")], cadences=[WEEKLY]
    )


def save(world, parts, text=TEXT):
    return streams.save_stream(cycle=world.cycle, slug="estuary", text=text, parts=parts, by=None)


def test_new_stream_is_a_draft_and_saving_it_again_changes_nothing(world, parts):
    first, second = save(world, parts), save(world, parts)

    assert (first.change, second.change) == (Change.CREATED, Change.UNCHANGED)
    assert second.row.state == StreamState.DRAFT


def test_change_of_a_part_is_recorded_by_the_part_s_name(world, parts):
    stream = save(world, parts).row

    again = save(world, replace(parts, cadences=[WEEKLY, replace(WEEKLY, minutes=30)]))

    assert again.change is Change.CHANGED
    event = AuditEvent.objects.get(verb="change", object_key=stream.public_id)
    assert event.details == {"fields": ["cadences"]}


def test_removed_requirement_is_gone_and_the_others_keep_their_place(world, parts):
    lines = [RequirementText("essential", "One"), RequirementText("preferred", "Two")]
    stream = save(world, replace(parts, requirements=lines)).row

    save(world, replace(parts, requirements=lines[:1]))

    assert list(stream.requirements.values_list("order", "text")) == [(1, "One")]


def test_primary_track_can_be_exchanged(world, parts):
    first, second = Track.objects.order_by("pk")[:2]
    stream = save(world, replace(parts, tracks=[first, second])).row

    save(world, replace(parts, tracks=[second, first]))

    assert dict(StreamTrack.objects.filter(stream=stream).values_list("track", "primary")) == {
        first.pk: False,
        second.pk: True,
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"tracks": []}, "needs a track"), ({"mentors": []}, "needs a mentor with the role lead")],
    ids=["track", "lead"],
)
def test_stream_without_track_or_lead_is_refused(world, parts, change, reason):
    with pytest.raises(Refused, match=reason):
        save(world, replace(parts, **change))

    assert not Stream.objects.filter(slug="estuary").exists()


def test_signed_text_cannot_change_but_a_new_version_can_follow(world, parts):
    one = AgreementText("Agreement", 1, "Keep it.", WHEN)
    stream = save(world, replace(parts, agreements=[one])).row

    with pytest.raises(Refused, match="give the new text a new version number"):
        save(world, replace(parts, agreements=[replace(one, body="Sell it.")]))
    save(world, replace(parts, agreements=[one, AgreementText("Agreement", 2, "Keep it well.", WHEN)]))

    assert list(stream.agreements.values_list("version", "body")) == [(2, "Keep it well."), (1, "Keep it.")]


def test_publishing_needs_seats(world, parts):
    stream = save(world, parts, replace(TEXT, seats_granted=0)).row

    with pytest.raises(Refused, match="has no granted seats yet"):
        streams.publish_stream(stream=stream, by=None)


def test_pausing_needs_a_reason_that_people_are_told_and_resuming_clears_it(world, parts):
    stream = streams.publish_stream(stream=save(world, parts).row, by=None)

    with pytest.raises(Refused, match="Give a reason"):
        streams.pause_stream(stream=stream, reason="  ", by=None)
    stream = streams.pause_stream(stream=stream, reason="The mentor is ill.", by=None)
    assert (stream.state, stream.pause_reason) == (StreamState.PAUSED, "The mentor is ill.")

    stream = streams.resume_stream(stream=stream, by=None)
    assert (stream.state, stream.pause_reason) == (StreamState.PUBLISHED, "")


def test_draft_cannot_be_paused(world, parts):
    with pytest.raises(Refused, match="no longer possible"):
        streams.pause_stream(stream=save(world, parts).row, reason="Why not", by=None)

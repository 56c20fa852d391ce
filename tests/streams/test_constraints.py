"""What the database refuses, whoever asks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from streams.models import (
    Cadence,
    Cycle,
    KeyDate,
    ReadingItem,
    Requirement,
    Stream,
    StreamMentor,
    StreamTrack,
    Track,
)


def refused(name: str):
    return pytest.raises(IntegrityError, match=name)


def test_control_the_rows_can_be_written_unchanged(cycle):
    for model in (Cycle, KeyDate, Stream, StreamTrack, StreamMentor, Requirement, Cadence):
        model.objects.first().save()


@pytest.mark.parametrize(
    ("model", "change", "constraint"),
    [
        (Cycle, {"programme_ends_on": "2026-01-01"}, "cycle_ends_after_start"),
        (Cycle, {"offer_mode": "auction"}, "cycle_offer_mode_known"),
        (Cycle, {"grace_minutes": 500}, "cycle_grace_at_most_two_hours"),
        (KeyDate, {"who_acts": "fate"}, "key_date_who_acts_known"),
        (KeyDate, {"precision": "vague"}, "key_date_precision_known"),
        (Stream, {"state": "perhaps"}, "stream_state_known"),
        (Stream, {"selection_mode": "lottery"}, "stream_mode_known"),
        (Stream, {"in_person": "always"}, "stream_in_person_known"),
        (Stream, {"state": "published", "seats_granted": 0}, "stream_public_has_seats"),
        (Stream, {"state": "published", "seats_granted": 1, "published_at": None}, "stream_public_has_time"),
        (Stream, {"in_person": "required", "site": None}, "stream_required_place_has_site"),
        (Requirement, {"kind": "hoped_for"}, "requirement_kind_known"),
        (Requirement, {"options": ["one"], "min_options": 2}, "requirement_enough_options"),
        (Cadence, {"minutes": 4}, "cadence_5_to_480_minutes"),
        (Cadence, {"minutes": 481}, "cadence_5_to_480_minutes"),
        (ReadingItem, {"url": "http://plain.example/"}, "reading_item_https_only"),
        (StreamMentor, {"role": "guru"}, "stream_mentor_role_known"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
@pytest.mark.requirement(1)
def test_database_refuses(cycle, model, change, constraint):
    row = model.objects.order_by("pk").first()

    with refused(constraint), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**change)


def test_database_refuses_a_paused_stream_without_reason(cycle):
    with refused("stream_paused_has_reason"), transaction.atomic():
        Stream.objects.filter(state="paused").update(pause_reason="")


def test_database_refuses_a_range_that_ends_before_it_starts(cycle):
    date = KeyDate.objects.get(code="pitch_session")

    with refused("key_date_ends_after_start"), transaction.atomic():
        KeyDate.objects.filter(pk=date.pk).update(ends_at=date.starts_at - timedelta(days=1))


def test_database_refuses_a_second_primary_track_and_the_same_track_twice(cycle):
    stream = Stream.objects.get(slug="small-team-oversight")
    other = Track.objects.get(slug="theory")

    with refused("stream_one_primary_track"), transaction.atomic():
        StreamTrack.objects.create(stream=stream, track=other, primary=True)
    with refused("stream_track_unique"), transaction.atomic():
        StreamTrack.objects.create(stream=stream, track=stream.tracks.get())


def test_database_refuses_a_second_public_cycle_and_equal_slugs(cycle):
    with refused("cycle_one_public_current"), transaction.atomic():
        Cycle.objects.create(
            slug="other", code="27S", name="Other", programme_starts_on="2027-03-01", programme_ends_on="2027-05-01",
            is_public_current=True,
        )  # fmt: skip
    with refused("stream_slug_unique_in_cycle"), transaction.atomic():
        Stream.objects.filter(slug="scenario-lab").update(slug="founder-residency")

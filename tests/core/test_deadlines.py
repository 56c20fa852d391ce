"""Dates as they are entered, shown and enforced."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.deadlines import Deadline, instant, written, zone_of

CLOSE = datetime(2026, 6, 8, 12, tzinfo=UTC)
#: Local times, so without a zone: that is the point.
SPAN = (datetime(2026, 1, 1), datetime(2027, 12, 31))  # noqa: DTZ001 -- see above
ZONES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Cairo",
    "Asia/Tehran",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "UTC",
]


def test_end_of_day_aoe_is_noon_utc_of_the_next_day() -> None:
    assert instant(date(2026, 6, 7), None, "AoE") == CLOSE


def test_deadline_is_written_as_the_last_minute_in_every_zone() -> None:
    deadline = Deadline(CLOSE, "AoE")

    assert deadline.official() == "Sun 7 June 2026, 23:59 AoE"
    assert deadline.in_zone("Europe/London") == "Mon 8 June, 12:59 London"
    assert deadline.in_zone("Asia/Kolkata") == "Mon 8 June, 17:29 Kolkata"
    assert deadline.in_zone("UTC") == "Mon 8 June, 11:59 UTC"


def test_a_time_of_day_is_written_as_it_is() -> None:
    release = Deadline(datetime(2026, 7, 7, 16, tzinfo=UTC), "UTC")

    assert release.official() == "Tue 7 July 2026, 16:00 UTC"
    assert release.in_zone("America/New_York") == "Tue 7 July, 12:00 New York"


def test_grace_takes_what_comes_late_and_does_not_move_the_shown_deadline() -> None:
    deadline = Deadline(CLOSE, "AoE", timedelta(minutes=15))
    last = CLOSE + timedelta(minutes=15)

    assert deadline.is_past(CLOSE)
    assert deadline.takes(last - timedelta(seconds=1))
    assert not deadline.takes(last)
    assert deadline.official() == "Sun 7 June 2026, 23:59 AoE"


@pytest.mark.parametrize(
    ("on", "at", "zone"),
    [
        (date(2026, 3, 29), time(1, 30), "Europe/London"),  # skipped: the clocks go forward
        (date(2026, 10, 25), time(1, 30), "Europe/London"),  # twice: the clocks go back
        (date(2011, 12, 30), time(12), "Pacific/Apia"),  # a whole day that Samoa skipped
    ],
)
def test_a_time_that_names_no_single_instant_is_refused(on: date, at: time, zone: str) -> None:
    with pytest.raises(ValueError, match="does not name one instant"):
        instant(on, at, zone)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ValueError, match="'Mars/Olympus' is neither AoE nor a time zone"):
        zone_of("Mars/Olympus")


@pytest.mark.threat("T28")
@settings(max_examples=500, deadline=None, derandomize=True)
@given(moment=st.datetimes(*SPAN), zone=st.sampled_from(ZONES))
def test_what_is_entered_is_what_is_enforced_and_shown(moment: datetime, zone: str) -> None:
    minute = moment.replace(second=0, microsecond=0)
    try:
        stored = instant(minute.date(), minute.time(), zone)
    except ValueError:
        return  # a moment at which that zone's clocks change
    ends_day = minute.time() == time()
    shown = written(stored, zone, ends_day=ends_day)

    back = stored.astimezone(zone_of(zone)).replace(tzinfo=None)
    assert back == minute
    expected = minute - timedelta(minutes=1) if ends_day else minute
    assert f"{expected:%H:%M}" in shown
    assert f"{expected.day} {expected:%B %Y}" in shown

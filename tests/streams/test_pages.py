"""The public pages: every phase, every stream, no draft, and the same number of queries for one stream and for many."""

from datetime import UTC, datetime

import icalendar
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, editions
from streams.domain.streams import bring_to_state
from streams.models import KeyDate, Stream
from streams.states import StreamState

PAGES = ["/", "/dates/", "/tracks/", "/streams/", "/streams/compare/", "/privacy/", "/accessibility/", "/help/"]


def n_queries(client, address: str) -> int:
    """Count the queries of a page of which this process keeps nothing yet."""
    editions.forget()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries)


@pytest.mark.parametrize(
    ("moment", "said", "not_said"),
    [
        (datetime(2026, 5, 12, 11, 59, 59, tzinfo=UTC), "Not open yet", "Start an application"),
        (datetime(2026, 5, 12, 12, 0, 0, tzinfo=UTC), "Start an application", "Not open yet"),
        (datetime(2026, 6, 8, 11, 59, 59, tzinfo=UTC), "Start an application", "Applications are closed"),
        (datetime(2026, 6, 8, 12, 0, 0, tzinfo=UTC), "Applications are closed", "Start an application"),
        (datetime(2027, 1, 1, tzinfo=UTC), "Applications are closed", "Start an application"),
    ],
    ids=["a second before", "opening", "a second before the close", "close", "long after"],
)
def test_home_says_what_is_possible_now(cycle, client, moment, said, not_said):
    with clock.at(moment):
        text = client.get("/").content.decode()

    assert said in text
    assert not_said not in text
    assert "A 10-week research fellowship in AI safety" in text


@pytest.mark.parametrize("address", PAGES)
def test_pages_work_without_an_account(cycle, client, address):
    response = client.get(address)

    assert response.status_code == 200
    assert response.content.count(b"<h1") == 1
    assert b" style=" not in response.content


def test_every_public_stream_and_track_has_a_page_and_drafts_have_none(cycle, client):
    for stream in Stream.objects.all():
        expected = 404 if stream.state == StreamState.DRAFT else 200
        assert client.get(stream.get_absolute_url()).status_code == expected, stream
    for track in cycle.tracks.all():
        assert client.get(track.get_absolute_url()).status_code == 200, track
    assert client.get("/tracks/alchemy/").status_code == 404


def test_draft_is_named_on_no_page(cycle, client):
    draft = Stream.objects.get(state=StreamState.DRAFT)
    addresses = [
        *PAGES,
        "/tracks/founding-field-building/",
        f"/streams/?q={draft.title}",
        f"/streams/compare/?s={draft.slug}",
    ]

    seen = [address for address in addresses if draft.title in client.get(address).content.decode().split("<h1", 1)[1]]

    assert seen == [f"/streams/?q={draft.title}"]  # the words that the visitor typed, and nothing found by them
    assert "0 of 22 streams" in client.get(f"/streams/?q={draft.title}").content.decode()


@pytest.mark.requirement(61)
def test_stream_page_shows_agreement_areas_options_and_says_what_is_invented(cycle, client):
    safeguards = client.get("/streams/ai-native-bio-safeguards/").content.decode()
    deployed = client.get("/streams/breaking-deployed-ai/").content.decode()
    paused = client.get("/streams/standards-drafting-studio/").content.decode()
    bare = client.get("/streams/countermeasure-bottlenecks/").content.decode()

    assert "version 2 of 2 June 2026" in safeguards
    assert "invented for the demo" not in safeguards
    assert "Area 1: Attacks on deployed systems" in deployed
    assert "Whom it looks for" not in deployed  # no heading without a list
    assert "Paused, not taking applications" in paused
    assert "invented for the demo" in paused
    assert "This stream has not listed requirements. Ask before assuming there are none." in bare


@pytest.mark.requirement(42)
def test_one_line_track_has_no_empty_headings(cycle, client):
    theory = client.get("/tracks/theory/").content.decode()

    assert "About this track" not in theory
    assert "This track asks no questions beside the general application." in theory
    assert "About this track" in client.get("/tracks/empirical/").content.decode()  # control


@pytest.mark.requirement(4)
def test_moved_date_shows_the_old_one_and_the_reason(cycle, client):
    KeyDate.objects.filter(code="offers_sent").update(
        moved_from=datetime(2026, 7, 29, 16, tzinfo=UTC), moved_reason="two lists came late.",
        moved_at=datetime(2026, 6, 2, tzinfo=UTC),
    )  # fmt: skip

    text = client.get("/dates/").content.decode()

    assert "<s>Wed 29 July 2026, 16:00 UTC</s>" in text
    assert "Moved on 2 June because two lists came late." in text


@pytest.mark.requirement(4)
def test_calendar_feed_agrees_with_the_page(cycle, client):
    response = client.get("/dates.ics")

    events = {str(event["summary"]): event for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")}
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(events) == KeyDate.objects.filter(public=True).count() == 26
    assert events["General application closes"].decoded("dtstart") == datetime(2026, 6, 8, 12, tzinfo=UTC)
    assert events["Programme starts"].decoded("dtstart").isoformat() == "2026-09-28"
    assert events["Project pitches"].decoded("dtend").isoformat() == "2026-09-30"  # the day after the last one
    assert "Mentor proposals due" not in events


def test_compare_shows_up_to_four_in_the_order_asked_for(cycle, client):
    text = client.get(
        "/streams/compare/?s=scenario-lab&s=nobody&s=founder-residency&s=research-operations-lab"
    ).content.decode()

    assert text.index("Scenario Lab") < text.index("Founder Residency")
    assert "Research Operations Lab" not in text


def test_filter_of_htmx_gets_the_list_alone(cycle, client):
    response = client.get("/streams/?track=theory", headers={"HX-Request": "true"})

    assert response.content.decode().lstrip().startswith('<div id="catalogue"')
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("address", ["/", "/tracks/", "/tracks/theory/", "/streams/", "/streams/?q=the&track=theory"])
def test_page_costs_the_same_for_one_stream_and_for_many(cycle, client, address):
    many = n_queries(client, address)
    for stream in Stream.objects.exclude(slug="formal-models-of-delegation").exclude(state=StreamState.DRAFT):
        bring_to_state(stream=stream, state=StreamState.DRAFT, published_at=None, reason="", by=None)

    one = n_queries(client, address)

    assert one == many <= 18


def test_comparing_four_costs_the_same_as_one(cycle, client):
    four = "/streams/compare/?s=scenario-lab&s=founder-residency&s=ai-welfare-empirical&s=interpretability-foundations"

    assert n_queries(client, "/streams/compare/?s=scenario-lab") == n_queries(client, four) <= 10


def test_stream_with_twelve_mentors_costs_the_same_as_one_with_one(cycle, client):
    assert (
        n_queries(client, "/streams/frontier-lab-safety-coalition/")
        == n_queries(client, "/streams/scenario-lab/")
        <= 20
    )


def test_how_it_works_shows_weights_and_levels(cycle, client):
    text = client.get("/how-it-works/").content.decode()

    assert "Experiments and iteration" in text
    assert "25 %" in text
    assert "Works in short loops, knows what one round costs, and removed the slowest part of it." in text
    assert "AI tools are allowed and must be disclosed" in text

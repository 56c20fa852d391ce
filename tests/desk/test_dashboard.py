"""The applicant's first page: whose move it is, and nothing that was not released."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from applications.models import Application, StreamApplication, TrackApplication
from applications.states import ApplicationState, TrackState
from core import clock, outbox
from core.models import OutboxMail
from core.states import MailState
from streams.models import Stream, StreamTrack
from tests.applications import factories
from tests.worlds import World, person, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def page(user: User, address: str = "/my/") -> str:
    client = Client()
    client.force_login(user)
    return client.get(address).content.decode()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("open", "Start an application"),
        ("before", "Applications are not open now"),
        ("closed", "Applications are not open now"),
    ],
)
def test_person_without_an_application_reads_what_is_possible(world: World, moment: str, text: str) -> None:
    with clock.at(world.moments[moment]):
        html = page(world.people["applicant"])

    assert text in html
    assert ("Start an application" in html) == (moment == "open")


def test_without_a_cycle_the_page_says_so(db: None) -> None:
    assert "No cycle is open now" in page(person("somebody"))


@pytest.mark.parametrize(
    ("make", "moment", "headline", "event"),
    [
        (factories.draft, "open", "Your move", "1 thing to do"),
        (factories.submitted, "open", "Received", "Result by Fri 12 June 2026"),
        (factories.in_screen, "closed", "Received", "Result by Fri 12 June 2026"),
        (factories.in_stage2, "stage2", "Your move", "2 things to do"),
        (factories.under_review, "review", "With the reviewers", "Result by Tue 7 July 2026"),
    ],
)
def test_each_station_names_whose_move_it_is_and_the_next_date(
    world: World, make: Any, moment: str, headline: str, event: str
) -> None:
    make(world)

    with clock.at(world.moments[moment]):
        html = page(world.people["applicant"])

    assert headline in html
    assert event in html


@pytest.mark.parametrize("internal", [TrackState.ADVANCED, TrackState.HELD, TrackState.NOT_ADVANCED])
@pytest.mark.requirement(21)
def test_decision_that_was_not_released_changes_no_character_of_the_page(world: World, internal: str) -> None:
    application = factories.under_review(world)
    user, addresses = application.person, ["/my/", "/my/streams/", "/my/application/"]
    with clock.at(world.moments["review"]):
        before = [words(page(user, address)) for address in addresses]

        TrackApplication.objects.filter(application=application).update(internal_state=internal)
        Application.objects.filter(pk=application.pk).update(internal_state=ApplicationState.FINAL)
        StreamApplication.objects.filter(application=application).update(internal_state="closed")
        after = [words(page(user, address)) for address in addresses]

    assert after == before


def test_control_released_decision_changes_the_page(world: World) -> None:
    application = factories.under_review(world)
    with clock.at(world.moments["review"]):
        before = words(page(application.person))
        TrackApplication.objects.filter(application=application).update(released_state=TrackState.NOT_ADVANCED)
        after = words(page(application.person))

    assert after != before
    assert "Not selected" in after


def words(html: str) -> str:
    """Leave out what differs at each request: form tokens."""
    return "".join(line for line in html.splitlines(keepends=True) if "csrfmiddlewaretoken" not in line)


def test_queries_do_not_grow_with_streams(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))
    client = Client()
    client.force_login(application.person)
    counts: dict[str, list[int]] = {"/my/": [], "/my/streams/": []}
    # One stream more that nobody takes: a picker that runs empty would save its own queries.
    spare = Stream.objects.get(slug="gamma")
    spare.pk, spare.slug, spare.public_id = None, "delta", "delta"
    spare.save()
    StreamTrack.objects.create(stream=spare, track=world.tracks["theory"], primary=True)
    for slug in ("alpha", "beta", "gamma"):
        factories.stream_submitted(world, application, slug)
        with clock.at(world.moments["stage2"]):
            for address, seen in counts.items():
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200
                seen.append(len(queries))

    # The dashboard asks about the order of streams once there are two.
    assert counts["/my/"][1] == counts["/my/"][2]
    assert len(set(counts["/my/streams/"])) == 1
    assert max(counts["/my/"]) <= 40, counts


def test_messages_show_what_has_left_and_only_to_its_reader(world: World) -> None:
    application = factories.submitted(world)
    other = world.people["other applicant"]
    assert "No messages yet" in page(application.person, "/my/messages/")
    assert outbox.deliver_next()
    mail = OutboxMail.objects.get(state=MailState.SENT)
    address = f"/my/messages/{mail.public_id}/"

    assert f"Received: application {application.reference}" in page(application.person, "/my/messages/")
    assert "I built a small test" in page(application.person, address)
    client = Client()
    client.force_login(other)
    assert client.get(address).status_code == 404
    assert "No messages yet" in page(other, "/my/messages/")


def test_withdrawn_application_offers_nothing_more(world: World) -> None:
    application = factories.submitted(world)
    Application.objects.filter(pk=application.pk).update(internal_state="withdrawn", released_state="withdrawn")

    with clock.at(world.moments["open"]):
        html = page(application.person)

    assert "Withdrawn by you" in html
    assert "Withdraw this application" not in html
    assert "Continue:" not in html

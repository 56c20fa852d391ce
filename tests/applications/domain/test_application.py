"""The general application: deadlines, double presses, reopening, the end of the window."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from applications.domain.application import (
    choose_tracks,
    close_application,
    reopen_application,
    start_application,
    submit_application,
    withdraw_application,
)
from applications.models import AnswerSnapshot, Application
from applications.queries import due_for_close, latest_snapshot
from applications.states import ApplicationState, TrackState
from core import clock
from core.models import OutboxMail
from core.refusals import Refused
from tests.applications import factories
from tests.worlds import World, small_world

SECOND = timedelta(seconds=1)


def test_start_outside_the_window_is_refused(world: World) -> None:
    user = world.people["applicant"]

    for moment, reason in [
        (world.date("general_opens") - SECOND, "open on Tue 12 May 2026"),
        (world.date("general_closes") + world.grace, "closed at Sun 7 June 2026, 23:59 AoE"),
    ]:
        with clock.at(moment), pytest.raises(Refused, match=reason):
            start_application(cycle=world.cycle, person=user, by=user)

    assert not Application.objects.exists()


@pytest.mark.requirement(5)
def test_submit_one_second_before_the_end_of_the_grace_counts(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.date("general_closes") + world.grace - SECOND):
        submit_application(application=application, by=application.person)

    application.refresh_from_db()
    assert application.released_state == ApplicationState.SUBMITTED


@pytest.mark.requirement(5)
def test_submit_at_the_end_of_the_grace_is_refused_and_names_the_official_time(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.date("general_closes") + world.grace), pytest.raises(Refused, match="23:59 AoE"):
        submit_application(application=application, by=application.person)

    application.refresh_from_db()
    assert application.released_state == ApplicationState.DRAFT


def test_request_that_arrived_in_time_counts_however_long_we_took(world: World) -> None:
    application = factories.draft(world)
    end = world.date("general_closes") + world.grace

    with clock.at(end + timedelta(seconds=20)), clock.arriving(end - SECOND):
        application = submit_application(application=application, by=application.person)

    assert application.submitted_at == end - SECOND


def test_reopen_is_possible_until_the_official_deadline_and_not_in_the_grace(world: World) -> None:
    application = factories.submitted(world)

    with clock.at(world.date("general_closes")), pytest.raises(Refused, match="can no longer be reopened"):
        reopen_application(application=application, by=application.person)
    with clock.at(world.date("general_closes") - SECOND):
        application = reopen_application(application=application, by=application.person)

    assert application.released_state == ApplicationState.DRAFT


@pytest.mark.parametrize(
    ("code", "value", "reason"),
    [
        ("full-name", "  ", "Answer “Full-name\\?”"),
        ("places", [], "Choose an answer to “Places\\?”"),
        ("consent", False, "Agree to “Consent\\?”"),
        ("why", "word " * 21, "1 words over the limit of 20"),
    ],
)
def test_incomplete_application_is_refused_with_the_first_problem(
    world: World, code: str, value: Any, reason: str
) -> None:
    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        factories.answer(application, code, value)

        with pytest.raises(Refused, match=reason):
            submit_application(application=application, by=application.person)

    assert not AnswerSnapshot.objects.exists()


@pytest.mark.requirement(17)
def test_application_without_a_track_is_refused(world: World) -> None:
    application = factories.draft(world)
    application.track_applications.all().delete()

    with clock.at(world.moments["open"]), pytest.raises(Refused, match="Choose at least one track"):
        submit_application(application=application, by=application.person)


def test_tracks_must_be_some_and_of_the_cycle(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]), pytest.raises(Refused, match="at least one track"):
        choose_tracks(application=application, tracks=[], by=application.person)


@pytest.mark.django_db(transaction=True)
def test_eight_submissions_at_once_are_one() -> None:
    world = small_world()
    application = factories.draft(world)
    barrier = Barrier(8)

    def press(_: int) -> str:
        try:
            barrier.wait()
            with clock.at(world.moments["open"]):
                return submit_application(application=application, by=application.person).released_state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(press, range(8)))

    assert states == [ApplicationState.SUBMITTED] * 8
    assert AnswerSnapshot.objects.filter(scope="general").count() == 1
    assert OutboxMail.objects.filter(template="applications/mail/receipt.txt").count() == 1


def test_a_reference_that_is_taken_is_drawn_again(world: World, monkeypatch) -> None:
    with clock.at(world.moments["open"]):
        first = start_application(
            cycle=world.cycle, person=world.people["applicant"], by=world.people["applicant"]
        ).reference
        letters = iter([*first.removeprefix(f"{world.cycle.code}-").replace("-", ""), *"BCDFGH"])
        monkeypatch.setattr("core.ids.secrets.choice", lambda _alphabet: next(letters))

        other = world.people["other applicant"]
        second = start_application(cycle=world.cycle, person=other, by=other).reference

    assert second == f"{world.cycle.code}-BCDF-GH"


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement(16)
def test_eight_starts_at_once_are_one() -> None:
    world = small_world()
    user, barrier = world.people["applicant"], Barrier(8)

    def press(_: int) -> str:
        try:
            barrier.wait()
            with clock.at(world.moments["open"]):
                return start_application(cycle=world.cycle, person=user, by=user).reference
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        references = set(pool.map(press, range(8)))

    assert references == set(Application.objects.values_list("reference", flat=True))
    assert len(references) == 1


def test_version_of_the_last_submission_is_what_readers_get(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"] + timedelta(hours=1)):
        application = reopen_application(application=application, by=application.person)
        factories.answer(application, "why", "second thoughts")
        first = latest_snapshot(application, "general")
        submit_application(application=application, by=application.person)

    second = latest_snapshot(application, "general")
    assert "second thoughts" not in str(first.content)
    assert "second thoughts" in str(second.content)
    assert AnswerSnapshot.objects.filter(scope="general").count() == 2


def test_reopened_and_not_submitted_again_falls_back_to_what_was_handed_in(world: World) -> None:
    application = factories.submitted(world, tracks=("empirical",))
    with clock.at(world.moments["open"] + timedelta(hours=1)):
        application = reopen_application(application=application, by=application.person)
        choose_tracks(application=application, tracks=[world.tracks["theory"]], by=application.person)
        factories.answer(application, "why", "never handed in")

    with clock.at(world.moments["closed"]):
        application = close_application(application=application)

    assert application.internal_state == application.released_state == ApplicationState.IN_SCREEN
    assert list(application.track_applications.values_list("track__slug", "released_state")) == [
        ("empirical", TrackState.IN_SCREEN)
    ]
    assert "never handed in" not in str(latest_snapshot(application, "general").content)


def test_draft_lapses_at_the_close_with_one_mail(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["closed"]):
        assert list(due_for_close(world.cycle)) == [application]
        close_application(application=application)
        close_application(application=application)
        assert not due_for_close(world.cycle).exists()

    application.refresh_from_db()
    assert application.released_state == ApplicationState.LAPSED
    assert list(OutboxMail.objects.values_list("template", flat=True)) == ["applications/mail/lapsed.txt"]


def test_track_without_a_screen_opens_at_the_close(world: World) -> None:
    application = factories.in_screen(world, tracks=("empirical", "theory"))

    tracks = dict(application.track_applications.values_list("track__slug", "released_state"))
    assert tracks == {"empirical": TrackState.IN_SCREEN, "theory": TrackState.STREAMS_OPEN}


def test_window_is_not_closed_within_the_grace(world: World) -> None:
    application = factories.submitted(world)

    with clock.at(world.date("general_closes") + world.grace - SECOND):
        assert not due_for_close(world.cycle).exists()
        with pytest.raises(Refused, match="still open"):
            close_application(application=application)


def test_withdrawing_twice_is_one_mail_and_an_open_offer_is_answered_first(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        withdraw_application(application=application, by=application.person)
        withdraw_application(application=application, by=application.person)
    other = factories.submitted(world, "other applicant")
    Application.objects.filter(pk=other.pk).update(internal_state="offered", released_state="offered")

    with clock.at(world.moments["offers"]), pytest.raises(Refused, match="Answer it first"):
        withdraw_application(application=other, by=other.person)

    assert OutboxMail.objects.filter(template="applications/mail/withdrawn.txt").count() == 1
    assert application.track_applications.get().released_state == TrackState.WITHDRAWN


def test_offer_that_was_not_sent_neither_stops_a_withdrawal_nor_shows(world: World) -> None:
    application = factories.submitted(world)
    Application.objects.filter(pk=application.pk).update(internal_state="offered", released_state="final")

    with clock.at(world.moments["matching"]):
        application = withdraw_application(application=application, by=application.person)

    assert application.internal_state == application.released_state == ApplicationState.WITHDRAWN


def test_receipt_mail_holds_the_reference_the_answers_and_the_checksum(world: World) -> None:
    application = factories.submitted(world)

    mail = OutboxMail.objects.get(template="applications/mail/receipt.txt")
    assert mail.subject == f"Received: application {application.reference}"
    assert "I built a small test and ran it twice." in mail.body
    assert latest_snapshot(application, "general").sha256 in mail.body
    assert "until Sun 7 June 2026, 23:59 AoE" in mail.body

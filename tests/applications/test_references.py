"""References: who is named and asked when, reminded, replaced, and what becomes of a letter that never comes."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from applications.domain.application import withdraw_application
from applications.domain.invariants import ALL
from applications.domain.letters import decline_reference, start_letter, submit_letter
from applications.domain.references import (
    bounce_reference,
    forget_lonely_referees,
    remind_on_wish,
    replace_reference,
)
from applications.models import Referee, Reference
from applications.queries.references import referee_page
from core import clock
from core.refusals import Refused
from mats_portal.desk.phases import move_phases
from streams.states import ReferenceMoment
from tests.applications import factories
from tests.applications.refereeing import R, asked, fill, into_stage2, mails, name, sent, visit
from tests.worlds import World

# ------------------------------------------------------------------------------------------------- naming and asking


@pytest.mark.requirement(102)
def test_referees_are_asked_when_stage_2_opens_and_once(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        reference = name(application)
        move_phases()
    assert Reference.objects.get().state == R.LISTED
    assert mails("referee-request") == []

    into_stage2(world, application)
    with clock.at(world.moments["stage2"]):
        move_phases()
        move_phases()

    reference.refresh_from_db()
    assert reference.state == R.REQUESTED
    (mail,) = mails("referee-request")
    assert mail.to == "ruth@lab.example.org"
    assert "Applicant asks you for a reference" in mail.subject
    assert "given up asking to read it" in mail.body
    assert "Wed 24 June 2026, 23:59 AoE" in mail.body or "25 June" in mail.body


def test_referee_named_in_stage_2_is_asked_at_once(world: World) -> None:
    application = factories.in_stage2(world)

    with clock.at(world.moments["stage2"]):
        assert name(application).state == R.REQUESTED


@pytest.mark.parametrize(
    ("moment", "state"), [(ReferenceMoment.SUBMIT, R.REQUESTED), (ReferenceMoment.APPLICANT, R.LISTED)]
)
def test_cycle_can_choose_another_moment(world: World, moment: str, state: str) -> None:
    world.cycle.referees_asked = moment
    world.cycle.save()
    application = factories.submitted(world)

    with clock.at(world.moments["open"]):
        reference = name(application)
        move_phases()

    reference.refresh_from_db()
    assert reference.state == state


def test_applicant_asks_by_hand_where_the_cycle_says_so(world: World, client: Client) -> None:
    world.cycle.referees_asked = ReferenceMoment.APPLICANT
    world.cycle.save()
    application = factories.submitted(world)
    client.force_login(application.person, backend="django.contrib.auth.backends.ModelBackend")
    with clock.at(world.moments["open"]):
        reference = name(application)
        page = client.get("/my/referees/").content.decode()
        assert "Send request" in page

        client.post(f"/my/referees/{reference.public_id}/ask/")

    reference.refresh_from_db()
    assert reference.state == R.REQUESTED


@pytest.mark.parametrize("email", ["Applicant@Example.org", "applicant+ref@example.org"])
def test_own_address_is_refused(world: World, email: str) -> None:
    application = factories.submitted(world)

    with clock.at(world.moments["open"]), pytest.raises(Refused, match="A referee cannot be you"):
        name(application, email)

    assert Referee.objects.count() == 0


def test_second_naming_of_an_address_and_a_third_referee_are_refused(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        name(application)
        with pytest.raises(Refused, match="already"):
            name(application, "RUTH@lab.example.org")
        name(application, "otto@lab.example.org")
        with pytest.raises(Refused, match="2 referees"):
            name(application, "third@lab.example.org")

    assert Reference.objects.count() == 2


@pytest.mark.requirement(39)
def test_referees_can_be_named_until_the_deadline_and_its_grace_to_the_second(world: World) -> None:
    application = factories.in_stage2(world)
    closes = world.date("stage2_closes") + world.grace

    with clock.at(closes - timedelta(seconds=1)):
        name(application)
    with clock.at(closes), pytest.raises(Refused, match="closed at"):
        name(application, "otto@lab.example.org")


# --------------------------------------------------------------------------------- decline, bounce, replace, withdraw


@pytest.mark.requirement(102)
def test_declining_tells_the_applicant_and_frees_the_place(world: World, client: Client) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        url = visit(world, client, reference)
        assert client.get(f"{url}decline/").status_code == 200
        client.post(f"{url}decline/", {"reason": "We never met"})
        page = referee_page(reference.application)
        name(reference.application, "otto@lab.example.org")
        name(reference.application, "third@lab.example.org")

    reference.refresh_from_db()
    assert reference.state == R.DECLINED
    assert page.rows[0].state == "Declined: name someone else"
    assert page.n_free == 2
    (mail,) = mails("reference-declined")
    assert mail.to == reference.application.person.email
    assert "We never met" not in mail.body


def test_bounce_tells_the_applicant_to_check_the_address(world: World) -> None:
    reference = asked(world)

    with clock.at(world.moments["stage2"]):
        bounce_reference(reference=reference, by=world.people["staff a"])
        page = referee_page(reference.application)

    assert page.rows[0].state == "Email bounced: check the address"
    (mail,) = mails("reference-bounced")
    assert "ruth@lab.example.org" in mail.body


def test_replaced_referee_is_told_and_loses_the_page(world: World, client: Client) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        visit(world, client, reference)
        new = name(reference.application, "otto@lab.example.org", replaces=reference)
        assert client.get(f"/refer/{reference.public_id}/").status_code == 404

    reference.refresh_from_db()
    assert (reference.state, new.state) == (R.REPLACED, R.REQUESTED)
    assert [mail.to for mail in mails("referee-removed")] == ["ruth@lab.example.org"]


def test_refused_replacement_takes_nobody_away(world: World) -> None:
    reference = asked(world)

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="cannot be you"):
        name(reference.application, "applicant@example.org", replaces=reference)

    reference.refresh_from_db()
    assert reference.state == R.REQUESTED


def test_letter_that_is_in_cannot_be_replaced(world: World) -> None:
    reference = sent(world)

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="is in"):
        replace_reference(reference=reference, by=reference.application.person)


def test_withdrawal_tells_the_referees(world: World) -> None:
    reference = asked(world)

    with clock.at(world.moments["stage2"]):
        withdraw_application(application=reference.application, by=reference.application.person)

    reference.refresh_from_db()
    assert reference.state == R.REPLACED
    assert len(mails("referee-removed")) == 1


# ---------------------------------------------------------------------------------------------- reminders and the end


def days_before_close(world: World, days: float) -> datetime:
    return world.date("stage2_closes") - timedelta(days=days)


def test_two_dated_reminders_whether_the_calendar_runs_often_or_late(world: World) -> None:
    asked(world)
    for days in (8, 7.01, 7, 6.5, 6, 3, 2, 1.9, 0.1):
        with clock.at(max(days_before_close(world, days), world.moments["stage2"])):
            move_phases()

    keys = [mail.key.rpartition(":")[2] for mail in mails("referee-reminder")]
    assert keys == ["7d", "2d"]


def test_beat_that_was_away_sends_only_the_latest_reminder(world: World) -> None:
    asked(world)

    with clock.at(days_before_close(world, 1)):
        move_phases()
        move_phases()

    assert [mail.key.rpartition(":")[2] for mail in mails("referee-reminder")] == ["2d"]


def test_nobody_is_reminded_of_what_is_done(world: World) -> None:
    sent(world)

    with clock.at(days_before_close(world, 1)):
        move_phases()

    assert mails("referee-reminder") == []


def test_applicant_can_remind_once_in_two_days(world: World) -> None:
    reference = asked(world)
    person = reference.application.person
    with clock.at(world.moments["stage2"] + timedelta(days=1)), pytest.raises(Refused, match="less than two days"):
        remind_on_wish(reference=reference, by=person)
    with clock.at(world.moments["stage2"] + timedelta(days=2)):
        assert referee_page(reference.application).rows[0].can_remind
        remind_on_wish(reference=reference, by=person)
        with pytest.raises(Refused, match="less than two days"):
            remind_on_wish(reference=reference, by=person)

    assert len(mails("referee-reminder")) == 1


@pytest.mark.requirement(39)
def test_missing_letter_ends_with_the_grace_and_the_file_is_complete(world: World) -> None:
    reference = asked(world)
    closes = world.date("stage2_closes") + world.grace

    with clock.at(closes - timedelta(seconds=1)):
        move_phases()
        reference.refresh_from_db()
        assert reference.state == R.REQUESTED
    with clock.at(closes):
        start_late = pytest.raises(Refused, match="closed at")
        with start_late:
            start_letter(reference=reference)
        move_phases()

    reference.refresh_from_db()
    assert reference.state == R.EXPIRED
    assert {statement.__name__: list(statement()) for statement in ALL} == {statement.__name__: [] for statement in ALL}


def test_declined_reference_cannot_be_sent(world: World) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        start_letter(reference=reference)
        fill(reference)
        decline_reference(reference=reference)
        with pytest.raises(Refused):
            submit_letter(reference=reference)


def test_address_that_nobody_names_any_more_is_forgotten(world: World) -> None:
    shared, alone = asked(world), asked(world, "other applicant", "otto@lab.example.org")
    Reference.objects.filter(pk=alone.pk).delete()

    forget_lonely_referees()

    assert list(Referee.objects.values_list("email", flat=True)) == [shared.referee.email]

"""References: who is asked when, what a referee can do with a link, and who never reads a word of it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.application import close_application, open_stage2, withdraw_application
from applications.domain.invariants import ALL
from applications.domain.letters import decline_reference, save_letter_answer, start_letter, submit_letter
from applications.domain.references import (
    bounce_reference,
    forget_lonely_referees,
    list_referee,
    remind_on_wish,
    replace_reference,
    revoke_links,
)
from applications.models import Application, Letter, Referee, Reference
from applications.queries.letters import BY_CODE, letters_of
from applications.queries.references import link_token, referee_of_token, referee_page
from applications.states import ReferenceState, TrackState
from core import clock, editions
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused, Stale
from core.transitions import publish_state, transition
from mats_portal.desk.phases import move_phases
from streams.states import ReferenceMoment
from tests.applications import factories
from tests.worlds import World

R = ReferenceState
CANARY = "canary-7f3a: she rewrote the parser over one weekend"


def name(application: Application, email: str = "ruth@lab.example.org", **more: Any) -> Reference:
    return list_referee(
        application=application,
        by=application.person,
        **{"name": "Ruth Okafor", "email": email, "access_waived": True, **more},
    )


def asked(world: World, who: str = "applicant", email: str = "ruth@lab.example.org") -> Reference:
    """Name a referee before stage 2 and let the calendar ask them."""
    application = factories.submitted(world, who)
    with clock.at(world.moments["open"]):
        reference = name(application, email)
    application = _into_stage2(world, application)
    with clock.at(world.moments["stage2"]):
        move_phases()
    reference.refresh_from_db()
    return reference


def _into_stage2(world: World, application: Application) -> Application:
    with clock.at(world.moments["closed"]):
        application = close_application(application=application)
    with clock.at(world.moments["stage2"]):
        for row in application.track_applications.filter(internal_state=TrackState.IN_SCREEN):
            publish_state(transition(row, "pass_screen", by=None), by=None)
        return open_stage2(application=application)


def fill(reference: Reference, text: str = CANARY) -> None:
    for code, value in {"known_as": "supervised", "letter": text}.items():
        save_letter_answer(reference=reference, question=BY_CODE[code], value=value, version=0)


def sent(world: World, text: str = CANARY) -> Reference:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        start_letter(reference=reference)
        fill(reference, text)
        return submit_letter(reference=reference)


def link_of(mail: OutboxMail) -> str:
    found = re.search(r"http\S+(/refer/open/\S+/)", mail.body)
    assert found, mail.body
    return found.group(1)


def mails(prefix: str) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(key__startswith=prefix).order_by("pk"))


# ------------------------------------------------------------------------------------------------- naming and asking


@pytest.mark.requirement(102)
def test_referees_are_asked_when_stage_2_opens_and_once(world: World) -> None:
    application = factories.submitted(world)
    with clock.at(world.moments["open"]):
        reference = name(application)
        move_phases()
    assert Reference.objects.get().state == R.LISTED
    assert mails("referee-request") == []

    _into_stage2(world, application)
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


# ----------------------------------------------------------------------------------------------------------- the link


def test_opening_the_link_changes_nothing_and_leaves_no_token_in_the_address(world: World, client: Client) -> None:
    reference = asked(world)
    (mail,) = mails("referee-request")
    before = AuditEvent.objects.count()

    with clock.at(world.moments["stage2"]):
        client.head(link_of(mail))
        response = client.get(link_of(mail), follow=True)

    assert response.redirect_chain[-1][0] == f"/refer/{reference.public_id}/"
    page = response.content.decode()
    assert "Applicant asks you for a reference" in page
    assert "Who reads it" in page
    assert "given up asking to read it" in page
    assert link_token(reference.referee) not in page
    reference.refresh_from_db()
    assert reference.state == R.REQUESTED
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("token", ["", "x", "nobody.signature", "\x00"])
def test_forged_revoked_and_old_links_say_the_same(world: World, client: Client, token: str) -> None:
    reference = asked(world)
    good = link_token(reference.referee)
    bad = token or good[:-1] + ("A" if good[-1] != "A" else "B")

    with clock.at(world.moments["stage2"]):
        forged = client.get(f"/refer/open/{bad.replace(chr(0), '%00')}/")
        opened = client.get(f"/refer/open/{good}/")
        assert opened.status_code == 302
        revoke_links(referee=reference.referee, by=world.people["staff a"])
        revoked = client.get(f"/refer/open/{good}/")
        inside = client.get(f"/refer/{reference.public_id}/")
    with clock.at(world.moments["stage2"]):
        reference.referee.refresh_from_db()
        assert referee_of_token(link_token(reference.referee)) == reference.referee
    with clock.at(world.date("stage2_closes") + timedelta(days=31)):
        assert referee_of_token(link_token(reference.referee)) is None

    assert [forged.status_code, revoked.status_code, inside.status_code] == [404, 404, 404]
    assert "This link no longer works" in forged.content.decode()
    assert _plain(forged) == _plain(revoked) == _plain(inside)


def _plain(response: Any) -> str:
    return re.search(r"<h1>.*?</main>", response.content.decode(), re.S).group(0)


def test_database_alone_makes_no_link(world: World) -> None:
    reference = asked(world)
    stored = [str(value) for value in Referee.objects.values_list()] + [
        mail.body for mail in OutboxMail.objects.filter(is_secret=False)
    ]

    assert reference.referee.nonce in "".join(stored), "control: what is searched is what is stored"
    signature = link_token(reference.referee).partition(".")[2]
    assert signature not in "".join(stored)
    assert all(mail.is_secret for mail in mails("referee-request"))


def test_one_referee_of_several_applicants_gets_one_page(world: World, client: Client) -> None:
    first = asked(world)
    second = asked(world, "other applicant")
    assert first.referee == second.referee

    with clock.at(world.moments["stage2"]):
        page = client.get(f"/refer/open/{link_token(first.referee)}/", follow=True).content.decode()

    assert f"/refer/{first.public_id}/" in page
    assert f"/refer/{second.public_id}/" in page


def test_link_of_one_referee_opens_nothing_of_another(world: World, client: Client) -> None:
    mine = asked(world)
    other = asked(world, "other applicant", "otto@lab.example.org")

    with clock.at(world.moments["stage2"]):
        client.get(f"/refer/open/{link_token(mine.referee)}/")
        for address in ("", "decline/", "done/"):
            assert client.get(f"/refer/{other.public_id}/{address}").status_code == 404
            assert client.post(f"/refer/{other.public_id}/{address}", {"start": "yes"}).status_code in {404, 405}

    other.refresh_from_db()
    assert other.state == R.REQUESTED


# ---------------------------------------------------------------------------------------------------------- the letter


def visit(world: World, client: Client, reference: Reference) -> str:
    client.get(f"/refer/open/{link_token(reference.referee)}/")
    return f"/refer/{reference.public_id}/"


def test_letter_is_written_in_two_visits_sent_and_changed_until_the_deadline(world: World, client: Client) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        url = visit(world, client, reference)
        client.post(url, {"start": "yes"})
        saved = client.post(url, {"field": "answer-5", "value": "First line\r\n\r\nThird line", "version": "0"})
        assert saved.json()["version"] == 1
        again = visit(world, Client(), reference)
        assert "First line\n\nThird line" in _fresh(world, reference, again)
        form = {"version-1": "0", "answer-1": "taught", "version-5": "1", "answer-5": "First line\n\nThird line"}
        done = client.post(url, {**form, "submit": "yes"}, follow=True)
        assert "Reference received" in done.content.decode()
        client.post(url, {**form, "submit": "yes"})
        assert Letter.objects.count() == 1, "the same text twice is one letter"
        client.post(url, {**form, "version-5": "1", "answer-5": "Better", "submit": "yes"})

    reference.refresh_from_db()
    assert reference.state == R.SUBMITTED
    assert [letter.content[1]["display"] for letter in Letter.objects.order_by("pk")] == [
        "First line\n\nThird line",
        "Better",
    ]
    assert len(mails("referee-thanks")) == 2
    with clock.at(world.date("stage2_closes") + world.grace):
        late = client.post(url, {"field": "answer-5", "value": "Too late", "version": "2"})
        assert late.status_code == 409
        assert "Send" not in client.get(url).content.decode()


def _fresh(world: World, reference: Reference, url: str) -> str:
    other = Client()
    visit(world, other, reference)
    return other.get(url).content.decode()


def test_incomplete_letter_says_what_is_missing_and_keeps_what_was_typed(world: World, client: Client) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        url = visit(world, client, reference)
        client.post(url, {"start": "yes"})
        response = client.post(url, {"version-2": "0", "answer-2": "She built it.", "submit": "yes"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose how you know this person" in page
    assert "She built it." in page
    assert Letter.objects.count() == 0


def test_second_tab_gets_both_texts(world: World, client: Client) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        url = visit(world, client, reference)
        client.post(url, {"start": "yes"})
        client.post(url, {"field": "answer-2", "value": "Tab one", "version": "0"})
        late = client.post(url, {"field": "answer-2", "value": "Tab two", "version": "0"})
        assert late.status_code == 409
        assert "Tab one" in late.content.decode()
        page = client.post(url, {"version-2": "0", "answer-2": "Tab two"})
        assert page.status_code == 409
        assert "Tab two" in page.content.decode()
        both = {"version-2": "0", "answer-2": "Tab two", "resolve": "2:both", "conflict-2": "1"}
        client.post(url, both)
        with pytest.raises(Stale):
            save_letter_answer(reference=reference, question=BY_CODE["saw"], value="Tab three", version=1)

    assert reference.typed.get(code="saw").value == "Tab one\n\nTab two"


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "a\x00b", "\u202eevil", "x" * 30_000, "\ud800"])
def test_ugly_letters_are_kept_or_refused_and_never_an_error(world: World, client: Client, evil: str) -> None:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        url = visit(world, client, reference)
        client.post(url, {"start": "yes"})
        safe = evil.encode("utf-8", "replace").decode()
        response = client.post(url, {"version-5": "0", "answer-5": safe, "version-1": "0", "answer-1": "elsewhere"})

    assert response.status_code in {302, 409, 422}
    assert "<script>alert" not in response.content.decode()


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


# ------------------------------------------------------------------------------------------------ who never reads it


@pytest.mark.requirement(102)
@pytest.mark.threat("T01")
def test_applicant_finds_no_word_of_a_letter_anywhere(world: World, client: Client) -> None:
    """Every page of the applicant, every mail to them, and the record: the canary is in the database and not there."""
    reference = sent(world)
    application = reference.application
    client.force_login(application.person, backend="django.contrib.auth.backends.ModelBackend")
    assert letters_of([reference])[0].lines[1][1] == CANARY, "control: the letter is stored"
    addresses = [
        "/my/", "/my/referees/", "/my/streams/", "/my/application/", "/my/messages/",
        f"/my/application/receipt/{application.reference}/", f"/my/application/receipt/{application.reference}.txt",
        f"/my/referees/{reference.public_id}/replace/", f"/refer/{reference.public_id}/",
    ]  # fmt: skip
    with clock.at(world.moments["stage2"]):
        pages = {address: client.get(address) for address in addresses}

    assert pages["/my/referees/"].status_code == 200
    assert "Received 15 June" in pages["/my/referees/"].content.decode()
    assert pages[f"/refer/{reference.public_id}/"].status_code == 404
    found = [address for address, page in pages.items() if "canary-7f3a" in page.content.decode()]
    assert found == []
    assert not OutboxMail.objects.filter(body__contains="canary-7f3a").exists()
    assert not AuditEvent.objects.filter(details__icontains="canary-7f3a").exists()


def test_page_of_one_referee_and_of_two_takes_as_many_queries(
    world: World, client: Client, django_assert_max_num_queries: Any
) -> None:
    reference = asked(world)
    client.force_login(reference.application.person, backend="django.contrib.auth.backends.ModelBackend")
    counts = []
    with clock.at(world.moments["stage2"]):
        for _ in range(2):
            editions.forget()
            with CaptureQueriesContext(connection) as queries:
                client.get("/my/referees/")
            counts.append(len(queries))
            if len(counts) == 1:
                name(reference.application, "otto@lab.example.org")

    assert counts[0] == counts[1]


def test_staff_read_the_letter_and_revoke_links_and_the_applicants_neighbour_does_not(world: World) -> None:
    reference = sent(world)
    url = f"/console/people/{reference.application.public_id}/"
    staff, lead = Client(), Client()
    staff.force_login(world.people["staff a"], backend="django.contrib.auth.backends.ModelBackend")
    lead.force_login(world.people["theory lead"], backend="django.contrib.auth.backends.ModelBackend")
    with clock.at(world.moments["stage2"]):
        old = link_token(reference.referee)
        assert CANARY in staff.get(url).content.decode()
        assert "canary-7f3a" not in lead.get(url).content.decode()
        assert lead.post(f"/console/references/{reference.public_id}/new-link/").status_code == 404
        staff.post(f"/console/references/{reference.public_id}/new-link/")
        assert referee_of_token(old) is None

    assert len(mails("referee-link")) == 1


def test_address_that_nobody_names_any_more_is_forgotten(world: World) -> None:
    shared, alone = asked(world), asked(world, "other applicant", "otto@lab.example.org")
    Reference.objects.filter(pk=alone.pk).delete()

    forget_lonely_referees()

    assert list(Referee.objects.values_list("email", flat=True)) == [shared.referee.email]

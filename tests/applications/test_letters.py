"""A referee's letter: how it is written, and who never reads a word of it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.letters import save_letter_answer
from applications.models import Letter, Reference
from applications.queries.letters import BY_CODE, letters_of
from applications.queries.references import link_token, referee_of_token
from core import clock, editions
from core.models import AuditEvent, OutboxMail
from core.refusals import Stale
from tests.applications.refereeing import CANARY, R, asked, mails, name, sent, visit
from tests.worlds import World

# ---------------------------------------------------------------------------------------------------------- the letter


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

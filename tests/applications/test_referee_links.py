"""The link in a referee's mail: what it opens, what it does not, and how it ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from applications.domain.references import (
    revoke_links,
)
from applications.models import Referee
from applications.queries.references import link_token, referee_of_token
from core import clock
from core.models import AuditEvent, OutboxMail
from tests.applications.refereeing import R, asked, link_of, mails
from tests.worlds import World


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

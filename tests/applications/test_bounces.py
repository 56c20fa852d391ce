"""Reports of mail services: signed, matched by Message-ID and address, safe to send twice."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from applications.models import Reference
from applications.states import ReferenceState
from core import clock, outbox
from core.models import OutboxMail
from core.states import MailState
from tests.applications.test_references import asked
from tests.worlds import World

URL, SECRET = "/hooks/bounces/postbox/", "a-secret-of-the-test"


@pytest.fixture
def reference(world: World, settings: Any) -> Reference:
    """Return a reference whose request has left."""
    settings.BOUNCE_HOOK_SECRETS = {"postbox": SECRET}
    made = asked(world)
    with clock.at(world.moments["stage2"]):
        while outbox.deliver_next():
            pass
    return made


def request_of(reference: Reference) -> OutboxMail:
    return OutboxMail.objects.filter(to=reference.referee.email).order_by("pk").first()


def line(mail: OutboxMail, **fields: Any) -> dict[str, Any]:
    values = {"message_id": outbox.message_id(mail), "to": mail.to, "permanent": True, "detail": "550 no such user"}
    return {**values, **fields}


def call(world: World, body: Any, *, secret: str = SECRET, late: int = 0) -> tuple[int, Any]:
    with clock.at(world.moments["stage2"]):
        raw = body if isinstance(body, bytes) else json.dumps({"bounces": body}).encode()
        at = int(clock.now().timestamp()) - late
        mark = hmac.new(secret.encode(), b"%d." % at + raw, hashlib.sha256).hexdigest()
        response = Client().post(
            URL, raw, content_type="application/json", headers={"X-Signature": f"t={at},v1={mark}"}
        )
    return response.status_code, response.json()


def test_request_that_came_back_reaches_the_reference_and_the_applicant_once(
    world: World, reference: Reference
) -> None:
    mail = request_of(reference)
    lines = [line(mail), line(mail, message_id="<nothing@else>"), line(mail, to="other@lab.example.org")]

    first, second = call(world, lines), call(world, lines)

    assert first == (200, {"bounced": [1], "known": [], "temporary": [], "unmatched": [2, 3], "references": 1})
    assert second == (200, {"bounced": [], "known": [1], "temporary": [], "unmatched": [2, 3], "references": 0})
    reference.refresh_from_db()
    mail.refresh_from_db()
    assert (reference.state, mail.state) == (ReferenceState.BOUNCED, MailState.BOUNCED)
    assert "550 no such user" in mail.error
    assert OutboxMail.objects.filter(template="applications/mail/reference_bounced.txt").count() == 1


def test_mail_to_an_applicant_is_marked_for_staff_and_moves_no_reference(world: World, reference: Reference) -> None:
    mail = OutboxMail.objects.filter(template="applications/mail/receipt.txt").get()

    assert call(world, [line(mail)])[1]["references"] == 0
    staff, own = Client(), Client()
    staff.force_login(world.people["staff a"])
    own.force_login(reference.application.person)
    page = staff.get("/console/outbox/?state=bounced").content.decode()
    reference.refresh_from_db()

    assert mail.subject in page
    assert "Came back" in page
    assert mail.subject in own.get("/my/messages/").content.decode(), "what did not arrive can still be read here"
    assert reference.state == ReferenceState.REQUESTED


def test_delay_for_a_while_and_a_referee_who_writes_already_change_nothing(world: World, reference: Reference) -> None:
    mail = request_of(reference)
    assert call(world, [line(mail, permanent=False)])[1]["temporary"] == [1]
    Reference.objects.update(state=ReferenceState.STARTED, started_at=world.moments["stage2"])

    assert call(world, [line(mail)])[1] == {
        "bounced": [1], "known": [], "temporary": [], "unmatched": [], "references": 0,
    }  # fmt: skip
    assert Reference.objects.get().state == ReferenceState.STARTED


@pytest.mark.parametrize("how", [{"secret": "another"}, {"late": 301}, {"late": -301}])
def test_call_that_is_not_signed_now_is_401_and_changes_nothing(
    world: World, reference: Reference, how: dict[str, Any]
) -> None:
    assert call(world, [line(request_of(reference))], **how)[0] == 401
    assert not OutboxMail.objects.filter(state=MailState.BOUNCED).exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"\xff", b'{"bounces": 3}', b'{"bounces": ["x"]}', b"[" * 9000,
        b'{"bounces": [{"message_id": "a", "to": "b", "permanent": "yes"}]}',
        b'{"bounces": [{"message_id": "a\\u0000", "to": "b", "permanent": true}]}',
        json.dumps({"bounces": [{"message_id": "a", "to": "b", "permanent": True}] * 501}).encode(),
    ],
)  # fmt: skip
def test_signed_nonsense_is_422(world: World, reference: Reference, body: bytes) -> None:
    assert call(world, body)[0] == 422


def test_half_a_pair_of_surrogates_is_an_address_that_nobody_has(world: World, reference: Reference) -> None:
    body = b'{"bounces": [{"message_id": "\\ud800", "to": "\\ud800@x", "permanent": true}]}'

    assert call(world, body)[1]["unmatched"] == [1]

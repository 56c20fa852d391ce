"""Guessing is slowed down whatever the request claims; a false Host gets no mail sent."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from core.models import OutboxMail
from tests.accounts.signing import is_in, member, signed_in

pytestmark = pytest.mark.django_db


def tries(user: User, *, forged: bool) -> list[bool]:
    """Try 100 passwords, the right one last; say of each whether it was looked at."""
    looked_at = []
    for number in range(100):
        headers = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.{(number * 7) % 250}"} if forged else {}
        answer = Client(headers=headers).post(
            "/account/login/", {"login": user.email, "password": f"wrong-{number}-word"}
        )
        looked_at.append("do not fit together" in answer.content.decode())
    return looked_at


@pytest.mark.threat("T21")
def test_a_forged_forwarding_header_does_not_lift_the_limit() -> None:
    user = member()
    plain = tries(user, forged=False)
    cache.clear()
    forged = tries(user, forged=True)

    assert plain == forged
    assert 1 <= sum(plain) <= 30, "control: some are looked at, most are not"
    assert not plain[-1]
    assert not is_in(signed_in(user)), "the right password is not looked at either, for now"


@pytest.mark.threat("T19")
@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/account/signup/", {"email": "new@applicant.example", "display_name": "New"}),
        ("/account/login/", {"login": "member@applicant.example"}),
        ("/account/login/code/", {"email": "member@applicant.example"}),
        ("/account/password/reset/", {"email": "member@applicant.example"}),
    ],
)
def test_a_forged_host_is_refused_and_mails_nobody(address: str, fields: dict, client: Client) -> None:
    member()

    answer = client.post(address, fields, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert not OutboxMail.objects.exists()

    assert client.post(address, fields).status_code == 302
    assert "evil" not in OutboxMail.objects.get().body


@pytest.mark.threat("T19")
def test_the_same_where_one_is_signed_in() -> None:
    client = signed_in(member())
    typed = {"email": "second@applicant.example", "action_add": ""}

    assert client.post("/account/email/", typed, headers={"Host": "evil.example"}).status_code == 400
    assert not OutboxMail.objects.exists()
    assert client.post("/account/email/", typed).status_code == 302
    assert OutboxMail.objects.filter(to="second@applicant.example").exists()

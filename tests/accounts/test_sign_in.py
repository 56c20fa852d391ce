"""Signing up and in: by code, without telling who has an account, without a readable code left behind."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user
from django.test import Client

from accounts.models import User
from core import clock, outbox
from core.models import OutboxMail
from core.states import MailState

KNOWN, UNKNOWN = "member@applicant.example", "stranger@applicant.example"
NOW = datetime(2026, 6, 3, 9, tzinfo=UTC)


def code_for(address: str) -> str:
    """Read the code from the mail that waits for ``address``."""
    body = OutboxMail.objects.filter(to=address).latest("pk").body
    return re.search(r"Your code: (\S+)", body)[1]


def without_tokens(html: str) -> str:
    """Blank what differs at every request by design, and the address that the person typed."""
    return re.sub(r'value="[\w-]{30,}"|nonce="[^"]+"', "", html).replace(KNOWN, "*").replace(UNKNOWN, "*")


def test_a_new_person_signs_up_with_a_name_and_a_code(client: Client, db: None) -> None:
    answer = client.post("/account/signup/", {"email": "New@Applicant.example", "display_name": "نور حسن"}, follow=True)
    assert "If that address can be used, we have sent a message to it" in answer.content.decode()

    client.post(answer.redirect_chain[-1][0], {"code": code_for("new@applicant.example")})

    user = User.objects.get(email="new@applicant.example")
    assert get_user(client) == user
    assert (user.display_name, user.has_usable_password()) == ("نور حسن", False)


def test_sign_in_by_code(client: Client, db: None) -> None:
    user = User.objects.create_user(KNOWN, display_name="Known")
    user.emailaddress_set.create(email=KNOWN, verified=True, primary=True)

    answer = client.post("/account/login/code/", {"email": KNOWN}, follow=True)
    client.post(answer.redirect_chain[-1][0], {"code": code_for(KNOWN)})

    assert get_user(client) == user


@pytest.mark.threat("T20")
@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/account/signup/", {"display_name": "Somebody"}),
        ("/account/login/code/", {}),
        ("/account/password/reset/", {}),
        ("/account/login/", {"login": None, "password": "wrong-password-123"}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_answer(address: str, fields: dict, db: None) -> None:
    known = User.objects.create_user(KNOWN, "right-password-123", display_name="Known")
    known.emailaddress_set.create(email=KNOWN, verified=True, primary=True)
    seen = []
    for email in (KNOWN, UNKNOWN):
        typed = {key: email if value is None else value for key, value in fields.items()} | {"email": email}
        with clock.at(NOW):
            answer = Client().post(address, typed, follow=True)
        seen.append(
            (
                answer.status_code,
                [target for target, _ in answer.redirect_chain],
                without_tokens(answer.content.decode()),
            )
        )

    assert seen[0] == seen[1]


@pytest.mark.threat("T20")
def test_adding_an_address_does_not_tell_whether_somebody_has_it(db: None) -> None:
    known = User.objects.create_user(KNOWN, display_name="Known")
    known.emailaddress_set.create(email=KNOWN, verified=True, primary=True)
    seen = []
    for number, email in enumerate((KNOWN, UNKNOWN)):
        user = User.objects.create_user(f"asks-{number}@applicant.example", display_name="Asks")
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        client = Client()
        client.force_login(user)
        with clock.at(NOW):
            answer = client.post("/account/email/", {"email": email, "action_add": ""}, follow=True)
        html = without_tokens(answer.content.decode()).replace(user.email, "own")
        seen.append((answer.status_code, [target for target, _ in answer.redirect_chain], html))

    assert seen[0] == seen[1]
    assert "If that address can be used" in seen[0][2]


def test_control_the_comparison_sees_a_difference(db: None) -> None:
    User.objects.create_user(KNOWN, "right-password-123")
    pages = [
        without_tokens(Client().get("/account/login/").content.decode()),
        without_tokens(Client().get("/account/signup/").content.decode()),
    ]

    assert pages[0] != pages[1]


def test_a_code_is_shown_on_no_page_and_gone_once_sent(client: Client, db: None) -> None:
    client.post("/account/signup/", {"email": UNKNOWN, "display_name": "Somebody"})
    code = code_for(UNKNOWN)
    mail = OutboxMail.objects.get(to=UNKNOWN)
    assert mail.is_secret
    assert code not in mail.subject

    assert outbox.deliver_next()

    mail.refresh_from_db()
    assert (mail.state, mail.body) == (MailState.SENT, "")


def test_a_name_with_a_line_break_stays_one_line_in_mail(client: Client, db: None) -> None:
    client.post("/account/signup/", {"email": UNKNOWN, "display_name": "A\r\nBcc: everybody@applicant.example"})

    assert "\n" not in OutboxMail.objects.get(to=UNKNOWN).subject


def test_profile_keeps_an_unknown_zone_out_and_what_was_typed_in_place(client: Client, db: None) -> None:
    user = User.objects.create_user(KNOWN, display_name="Known")
    client.force_login(user)

    answer = client.post("/account/", {"display_name": "New name", "timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert "New name" in answer.content.decode()

    client.post("/account/", {"display_name": "New name", "timezone": "Asia/Kolkata"})
    user.refresh_from_db()
    assert (user.display_name, user.timezone) == ("New name", "Asia/Kolkata")

"""A sign-in from a new device is mailed, once for each device, and not for the first."""

import pytest
from django.test import Client

from accounts.domain.devices import device_name
from core.models import OutboxMail
from tests.accounts.signing import FIREFOX, PASSWORD, PHONE, member, signed_in

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0"
NEWER_FIREFOX = FIREFOX.replace("140", "141")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (NEWER_FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Linux"),
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone"),
        ("curl/8.0", "A browser we do not know"),
        ("", "A browser we do not know"),
    ],
)
def test_a_browser_in_words(agent: str, name: str) -> None:
    assert device_name(agent) == name


def mails() -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(template="accounts/mail/new_device.txt"))


def test_one_mail_for_each_new_device(db: None) -> None:
    user = member()
    signed_in(user, FIREFOX).post("/account/logout/")
    signed_in(user, NEWER_FIREFOX)
    assert mails() == []

    client = signed_in(user, PHONE)
    signed_in(user, PHONE)

    (mail,) = mails()
    assert (mail.to, mail.person) == (user.email, user)
    assert "Safari on iPhone" in mail.body
    assert "/account/sessions/" in mail.body
    assert client.session.session_key not in mail.key + mail.body
    page = client.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page


def test_a_failed_sign_in_makes_no_device(db: None) -> None:
    user = member()
    Client().post("/account/login/", {"login": user.email, "password": PASSWORD + "x"})

    assert not user.known_devices.exists()

"""Every screen of the sign-in library is ours: its frame, its words, no script in the page."""

import re
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.accounts.signing import PASSWORD, add_app, app_code, member, signed_in

pytestmark = pytest.mark.django_db
#: Words of Django and of the library that no page of ours may show.
STOCK = re.compile(
    r"This field is required|Two-Factor|Authenticator App|Sign In<|Sign Up|Deactivate|Reauthenticate|Confirm Access"
    r"|Verified<|Unverified|Email:|Security Key|Are you sure|Successfully"
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"")
ANONYMOUS = [
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/login/code/",
    "/account/inactive/",
]
OWN = [
    "/account/",
    "/account/email/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/logout/",
    "/account/reauthenticate/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
]
WITH_FACTOR = [
    "/account/2fa/",
    "/account/2fa/totp/deactivate/",
    "/account/2fa/recovery-codes/",
    "/account/2fa/recovery-codes/generate/",
    "/account/2fa/reauthenticate/",
]


def check(client: Client, address: str) -> str:
    answer = client.get(address)
    html = answer.content.decode()
    assert answer.status_code == 200, address
    assert STOCK.findall(html) == [], address
    assert INLINE.findall(html) == [], address
    assert html.count("<h1") == 1, address
    assert 'id="main"' in html
    return html


@pytest.mark.parametrize("address", ANONYMOUS)
def test_screens_for_visitors(address: str, client: Client) -> None:
    check(client, address)


def test_screens_for_owners() -> None:
    client = signed_in(member())
    for address in OWN:
        check(client, address)


def test_screens_with_a_second_factor() -> None:
    user = member()
    secret = add_app(user)
    client = signed_in(user)
    check(client, "/account/2fa/authenticate/")
    client.post("/account/2fa/authenticate/", {"code": app_code(secret)})

    for address in WITH_FACTOR:
        check(client, address)
    text = client.get("/account/2fa/recovery-codes/download/")
    assert len(text.content.split()) == 10


def test_a_password_is_set_reset_and_changed_in_our_words() -> None:
    user = member()
    client = signed_in(user)
    answer = client.post("/account/password/change/", {})
    html = answer.content.decode()
    for words in ("Enter your present password", "Enter a new password", "Enter the new password once more"):
        assert words in html
    typed = {"oldpassword": PASSWORD, "password1": "some-new-words-1", "password2": "others-entirely-2"}
    assert "The two passwords differ" in client.post("/account/password/change/", typed).content.decode()

    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    assert "Set a password" in check(client, "/account/password/set/")


@pytest.mark.parametrize(
    ("address", "fields", "words"),
    [
        ("/account/login/", {}, "Enter your e-mail address"),
        ("/account/login/", {"login": "x"}, "such as name@example.org"),
        ("/account/signup/", {}, "Enter your name"),
        ("/account/login/code/", {}, "Enter an e-mail address"),
        ("/account/password/reset/", {"email": "x"}, "such as name@example.org"),
    ],
)
def test_empty_and_wrong_fields_are_named_in_our_words(address: str, fields: dict, words: str, client: Client) -> None:
    html = client.post(address, fields).content.decode()

    assert "There is a problem" in html
    assert words in html
    assert STOCK.findall(html) == []


def test_too_many_tries_are_told_until_when_they_last(client: Client) -> None:
    for _ in range(40):
        answer = client.post("/account/signup/", {})

    assert answer.status_code == 429
    assert "Too many tries. Wait five minutes." in answer.content.decode()


def test_every_template_that_a_page_of_the_library_can_show_is_ours() -> None:
    """Whatever its views name, found by walking its addresses; what it shares among them is listed by hand."""
    names = set(templates(get_resolver()))
    ours = {
        str(path.relative_to(settings.BASE_DIR / "templates"))
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
    }
    not_reached = {"account/signup_by_passkey.html", "mfa/trust.html"}

    assert names - ours - not_reached == set()
    assert len(names) > 20, "liveness: the walk found the library's views"
    messages = Path(allauth.__file__).parent / "templates"
    wanted = {str(path.relative_to(messages)) for path in messages.rglob("messages/*.txt")}
    wanted = {
        name for name in wanted if name.split("/")[0] in {"account", "mfa", "usersessions"} and "phone" not in name
    }
    there = {
        str(path.relative_to(settings.BASE_DIR / "templates"))
        for path in (settings.BASE_DIR / "templates").rglob("messages/*.txt")
    }
    assert wanted - there == set()


def templates(resolver: URLResolver, path: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += templates(pattern, here)
        elif isinstance(pattern, URLPattern) and here.startswith("account/"):
            name = getattr(getattr(pattern.callback, "view_class", None), "template_name", None)
            found += [name] if name and name.endswith(".html") else []
    return found

"""A passkey is added, used as the second factor and used alone, with a browser's own virtual device."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import override_settings
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.accounts.signing import PASSWORD, member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def key_reader(page: Page) -> Page:
    """Give the browser a built-in key reader whose owner always agrees; collect what the browser complains about."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def sign_in(page: Page, url: str, user: User) -> None:
    page.goto(f"{url}/account/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("alone", [True, False])
def test_a_passkey_from_adding_to_signing_in(alone: bool, key_reader: Page, live_server: object) -> None:
    # Browsers offer passkeys on localhost by name, not by number.
    page, url, user = key_reader, live_server.url.replace("127.0.0.1", "localhost"), member()
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        sign_in(page, url, user)
        page.goto(f"{url}/account/2fa/webauthn/add/")
        page.get_by_label("Name of the passkey").fill("Work laptop")
        if alone:
            page.get_by_label("Sign in with this passkey alone").check()
        page.get_by_role("button", name="Add passkey").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        assert Authenticator.objects.filter(user=user, type="webauthn").get().wrap().name == "Work laptop"
        page.goto(f"{url}/account/2fa/webauthn/")
        expect(page.get_by_text("alone" if alone else "as a second factor")).to_be_visible()
        page.context.clear_cookies()

        if alone:
            page.goto(f"{url}/account/login/")
            page.get_by_role("button", name="Sign in with a passkey").click()
        else:
            sign_in(page, url, user)
            expect(page.get_by_role("heading", name="Enter a code")).to_be_visible()
            page.get_by_role("button", name="Use a passkey").click()

        page.wait_for_url(f"{url}/my/")
        assert str(user.pk) in {session.get_decoded().get("_auth_user_id") for session in Session.objects.all()}
        assert page.complaints == []


def test_without_a_passkey_the_page_says_so_and_stays(page: Page, live_server: object) -> None:
    user, url = member(), live_server.url.replace("127.0.0.1", "localhost")
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        sign_in(page, url, user)
        page.goto(f"{url}/account/2fa/webauthn/add/")
        page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error('no')) }")
        page.get_by_role("button", name="Add passkey").click()

        expect(page.get_by_role("status").filter(has_text="gave us no passkey")).to_be_visible()
        expect(page.get_by_role("button", name="Add passkey")).to_be_enabled()

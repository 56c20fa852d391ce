"""People who sign in for tests: through the pages, as everybody does."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from accounts.models import User

PASSWORD = "right-password-123"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def with_password(user: User, password: str = PASSWORD) -> User:
    """Let a person sign in with a confirmed address and a password."""
    user.emailaddress_set.get_or_create(email=user.email, verified=True, primary=True)
    user.set_password(password)
    user.save()
    return user


def member(address: str = "member@applicant.example", **fields: object) -> User:
    """Make a person who signs in with a password."""
    return with_password(User.objects.create_user(address, display_name="Member", **fields))


def signed_in(user: User, agent: str = FIREFOX, password: str = PASSWORD) -> Client:
    """Sign in on a device of one's own."""
    client = Client(headers={"user-agent": agent})
    client.post("/account/login/", {"login": user.email, "password": password})
    return client


def copy_of(client: Client) -> Client:
    """Return what a thief has: the same cookies."""
    thief = Client(headers={"user-agent": FIREFOX})
    for name, morsel in client.cookies.items():
        thief.cookies[name] = morsel.value
    return thief


def is_in(client: Client) -> bool:
    """Say whether the client's session opens the account."""
    return client.get("/account/sessions/").status_code == 200


def add_app(user: User) -> str:
    """Set up an authenticator app and recovery codes; return the app's secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def app_code(secret: str) -> str:
    """Return what the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def n_factors(user: User) -> int:
    """Count the person's factors, recovery codes included."""
    return Authenticator.objects.filter(user=user).count()

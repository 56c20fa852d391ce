"""A second factor is required of everybody with a role, asked for at each sign-in, and of nobody in the demo."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth import get_user
from django.core.management import call_command
from django.test import Client, override_settings

from accounts.domain import access
from accounts.domain.grants import grant_role
from accounts.models import User
from accounts.states import AccessReason, Role, ScopeKind
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from tests.accounts.signing import add_app, app_code, is_in, member, n_factors, signed_in

pytestmark = pytest.mark.django_db
OUTSIDE_THE_DEMO = override_settings(DEMO_MODE=False)


class Scope:
    """Anything with a public id."""

    public_id = "scope-of-the-test"


SCOPES = {
    Role.REVIEWER: ScopeKind.TRACK,
    Role.MENTOR: ScopeKind.STREAM,
    Role.TRACK_LEAD: ScopeKind.TRACK,
    Role.STAFF: ScopeKind.ALL,
    Role.ADMIN: ScopeKind.ALL,
    Role.OBSERVER: ScopeKind.ALL,
}


def holder(role: str) -> User:
    user = member()
    kind = SCOPES[Role(role)]
    grant_role(user=user, role=role, scope_kind=kind, scope=None if kind == ScopeKind.ALL else Scope, by=None)
    return user


@OUTSIDE_THE_DEMO
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("address", ["/my/", "/review/", "/mentor/", "/lead/", "/console/", "/console/outbox/"])
def test_who_holds_a_role_sets_one_up_before_the_first_page(role: str, address: str) -> None:
    client = signed_in(holder(role))

    answer = client.get(address)

    assert (answer.status_code, answer.headers.get("Location")) == (302, "/account/2fa/")
    assert "Your role needs a second factor" in client.get("/account/2fa/").content.decode()


@OUTSIDE_THE_DEMO
def test_a_superuser_sets_one_up_too() -> None:
    client = signed_in(member(is_staff=True, is_superuser=True))

    assert client.get("/my/").headers["Location"] == "/account/2fa/"


@OUTSIDE_THE_DEMO
def test_no_act_slips_past_it() -> None:
    client = signed_in(holder(Role.STAFF))

    assert client.post("/my/").headers["Location"] == "/account/2fa/"
    answer = client.get("/console/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/account/2fa/")


@OUTSIDE_THE_DEMO
def test_of_no_applicant() -> None:
    assert signed_in(member()).get("/my/").status_code == 200


@OUTSIDE_THE_DEMO
def test_public_pages_and_the_way_out_stay_open() -> None:
    client = signed_in(holder(Role.STAFF))

    assert client.get("/privacy/").status_code == 200
    assert client.get("/account/").status_code == 200
    assert client.post("/account/logout/").status_code == 302


def test_off_in_the_demo() -> None:
    assert signed_in(holder(Role.STAFF)).get("/console/outbox/").status_code == 200


@override_settings(DEMO_MODE=False, SECOND_FACTOR_REQUIRED=False)
def test_an_installation_can_do_without() -> None:
    assert signed_in(holder(Role.STAFF)).get("/console/outbox/").status_code == 200


@OUTSIDE_THE_DEMO
def test_from_the_first_sign_in_to_the_first_page() -> None:
    client = signed_in(holder(Role.STAFF))
    page = client.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret

    answer = client.post("/account/2fa/totp/activate/", {"code": app_code(secret)}, follow=True)

    assert "10 of 10 are left" in answer.content.decode()
    assert client.get("/console/outbox/").status_code == 200


@OUTSIDE_THE_DEMO
def test_recovery_codes_alone_are_no_second_factor() -> None:
    user = holder(Role.STAFF)
    add_app(user)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()

    assert signed_in(user).get("/console/outbox/").headers["Location"] == "/account/2fa/"


def test_who_has_one_is_asked_at_each_sign_in() -> None:
    user = member()
    secret = add_app(user)

    client = signed_in(user)
    assert not get_user(client).is_authenticated, "the password alone opens nothing"
    assert not is_in(client)
    wrong = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "This did not fit" in wrong.content.decode()
    assert not is_in(client)
    client.post("/account/2fa/authenticate/", {"code": app_code(secret)})
    assert get_user(client) == user

    again = signed_in(user)
    assert not is_in(again)


def test_a_recovery_code_signs_in_once() -> None:
    user = member()
    add_app(user)
    code = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]

    first, second = signed_in(user), signed_in(user)
    for client in (first, second):
        client.post("/account/2fa/authenticate/", {"code": code})

    assert is_in(first)
    assert not is_in(second)


def test_secrets_are_stored_encrypted() -> None:
    user = member()
    secret = add_app(user)

    stored = str(list(Authenticator.objects.filter(user=user).values_list("data", flat=True)))

    assert secret not in stored
    assert stored.count("gAAAA") == 2, "the app's secret and the seed of the recovery codes"


def test_a_new_key_reads_the_secrets_of_the_old_one() -> None:
    user = member()
    secret = add_app(user)
    totp = Authenticator.objects.get(user=user, type="totp")
    old = settings.SECRET_KEY

    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[old]):
        assert totp.wrap().validate_code(app_code(secret))


def test_secrets_can_be_moved_to_the_new_key_and_the_old_one_dropped() -> None:
    user = member()
    secret = add_app(user)
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[old]):
        sheet = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()

        call_command("renew_factor_secrets", stdout=(said := StringIO()))

    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[]):
        totp, codes = (Authenticator.objects.get(user=user, type=kind) for kind in ("totp", "recovery_codes"))
        assert totp.wrap().validate_code(app_code(secret))
        assert codes.wrap().get_unused_codes() == sheet
    assert said.getvalue() == "2 second factors are stored under the present key.\n"
    with pytest.raises(InvalidToken):
        totp.wrap().validate_code(app_code(secret))


def test_an_admin_frees_a_person_of_a_lost_phone_and_says_so() -> None:
    user, admin = member(), member("admin@staff.example")
    add_app(user)

    access.reset_second_factor(user=user, reason=AccessReason.LOST_DEVICE, by=admin)

    assert n_factors(user) == 0
    event = AuditEvent.objects.get(verb="reset_second_factor")
    assert (event.actor, event.object_key, event.details) == (admin, user.public_id, {"reason": "lost_device"})
    assert "was taken away" in OutboxMail.objects.get(to=user.email).subject
    with pytest.raises(Refused, match="no second factor"):
        access.reset_second_factor(user=user, reason=AccessReason.LOST_DEVICE, by=admin)
    with pytest.raises(Refused, match="Another admin"):
        access.reset_second_factor(user=admin, reason=AccessReason.LOST_DEVICE, by=admin)


def test_a_suspended_person_cannot_sign_in_until_reinstated() -> None:
    user, admin = member(), member("admin@staff.example")
    access.suspend_person(user=user, reason=AccessReason.CONDUCT, by=admin)
    user.refresh_from_db()

    assert not is_in(signed_in(user))
    with pytest.raises(Refused, match="already"):
        access.suspend_person(user=user, reason=AccessReason.CONDUCT, by=admin)
    with pytest.raises(Refused, match="your own"):
        access.suspend_person(user=admin, reason=AccessReason.CONDUCT, by=admin)

    access.reinstate_person(user=user, reason=AccessReason.MISTAKE, by=admin)
    assert is_in(signed_in(user))
    assert list(AuditEvent.objects.filter(object_key=user.public_id).values_list("verb", flat=True)) == [
        "suspend_person",
        "reinstate_person",
    ]


def test_htmx_is_sent_on_not_swapped() -> None:
    """The control of the test above: inside the demo the same request gets the page."""
    assert signed_in(holder(Role.STAFF)).get("/console/outbox/", headers={"HX-Request": "true"}).status_code == 200


def test_signing_in_by_mail_asks_for_the_factor_too() -> None:
    user = member()
    add_app(user)
    client = Client()
    answer = client.post("/account/login/code/", {"email": user.email}, follow=True)
    body = OutboxMail.objects.filter(to=user.email).latest("pk").body

    code = next(line for line in body.splitlines() if line.startswith("Your code: ")).removeprefix("Your code: ")
    answer = client.post(answer.redirect_chain[-1][0], {"code": code})

    assert answer.headers["Location"].startswith("/account/2fa/authenticate/")
    assert not is_in(client)

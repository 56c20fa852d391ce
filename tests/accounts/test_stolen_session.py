"""A stolen session ends with whatever the owner or an admin does about it. Each event has its control."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.domain import access
from accounts.domain.grants import grant_role, revoke_role
from accounts.models import RoleGrant, User
from accounts.states import AccessReason, Role
from tests.accounts.signing import PASSWORD, PHONE, add_app, app_code, copy_of, is_in, member, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T22")]


def change_password(user: User, owner: Client) -> None:
    typed = {"oldpassword": PASSWORD, "password1": "other-words-456", "password2": "other-words-456"}
    assert owner.post("/account/password/change/", typed).status_code == 302


def sign_out_others(user: User, owner: Client) -> None:
    # The page offers it once there is another device.
    signed_in(user, PHONE)
    assert owner.post("/account/sessions/").status_code == 302


def sign_out(user: User, owner: Client) -> None:
    assert owner.post("/account/logout/").status_code == 302


def set_up_app(user: User, owner: Client) -> None:
    page = owner.get("/account/2fa/totp/activate/")
    assert owner.post("/account/2fa/totp/activate/", {"code": app_code(page.context["form"].secret)}).status_code == 302


def lose_role(user: User, owner: Client) -> None:
    revoke_role(grant=RoleGrant.objects.get(user=user), by=None)


def gain_role(user: User, owner: Client) -> None:
    grant_role(user=user, role=Role.OBSERVER, by=None)


def be_suspended(user: User, owner: Client) -> None:
    access.suspend_person(user=user, reason=AccessReason.OTHER_HANDS, by=None)


#: The event, and whether the owner's own session goes on.
EVENTS = [
    (change_password, True),
    (sign_out_others, True),
    (sign_out, False),
    (lose_role, False),
    (gain_role, False),
    (be_suspended, False),
]


@pytest.mark.parametrize(("event", "goes_on"), EVENTS)
def test_a_stolen_session_is_refused_after(event: Callable[[User, Client], None], goes_on: bool) -> None:
    user = member()
    grant_role(user=user, role=Role.STAFF, by=None)
    owner, other = signed_in(user), signed_in(user, PHONE)
    thieves = [copy_of(owner), copy_of(other)]
    assert all(map(is_in, [owner, *thieves])), "control: before the event, all are in"
    if event is sign_out:
        thieves.pop()  # the other device is not what the owner signs out

    event(user, owner)

    assert not any(map(is_in, thieves))
    assert is_in(owner) == goes_on


def test_a_stolen_session_is_refused_after_an_admin_resets_the_second_factor() -> None:
    user = member()
    owner = signed_in(user)
    add_app(user)
    thief = copy_of(owner)
    assert is_in(thief)

    access.reset_second_factor(user=user, reason=AccessReason.LOST_DEVICE, by=None)

    assert not is_in(thief)
    assert not is_in(owner)


def test_a_stolen_session_is_refused_after_the_owner_removes_the_app() -> None:
    user = member()
    secret = add_app(user)
    owner = signed_in(user)
    owner.post("/account/2fa/authenticate/", {"code": app_code(secret)})
    thief = copy_of(owner)
    assert is_in(thief)

    assert owner.post("/account/2fa/totp/deactivate/").status_code == 302

    assert not is_in(thief)
    assert is_in(owner)


def test_a_stolen_session_is_refused_after_a_reset_of_the_password() -> None:
    user = member()
    thief = copy_of(signed_in(user))
    assert is_in(thief)
    user.set_password("other-words-456")
    user.save()

    assert not is_in(thief)


def test_control_without_ending_sessions_the_thief_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    user = member()
    grant = grant_role(user=user, role=Role.STAFF, by=None)
    thief = copy_of(signed_in(user))
    monkeypatch.setattr("accounts.domain.grants.end_sessions", lambda **_: 0)

    revoke_role(grant=grant, by=None)

    assert is_in(thief)


@pytest.mark.django_db(transaction=True)  # the library tells of a new factor once it is committed
def test_a_stolen_session_is_refused_after_a_second_factor_is_set_up() -> None:
    user = member()
    owner, other = signed_in(user), signed_in(user, PHONE)
    thieves = [copy_of(owner), copy_of(other)]
    assert all(map(is_in, thieves))

    set_up_app(user, owner)

    assert not any(map(is_in, thieves))
    assert is_in(owner)
    assert user.usersession_set.get().session_key == owner.session.session_key, "still listed, so it can be ended"
    grant_role(user=user, role=Role.STAFF, by=None)
    assert not is_in(owner)

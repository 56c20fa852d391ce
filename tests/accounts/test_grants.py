"""Roles are given on a scope, end on time, and take sessions with them."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import queries
from accounts.domain.grants import grant_role, revoke_role
from accounts.models import RoleGrant, User
from accounts.states import Role, ScopeKind
from core import clock
from core.refusals import Refused


class Scope:
    """Anything with a public id."""

    public_id = "scope-of-the-test"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("person@staff.example", display_name="Person")


def test_a_grant_given_twice_is_one(person: User) -> None:
    first = grant_role(user=person, role=Role.REVIEWER, scope=Scope, scope_kind=ScopeKind.TRACK, by=None)
    again = grant_role(user=person, role=Role.REVIEWER, scope=Scope, scope_kind=ScopeKind.TRACK, by=None)

    assert first == again
    assert list(queries.scope_keys(person, Role.REVIEWER, ScopeKind.TRACK)) == [{"scope_key": Scope.public_id}]


def test_a_role_on_the_wrong_kind_of_scope_is_refused(person: User) -> None:
    with pytest.raises(Refused, match="Mentor cannot be granted on everything"):
        grant_role(user=person, role=Role.MENTOR, by=None)


def test_a_grant_ends_by_the_clock(person: User) -> None:
    ends = clock.now() + timedelta(hours=1)
    grant_role(user=person, role=Role.STAFF, by=None, expires_at=ends)

    assert queries.is_staff(User.objects.get(pk=person.pk))
    with clock.at(ends):
        assert not queries.is_staff(User.objects.get(pk=person.pk))


@pytest.mark.threat("T22")
def test_a_revoked_role_ends_the_sessions_of_its_holder(person: User) -> None:
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    person.set_password("right-password-123")
    person.save()
    grant = grant_role(user=person, role=Role.STAFF, by=None)
    client = Client()
    client.post("/account/login/", {"login": person.email, "password": "right-password-123"})
    assert client.get("/console/outbox/").status_code == 200

    revoke_role(grant=grant, by=None)

    assert client.get("/console/outbox/").status_code == 302
    assert RoleGrant.objects.get().revoked_at is not None


def test_a_superuser_holds_no_role_of_ours(db: None) -> None:
    root = User.objects.create_superuser("root@staff.example", "right-password-123")

    assert root.has_perm("auth.add_group")
    assert not root.has_perm("core.view_outbox")


@pytest.mark.parametrize(("role", "answer"), [(None, 403), (Role.OBSERVER, 403), (Role.STAFF, 200), (Role.ADMIN, 200)])
def test_the_outbox_is_for_staff(role: str | None, answer: int, person: User, client: Client) -> None:
    if role:
        grant_role(user=person, role=role, by=None)
    client.force_login(person)

    assert client.get("/console/outbox/").status_code == answer

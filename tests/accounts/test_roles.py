"""Admins give and take roles on a page of their own; nobody else sees it."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain.grants import grant_role, revoke_role
from accounts.models import RoleGrant, User
from accounts.queries import has_role
from accounts.states import Role, ScopeKind
from core.models import AuditEvent
from core.refusals import Refused
from tests.accounts.signing import is_in, signed_in, with_password
from tests.worlds import World, person, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world()


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(world.people["admin"])
    return client


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_role_is_given_on_a_track_until_a_day_and_taken_back(world: World, admin: Client) -> None:
    user, track = with_password(world.people["applicant"]), world.tracks["theory"]
    theirs = signed_in(user)
    typed = {
        "email": user.email.upper(),
        "role": "reviewer",
        "scope": f"track:{track.public_id}",
        "ends_on": "2099-12-31",
    }

    answer = admin.post("/console/setup/roles/new/", typed)

    assert answer.headers["Location"] == f"/console/setup/accounts/{user.public_id}/"
    grant = RoleGrant.objects.get(user=user)
    assert (grant.scope_key, grant.granted_by) == (track.public_id, world.people["admin"])
    assert grant.expires_at == datetime(2100, 1, 1, tzinfo=UTC)
    assert not is_in(theirs), "signed out, so that the next sign-in asks for what the role needs"
    page = admin.get("/console/setup/roles/", {"q": user.email}).content.decode()
    assert "Theory, Autumn 2026" in page

    address = f"/console/setup/roles/{grant.public_id}/revoke/"
    assert "Take role back" in admin.get(address).content.decode()
    assert has_role(fresh(user), Role.REVIEWER), "reading the page takes nothing"
    admin.post(address)
    assert not has_role(fresh(user), Role.REVIEWER)
    assert list(AuditEvent.objects.filter(object_key=grant.public_id).values_list("verb", flat=True)) == [
        "grant_role",
        "revoke_role",
    ]
    assert "Theory" in admin.get("/console/setup/roles/", {"show": "ended"}).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "nobody@example.org"}, "No account has this address"),
        ({"role": "mentor", "scope": "all:"}, "Mentor: choose stream"),
        ({"scope": "track:no-such-track"}, "Choose one of the list"),
        ({"role": ""}, "Choose a role"),
        ({"ends_on": "2020-01-01"}, "Give today or a later day"),
    ],
)
def test_a_wrong_form_gives_nothing_and_keeps_what_was_typed(
    typed: dict, words: str, world: World, admin: Client
) -> None:
    whole = {"email": world.people["applicant"].email, "role": "staff", "scope": "all:", "ends_on": ""} | typed

    answer = admin.post("/console/setup/roles/new/", whole)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert whole["email"] in html
    assert not RoleGrant.objects.filter(user=world.people["applicant"]).exists()


def test_suspend_reinstate_and_reset_by_their_pages(world: World, admin: Client) -> None:
    user = with_password(world.people["applicant"])
    theirs = signed_in(user)
    base = f"/console/setup/accounts/{user.public_id}/"

    assert admin.post(f"{base}suspend/", {}).status_code == 422
    assert admin.post(f"{base}suspend/", {"reason": "conduct"}).status_code == 302
    assert not is_in(theirs)
    assert "Suspended account" in admin.get(base).content.decode()
    assert admin.post(f"{base}suspend/", {"reason": "conduct"}).status_code == 409
    assert admin.post(f"{base}reinstate/", {"reason": "mistake"}).status_code == 302
    assert fresh(user).is_active
    refused = admin.post(f"{base}reset-factor/", {"reason": "lost_device"})
    assert refused.status_code == 409
    assert "no second factor" in refused.content.decode()


def test_an_admin_does_not_lock_themselves_out(world: World, admin: Client) -> None:
    own = world.people["admin"]
    grant = own.grants.get()

    assert admin.post(f"/console/setup/roles/{grant.public_id}/revoke/").status_code == 409
    assert admin.post(f"/console/setup/accounts/{own.public_id}/suspend/", {"reason": "asked"}).status_code == 409
    assert has_role(fresh(own), Role.ADMIN)
    with pytest.raises(Refused, match="Another admin"):
        revoke_role(grant=grant, by=own)


@pytest.mark.parametrize("who", ["staff a", "empirical lead", "reviewer a", "alpha mentor", "observer", "applicant"])
def test_nobody_but_admins(who: str, world: World, client: Client) -> None:
    client.force_login(world.people[who])
    grant = world.people["observer"].grants.get()

    assert client.get("/console/setup/roles/").status_code == 403
    assert client.post("/console/setup/roles/new/").status_code == 403
    assert client.post(f"/console/setup/roles/{grant.public_id}/revoke/").status_code == 404
    assert client.get(f"/console/setup/accounts/{world.people['applicant'].public_id}/").status_code == 404
    assert RoleGrant.objects.filter(pk=grant.pk, revoked_at=None).exists()


def test_people_without_a_role_are_found_by_search_alone(world: World, admin: Client) -> None:
    assert "third.applicant" not in admin.get("/console/setup/roles/").content.decode()
    assert "third.applicant" in admin.get("/console/setup/roles/", {"q": "third"}).content.decode()


def test_the_list_takes_the_same_queries_however_long_it_is(world: World, admin: Client) -> None:
    admin.get("/console/setup/roles/")
    with CaptureQueriesContext(connection) as few:
        admin.get("/console/setup/roles/")
    for number in range(30):
        grant_role(
            user=person(f"reader {number}"),
            role=Role.REVIEWER,
            scope_kind=ScopeKind.TRACK,
            scope=world.tracks["theory"],
            by=None,
        )
    with CaptureQueriesContext(connection) as many:
        html = admin.get("/console/setup/roles/").content.decode()

    assert len(few) == len(many)
    assert "Reader 29" in html

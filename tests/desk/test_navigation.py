"""The top bar belongs to the page's hat, whoever of those entitled to it stands there."""

from typing import Any

import pytest
from django.test import RequestFactory

from accounts.domain.grants import grant_role
from accounts.models import User
from accounts.states import Role, ScopeKind
from core.models import Job
from mats_portal.desk.navigation import navigation
from streams.models import Track
from tests.worlds import small_world


def somebody(*roles: str) -> User:
    """Return a new person with roles, each as wide as it can be."""
    person = User.objects.create_user(f"{'-'.join(roles) or 'nobody'}@hats.example")
    for role in roles:
        if role == Role.TRACK_LEAD:
            grant_role(user=person, role=role, scope=Track.objects.first(), scope_kind=ScopeKind.TRACK, by=person)
        else:
            grant_role(user=person, role=role, by=person)
    return person


def links_at(path: str, person: User) -> list[str]:
    """Return the words of the top bar."""
    request = RequestFactory().get(path)
    request.user = person
    return [link["label"] for link in navigation(request)["nav"]]


@pytest.mark.parametrize(
    ("path", "roles", "first"),
    [
        ("/lead/x/agreement/", [Role.STAFF], "Board"),
        ("/lead/x/agreement/", [Role.TRACK_LEAD], "Progress"),
        ("/lead/x/agreement/", [Role.TRACK_LEAD, Role.STAFF], "Progress"),
        ("/lead/x/agreement/", [], "Streams"),
        ("/console/setup/roles/", [Role.ADMIN, Role.STAFF], "Roles"),
        ("/console/", [Role.STAFF], "Board"),
        ("/console/match/", [Role.OBSERVER], "Match results"),
    ],
)
def test_the_bar_is_that_of_the_hat_of_the_page(db: None, path: str, roles: list[str], first: str) -> None:
    small_world()

    assert links_at(path, somebody(*roles))[0] == first


def test_the_list_of_jobs_names_them_in_words(db: None, client: Any) -> None:
    staff = somebody(Role.STAFF)
    Job.objects.create(kind="reviews.assign", asked_by=staff)
    Job.objects.create(kind="gone.with.a.release", asked_by=staff)
    client.force_login(staff)

    page = client.get("/console/jobs/").content.decode()

    assert "reviews.assign" not in page
    assert "gone.with.a.release" in page

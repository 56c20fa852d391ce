"""The gallery of components in a browser, opened by a staff member."""

import pytest
from django.test import Client
from playwright.sync_api import Page

from accounts.domain.grants import grant_role
from accounts.models import User
from accounts.states import Role


@pytest.fixture
def staff(db) -> User:
    person = User.objects.create_user("staff@example.org", display_name="R. Osei")
    grant_role(user=person, role=Role.STAFF, by=person)
    return person


@pytest.fixture
def gallery(page: Page, live_server, staff) -> Page:
    """Open the gallery as staff and collect what the browser complains about."""
    client = Client()
    client.force_login(staff)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(live_server.url + "/console/setup/components/")
    return page

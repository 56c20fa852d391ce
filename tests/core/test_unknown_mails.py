"""Mails of unknown fate: a person settles a whole kind at once, and the outbox can be searched and paged."""

import re

import pytest
from django.test import Client

from accounts.states import Role
from core import clock, outbox
from core.models import AuditEvent, OutboxMail
from core.states import MailState
from tests.worlds import grant, person

TEMPLATE, OTHER = "desk/mail/deletion_asked.txt", "desk/mail/deletion_cancelled.txt"


@pytest.fixture
def unknown(db):
    """Return three mails of one kind and one of another, all of unknown fate."""
    to = person("reader")
    for number in range(3):
        outbox.enqueue(
            key=f"a{number}", to=to.email, person=to, template=TEMPLATE, due_at=clock.now(), path="/my/data/"
        )
    outbox.enqueue(key="b", to="else@example.org", template=OTHER, path="/my/data/")
    OutboxMail.objects.update(state=MailState.UNKNOWN)


@pytest.fixture
def staff(db):
    user = person("staff")
    grant(user, Role.STAFF)
    client = Client()
    client.force_login(user)
    return client


def states() -> dict[str, str]:
    return dict(OutboxMail.objects.order_by("key").values_list("key", "state"))


@pytest.mark.parametrize(("act", "state"), [("send_again", "queued"), ("confirm_delivered", "sent")])
def test_one_kind_is_settled_once_and_the_other_waits(unknown, staff, act, state):
    page = staff.get("/console/outbox/?state=unknown").content.decode()
    assert "Send 3 again" in page

    for said in ("3 mails", "0 mails"):
        answer = staff.post("/console/outbox/settle/", {"template": TEMPLATE, "act": act}, follow=True)
        assert said in answer.content.decode()

    assert states() == {"a0": state, "a1": state, "a2": state, "b": "unknown"}
    assert AuditEvent.objects.filter(verb=act).count() == 3


@pytest.mark.parametrize("sent", [{}, {"act": "stop"}, {"act": "send_again", "template": "x" * 500 + "\x00"}])
def test_what_is_no_kind_or_act_changes_nothing(unknown, staff, sent):
    assert staff.post("/console/outbox/settle/", sent).status_code in {302, 404}
    assert set(states().values()) == {"unknown"}


def test_nobody_else_settles(unknown):
    client = Client()
    client.force_login(person("nobody in particular"))
    assert client.post("/console/outbox/settle/", {"template": TEMPLATE, "act": "send_again"}).status_code == 403
    assert set(states().values()) == {"unknown"}


def test_outbox_is_searched_and_paged(db, staff):
    OutboxMail.objects.bulk_create(
        OutboxMail(key=str(n), to=f"reader{n}@example.org", template=TEMPLATE, subject=f"Letter {n:03}", body="x")
        for n in range(120)
    )
    first = staff.get("/console/outbox/").content.decode()
    assert "Letter 119" in first
    assert "Letter 069" not in first
    seen, page = first.count("<bdi>reader"), first
    while older := re.search(r'href="\?(before=\d+)">Older mails', page):
        page = staff.get(f"/console/outbox/?{older[1]}").content.decode()
        seen += page.count("<bdi>reader")
    found = staff.get("/console/outbox/?q=reader7%40&state=bogus").content.decode()

    assert seen == 120
    assert "Letter 007" in found
    assert found.count("<bdi>reader") == 1
    assert "Nothing found" in staff.get("/console/outbox/?q=%00nobody").content.decode()
    assert staff.get("/console/outbox/?before=99999999999999999999").status_code == 200

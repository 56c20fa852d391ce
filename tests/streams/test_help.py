"""The help: everybody reads and searches it, staff write it, the catalogue carries it."""

import re
from html import unescape

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import clock, editions
from core.models import AuditEvent
from streams.domain.help_entries import HelpText, save_help_entry, version_of
from streams.models import HelpEntry
from streams.queries.help import help_groups, help_search
from streams.states import HelpStep, HelpTopic
from tests.worlds import MOMENTS, World, small_world

TEXT = HelpText(
    title="Whom should I name as a referee?",
    summary="Somebody who saw you work.",
    body="## What they get\n\nOne link. See the [dates](/dates/).",
    topic=HelpTopic.STAGE2,
    steps=["referees", "application"],
)


@pytest.fixture
def world(db: None) -> World:
    return small_world()


@pytest.fixture
def entry(world: World) -> HelpEntry:
    save_help_entry(
        slug="lateness",
        text=HelpText("What if I am late?", "A few minutes.", "Grace.", HelpTopic.APPLYING, ["check"], 5),
        by=None,
    )
    return save_help_entry(slug="choosing-referees", text=TEXT, by=None).row


def page(address: str, user: User | None = None) -> str:
    client = Client()
    if user:
        client.force_login(user)
    return unescape(client.get(address).content.decode())


@pytest.mark.requirement(15)
@pytest.mark.parametrize(
    ("words", "alike"), [("referee", False), ("referees work", False), ("refree", True), ("REFFEREE", True)]
)
def test_search_finds_referee_also_when_it_is_mistyped(entry: HelpEntry, words: str, alike: bool) -> None:
    found, is_alike = help_search(words)

    assert [line.slug for line in found] == ["choosing-referees"]
    assert is_alike == alike
    html = page(f"/help/?q={words}")
    assert "Whom should I name as a referee?" in html
    assert ("words that look like it" in html) == alike
    assert "What if I am late?" not in html


@pytest.mark.parametrize("words", ["xyzzyplugh", "%", "' OR 1=1 --", "\x00", "a" * 5000, "🦊", '"unclosed'])
def test_search_takes_anything(entry: HelpEntry, words: str) -> None:
    response = Client().get("/help/", {"q": words})
    assert response.status_code == 200


def test_entries_stand_by_chapter_in_the_order_of_the_way(entry: HelpEntry) -> None:
    assert [(group.title, [line.slug for line in group.lines]) for group in help_groups()] == [
        ("The general application", ["lateness"]),
        ("Streams, tasks and references", ["choosing-referees"]),
    ]
    html = page("/help/choosing-referees/")
    assert "<h4>What they get</h4>" in html
    assert 'href="/dates/"' in html


def test_each_step_leads_to_what_is_written_about_it(entry: HelpEntry) -> None:
    assert "Whom should I name" in page("/help/for/referees/")
    assert "Whom should I name" not in page("/help/for/check/")
    assert "Nothing is written about this step yet" in page("/help/for/task/")
    assert Client().get("/help/for/nothing/").status_code == 404


def test_hidden_entry_does_not_exist_for_the_public(world: World, entry: HelpEntry) -> None:
    HelpEntry.objects.filter(pk=entry.pk).update(is_public=False)

    assert Client().get("/help/choosing-referees/").status_code == 404
    assert help_search("referee") == ([], True)
    assert "Whom should I name" not in page("/help/") + page("/help/for/referees/")
    assert "hidden" in page("/console/setup/help/", world.people["staff a"])


def test_nothing_of_an_entry_can_act(entry: HelpEntry) -> None:
    body = "<script>alert(1)</script> [x](javascript:alert(1)) ![i](https://x.example/i.png) <img src=x onerror=y>"
    HelpEntry.objects.filter(pk=entry.pk).update(body=body)

    html = Client().get("/help/choosing-referees/").content.decode()

    assert "<script>alert" not in html
    assert "javascript:" not in html.partition("<h1>")[2].replace("[x](javascript:alert(1))", "")
    assert "x.example/i.png" not in re.findall(r"<img[^>]*>", html)


def typed(entry: HelpEntry, **changes: object) -> dict[str, object]:
    return {
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "topic": entry.topic,
        "steps": entry.steps,
        "order": entry.order,
        "is_public": "on",
        "seen_at": version_of(entry),
        **changes,
    }


def test_staff_change_an_entry_and_everybody_reads_it_at_once(world: World, entry: HelpEntry) -> None:
    client = Client()
    client.force_login(world.people["staff a"])
    address = f"/console/setup/help/{entry.public_id}/"
    assert "One link." in page("/help/choosing-referees/")

    looked = client.post(address, typed(entry, body="Two **links**.", preview="yes"))
    assert "Two <strong>links</strong>." in looked.content.decode()
    assert "One link." in page("/help/choosing-referees/"), "a preview saves nothing"
    saved = client.post(address, typed(entry, body="Two **links**.", steps=["task", "referees"]))

    assert saved.status_code == 302
    assert "Two <strong>links</strong>." in page("/help/choosing-referees/")
    entry.refresh_from_db()
    assert entry.steps == ["referees", "task"]
    assert AuditEvent.objects.filter(verb="change", actor=world.people["staff a"]).exists()


def test_two_of_the_staff_do_not_overwrite_each_other(world: World, entry: HelpEntry) -> None:
    first, second = Client(), Client()
    first.force_login(world.people["staff a"])
    second.force_login(world.people["staff b"])
    address, before = f"/console/setup/help/{entry.public_id}/", typed(entry)
    first.post(address, {**before, "body": "Theirs."})

    late = second.post(address, {**before, "body": "Mine."})

    html = unescape(late.content.decode())
    assert late.status_code == 409
    assert "Somebody else has changed this entry" in html
    assert "Theirs." in html
    assert "Mine." in html
    seen = html.split('name="seen_at" value="')[1].split('"')[0]
    assert second.post(address, {**before, "body": "Mine.", "seen_at": seen}).status_code == 302
    entry.refresh_from_db()
    assert entry.body == "Mine."


def test_staff_add_an_entry_once(world: World, entry: HelpEntry) -> None:
    client = Client()
    client.force_login(world.people["staff a"])
    new = {**typed(entry), "slug": "new-one", "title": "New"}

    added = client.post("/console/setup/help/new/", new)
    again = client.post("/console/setup/help/new/", {**new, "title": "Other"})
    bad = client.post("/console/setup/help/new/", {**new, "slug": "No spaces!", "title": ""})

    assert (added.status_code, again.status_code, bad.status_code) == (302, 409, 422)
    assert HelpEntry.objects.get(slug="new-one").title == "New"
    assert "There is an entry with this address." in unescape(again.content.decode())
    assert Client().get("/help/new-one/").status_code == 200


def test_saving_the_same_twice_changes_nothing(entry: HelpEntry) -> None:
    before = HelpEntry.objects.values().get(pk=entry.pk)
    events = AuditEvent.objects.count()

    save_help_entry(slug="choosing-referees", text=TEXT, by=None)

    assert HelpEntry.objects.values().get(pk=entry.pk) == before
    assert AuditEvent.objects.count() == events


def test_the_help_costs_the_same_for_two_entries_and_for_twelve(entry: HelpEntry) -> None:
    def cost(address: str) -> int:
        editions.forget()
        with CaptureQueriesContext(connection) as queries:
            Client().get(address)
        return len(queries)

    addresses = ["/help/", "/help/?q=referee", "/help/?q=refree", "/help/choosing-referees/", "/help/for/referees/"]
    few = [cost(address) for address in addresses]
    for number in range(10):
        save_help_entry(slug=f"referee-{number}", text=TEXT, by=None)

    assert [cost(address) for address in addresses] == few
    assert max(few) <= 5


@pytest.mark.requirement(15)
@pytest.mark.django_db
def test_every_link_in_the_demo_catalogue_help_leads_somewhere() -> None:
    call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
    with clock.at(MOMENTS["open"]):
        bodies = [
            unescape(Client().get(entry.get_absolute_url()).content.decode()) for entry in HelpEntry.objects.all()
        ]
        links = {link for html in bodies for link in re.findall(r'<div class="reading">(.*?)</div>', html, re.S)}
        targets = {target for text in links for target in re.findall(r'href="(/[^"#]*)"', text)}
        answers = {target: Client().get(target).status_code for target in targets}

    assert len(bodies) >= 12
    assert "/my/data/" in targets
    assert {
        target: code for target, code in answers.items() if code != (302 if target.startswith("/my/") else 200)
    } == {}
    steps = {step for entry in HelpEntry.objects.all() for step in entry.steps}
    assert steps == set(HelpStep.values), "each page that leads here finds something"


@pytest.mark.requirement(15)
def test_the_pages_of_an_applicant_lead_to_their_help(world: World, entry: HelpEntry) -> None:
    from tests.applications import factories  # noqa: PLC0415 -- only here: an application is needed

    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        for address, step in [
            ("/my/application/", "application"),
            ("/my/referees/", "referees"),
            ("/my/data/", "data"),
        ]:
            assert f'href="/help/for/{step}/"' in page(address, application.person)
    assert 'href="/help/for/catalogue/"' in page("/streams/")

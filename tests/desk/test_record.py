"""The record as it is read: lines about the file of a person are not there for whoever is kept from that file."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import connection
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.states import Role
from applications.models import Application
from core import audit, chain, clock
from core.models import AuditEvent, OutboxMail
from core.queries import audit_rows
from mats_portal.desk.privacy.registry import HOLDINGS
from reviews.domain import batches
from reviews.domain.conflicts import record_conflict
from tests.applications import factories as applying
from tests.faulty import plant
from tests.reviews import factories
from tests.roles import as_owner
from tests.security.sample import rich_sample
from tests.worlds import World, grant, person, small_world

URL = "/console/audit/"
#: Ways to a person who acts in a role; the others lead to the person whose file it is.
IN_A_ROLE = {"reviewer", "granted_by", "given_by", "ended_by", "asked_by", "decided_by", "assignment__reviewer"}
#: Kinds of rows that tell of an account, or of the work of staff, and are part of nobody's file.
NO_FILE = {"accounts.user", "accounts.rolegrant", "core.job", "desk.exportfile", "desk.savedexport"}
NO_FILE |= {"matching.matchrun", "matching.rankorderlist"}


def owners(event: AuditEvent) -> set[int]:
    """Return whose file the row of a line belongs to, as the registry of personal data knows it."""
    holding = next((one for one in HOLDINGS if one.model.lower() == event.object_type), None)
    if holding is None or event.object_type in NO_FILE:
        return set()
    model = holding.model_class
    column = "public_id" if any(one.name == "public_id" for one in model._meta.fields) else "pk"
    rows = model._base_manager.filter(**{column: event.object_key})
    return {
        pk
        for path in holding.paths
        if path not in IN_A_ROLE
        for pk in rows.values_list(path, flat=True)
        if pk and not path.endswith(("maker", "made_by", "saved_by"))
    }


def test_every_line_knows_whose_file_it_is_about(db: None) -> None:
    """The registry is the measure: it names the ways to a person of every model there is."""
    rich_sample()
    told = {event: owners(event) for event in AuditEvent.objects.all()}

    # Lines about a batch or a proposal may name one of many; the next test is about those.
    lines = {event: people for event, people in told.items() if not event.object_type.endswith(("batch", "proposal"))}
    assert [
        (str(event), event.about, people) for event, people in lines.items() if {event.about} - {None} != people
    ] == []
    assert len({event.object_type for event in lines if event.about}) >= 8


def test_every_kind_of_row_with_a_way_to_a_person_is_known_to_the_database() -> None:
    """A new kind needs a branch of its own: a migration that replaces the function."""
    ways = import_module("mats_portal.desk.migrations.0011_whom_the_record_is_about").WAYS
    files = {
        one.model.lower()
        for one in HOLDINGS
        if one.model.lower() not in NO_FILE
        and any(name == "public_id" for name in (field.name for field in one.model_class._meta.fields))
        and any(path == "person" or path.endswith("application__person") for path in one.paths)
    }

    assert files - {*ways, "streams.savedstream", "desk.calendarlink"} == set()
    assert len(files) >= 20


@pytest.fixture
def world(db: None) -> World:
    world = small_world()
    factories.add_rubrics(world)
    return world


@pytest.fixture
def close(world: World) -> Any:
    """A member of the staff who is close to the applicant."""
    user = world.people["close"] = person("close")
    grant(user, Role.STAFF)
    record_conflict(reviewer=user, person=world.people["applicant"], kind="personal", by=user)
    return user


def decided(world: World) -> Application:
    application = factories.read_cohort(world, {"applicant": (5, 5), "other applicant": (2, 2)})["applicant"]
    batch = factories.review_batch(world)
    with clock.at(world.moments["review"]):
        line = batch.decisions.get(track_application__application=application)
        batches.set_outcome(decision=line, outcome="not_advance", reason="Seen again", by=world.people["staff a"])
        batch.refresh_from_db()
        batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])
    return application


def test_whoever_is_close_to_a_person_reads_no_line_about_them(world: World, close: Any) -> None:
    application = decided(world)
    row = factories.of(application)

    seen, all_of_it = audit_rows(close, size=5000), audit_rows(world.people["staff a"], size=5000)

    hidden = {event.pk: event for event in all_of_it}
    for event in seen:
        del hidden[event.pk]
    assert {event.about for event in hidden.values()} == {application.person_id}
    keys = {event.object_key for event in seen}
    assert not {application.public_id, row.public_id} & keys
    assert {application.public_id, row.public_id} <= {event.object_key for event in hidden.values()}
    assert "set_outcome" in {event.verb for event in hidden.values()}, "a line about a batch that names the person"
    assert {"create", "approve"} <= {event.verb for event in seen if event.object_type == "reviews.decisionbatch"}


def test_nobody_reads_lines_about_themselves_as_an_applicant(world: World) -> None:
    application = applying.submitted(world)
    grant(application.person, Role.STAFF)
    audit.record("save_profile", application.person, by=application.person)

    rows = audit_rows(application.person, size=5000)

    assert {event.about for event in rows} == {None}
    assert "save_profile" in {event.verb for event in rows}, "accounts and roles are no part of a file"


def pages(client: Client) -> list[list[str]]:
    """Return the keys of the lines on every page, from the newest on, as the links lead."""
    found, url = [], URL
    while url:
        context = client.get(url).context
        found.append([event.pk for event in context["events"]])
        url = f"{URL}?before={context['older']}" if context["older"] else ""
    return found


def test_pages_stay_full_where_lines_are_left_out(world: World, close: Any, client: Client) -> None:
    application = applying.submitted(world)
    for number in range(120):
        audit.record("note", application if number % 2 else world.cycle, by=None)
    client.force_login(close)

    found = pages(client)

    visible = [event.pk for event in audit_rows(close, size=5000)]
    assert [pk for page in found for pk in page] == visible
    assert [len(page) for page in found[:-1]] == [50] * (len(found) - 1)
    assert 1 <= len(found[-1]) <= 50
    text = client.get(URL).content.decode()
    assert application.public_id not in text
    assert "Newest events" in client.get(f"{URL}?before={visible[50]}").content.decode()
    assert "Nothing older" in client.get(f"{URL}?before={min(visible)}").content.decode()


def test_page_of_the_record_costs_the_same_however_much_is_left_out(world: World, close: Any, client: Client) -> None:
    application = applying.submitted(world)
    client.force_login(close)
    client.get(URL)
    counts = []
    for n in (1, 60):
        for _ in range(n):
            audit.record("note", application, by=world.people["staff a"])
            audit.record("note", world.cycle, by=world.people["staff b"])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(URL)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_control_without_the_condition_the_lines_are_there(
    world: World, close: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = applying.submitted(world)
    plant(monkeypatch, "core.queries.events_visible_to", "sorted(kept_from(user))", "[]")

    assert application.public_id in {event.object_key for event in audit_rows(close, size=5000)}


def test_mails_to_a_person_and_lines_that_name_one_of_many_are_about_them(world: World) -> None:
    application = applying.submitted(world)
    mail = OutboxMail.objects.filter(person=application.person).first()
    row = application.track_applications.get()
    audit.record("doubt", mail, by=None)
    audit.record("leave_out", _batch(world), by=None, track_application=row.pk)
    audit.record("leave_out", _batch(world), by=None, track_application="1; nothing")

    assert list(AuditEvent.objects.order_by("-pk").values_list("about", flat=True)[:3]) == [
        None,
        application.person_id,
        application.person_id,
    ]


def _batch(world: World) -> Any:
    batch = apps.get_model("reviews", "DecisionBatch")
    return batch(track=world.tracks["empirical"], cycle=world.cycle)


def test_lines_of_before_are_filled_in_and_every_seal_still_fits(world: World) -> None:
    application = applying.submitted(world)
    chain.seal()
    known = set(AuditEvent.objects.filter(about=application.person_id).values_list("pk", flat=True))
    with as_owner(), pgtrigger.ignore("core.AuditEvent:append_only"):
        AuditEvent.objects.update(about=None)

    fill: Callable = import_module("mats_portal.desk.migrations.0011_whom_the_record_is_about").fill
    with as_owner(), connection.schema_editor() as editor:
        fill(apps, editor)

    assert set(AuditEvent.objects.filter(about=application.person_id).values_list("pk", flat=True)) == known != set()
    verdict = chain.verify()
    assert (verdict.problems, verdict.n_sealed) == ((), AuditEvent.objects.count())
    with pytest.raises(ProgrammingError, match="Cannot update"):
        AuditEvent.objects.update(about=None)

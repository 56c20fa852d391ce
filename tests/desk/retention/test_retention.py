"""Retention: rules and their dates, the dry run, holds, erasure by two people, numbers that are left."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from applications.models import Answer, AnswerSnapshot, Application
from core import clock, jobs
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from mats_portal.desk.management.commands.checkinvariants import statements
from mats_portal.desk.models import (
    DeletionState,
    RetentionHold,
    RetentionRule,
    RetentionRun,
    StatisticCount,
)
from mats_portal.desk.privacy import deleting
from mats_portal.desk.privacy.holding import Treatment
from mats_portal.desk.privacy.registry import HOLDINGS
from mats_portal.desk.privacy.requesting import ask_correction
from mats_portal.desk.retention import counting, erasing
from mats_portal.desk.retention.due import add_months, falls_due, rules_of
from questions.states import DataClass, QuestionKind
from tests.applications import factories
from tests.desk.test_task_pages import count_queries, signed_in
from tests.worlds import MOMENTS, World, person, question, small_world

CANARY = "Kanarienvogel"
#: The programme ends on 4 December 2026, the general window closed on 8 June 2026.
DRAFTS_DUE, REST_DUE, STATISTICS_DUE = (
    datetime(2027, 6, 8, tzinfo=UTC),
    datetime(2027, 12, 4, tzinfo=UTC),
    datetime(2027, 3, 4, tzinfo=UTC),
)
LATER = REST_DUE + timedelta(days=1)


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    return small_world()


def close(application: Application) -> Application:
    """Let an application end without a place."""
    application.track_applications.update(internal_state="not_advanced", released_state="not_advanced")
    Application.objects.filter(pk=application.pk).update(internal_state="closed", released_state="closed")
    application.refresh_from_db()
    return application


def closed_with_canary(world: World, who: str = "applicant") -> Application:
    application = close(factories.under_review(world, who))
    Answer.objects.filter(application=application).update(value=f"{CANARY} {who}")
    for row in AnswerSnapshot.objects.filter(application=application):
        content = [{"title": "x", "items": [{"data_class": "none", "display": f"{CANARY} {who}"}]}]
        AnswerSnapshot.objects.filter(pk=row.pk).update(content=content)
    return application


def found(words: str = CANARY) -> set[str]:
    """Look for words in every row of every table."""
    hits = set()
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM {connection.ops.quote_name(table)} AS t WHERE t::text ~* %s LIMIT 1", [words]
            )
            if cursor.fetchone():
                hits.add(table)
    return hits


def broken() -> set[str]:
    """Return the statements about stored data that do not hold: the scene's own shortcut to the end is one."""
    return {name for name, check in statements().items() if list(check())}


def erased(world: World, kind: str, *, at: datetime = LATER) -> RetentionRun:
    with clock.at(at):
        run = erasing.propose_run(cycle=world.cycle, kind=kind, by=world.people["staff a"])
        run = erasing.confirm_run(run=run, by=world.people["staff b"])
        jobs.run(run.job_id)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 12, 4), 12, date(2027, 12, 4)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 1), 120, date(2036, 1, 1)),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last(day: date, months: int, wanted: date) -> None:
    assert add_months(day, months) == wanted


def test_each_class_falls_due_at_its_own_date_and_an_own_rule_goes_first(world: World) -> None:
    assert [(rule.kind, rule.due_at) for rule in rules_of(world.cycle)] == [
        ("drafts", DRAFTS_DUE), ("unsuccessful", REST_DUE),
        ("wished", datetime(2028, 12, 4, tzinfo=UTC)), ("demographics", STATISTICS_DUE),
    ]  # fmt: skip
    application = close(factories.under_review(world))
    draft = factories.draft(world, "other applicant")
    Application.objects.filter(pk=draft.pk).update(internal_state="lapsed", released_state="lapsed")
    for kind, due_at, row in (("drafts", DRAFTS_DUE, draft), ("unsuccessful", REST_DUE, application)):
        with clock.at(due_at - timedelta(seconds=1)):
            assert not falls_due(world.cycle, kind).exists()
            with pytest.raises(Refused, match="due yet"):
                erasing.propose_run(cycle=world.cycle, kind=kind, by=world.people["staff a"])
        with clock.at(due_at):
            assert list(falls_due(world.cycle, kind)) == [row]
            run = erasing.propose_run(cycle=world.cycle, kind=kind, by=world.people["staff a"])
            erasing.set_rule(cycle=world.cycle, kind=kind, months=24, by=world.people["admin"])
            run.refresh_from_db()
            assert run.state == "discarded", "drawn up by the old rule"
            assert not falls_due(world.cycle, kind).exists()
    assert AuditEvent.objects.filter(verb="set_retention").count() == 2
    with pytest.raises(Refused, match="1 and 120"):
        erasing.set_rule(cycle=world.cycle, kind="drafts", months=0, by=world.people["admin"])


def test_what_goes_on_or_led_to_a_place_never_falls_due(world: World) -> None:
    application = factories.under_review(world)
    for state in ("accepted", "offered", "final", "under_review"):
        Application.objects.filter(pk=application.pk).update(internal_state=state, released_state=state)
        with clock.at(LATER):
            assert not falls_due(world.cycle, "unsuccessful").exists(), state


def test_erasure_takes_every_word_of_the_application_and_leaves_what_is_declared(world: World) -> None:
    application = closed_with_canary(world)
    other = closed_with_canary(world, "other applicant")
    erasing.place_hold(person=other.person, reason="A claim", by=world.people["staff a"])
    before = {"applications_answer", "applications_answersnapshot"}
    assert before <= found(f"{CANARY} applicant")
    ask_correction(
        person=application.person, kind="other", what="x", proposed=f"{CANARY} applicant", reason="x", by=None
    )
    own = OutboxMail.objects.filter(person=application.person)
    assert own.exists()
    was_broken = broken()

    run = erased(world, "unsuccessful")

    assert run.state == "done"
    assert run.counts["applications.Answer"] > 0
    assert [(item.application, bool(item.done_at)) for item in run.items.all()] == [(application, True)]
    assert found(f"{CANARY} applicant") == set()
    assert before <= found(f"{CANARY} other"), "a hold stops it"
    for holding in HOLDINGS:
        if holding.treatment is Treatment.DELETE and holding.model != "core.OutboxMail":
            rows = erasing.rows_of_application(holding, application.pk)
            assert rows is None or not rows.exists(), holding.model
    assert not own.filter(body__icontains=application.reference).exists()
    application.refresh_from_db()
    assert (application.released_state, application.person.is_active) == ("closed", True)
    assert application.person.email == world.people["applicant"].email
    assert broken() <= was_broken


def test_nothing_goes_by_one_person_and_the_database_says_so_too(world: World) -> None:
    closed_with_canary(world)
    staff = world.people["staff a"]
    with clock.at(LATER):
        run = erasing.propose_run(cycle=world.cycle, kind="unsuccessful", by=staff)
        with pytest.raises(Refused, match="Another person confirms"):
            erasing.confirm_run(run=run, by=staff)
        with pytest.raises(Refused, match="drawn up already"):
            erasing.propose_run(cycle=world.cycle, kind="unsuccessful", by=world.people["staff b"])
        with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
            RetentionRun.objects.filter(pk=run.pk).update(state="done", confirmed_by=staff, confirmed_at=clock.now())
        first = erasing.confirm_run(run=run, by=world.people["staff b"])
        assert erasing.confirm_run(run=run, by=world.people["staff b"]).job_id == first.job_id, "twice is once"
        jobs.run(first.job_id)
        with pytest.raises(Refused, match="erased already"):
            erasing.propose_run(cycle=world.cycle, kind="unsuccessful", by=staff)
    assert found() == set()


def test_a_hold_that_comes_between_list_and_erasure_spares_the_person(world: World) -> None:
    application = closed_with_canary(world)
    with clock.at(LATER):
        run = erasing.propose_run(cycle=world.cycle, kind="unsuccessful", by=world.people["staff a"])
        run = erasing.confirm_run(run=run, by=world.people["staff b"])
        erasing.place_hold(person=application.person, reason="A claim", by=world.people["admin"])
        jobs.run(run.job_id)
    assert [(item.done_at, item.spared) for item in run.items.all()] == [(None, True)]
    assert found()
    hold = RetentionHold.objects.get()
    erasing.release_hold(hold=hold, by=world.people["admin"])
    erasing.release_hold(hold=hold, by=world.people["admin"])
    assert AuditEvent.objects.filter(verb="release_hold").count() == 1
    erased(world, "unsuccessful", at=LATER + timedelta(days=1))
    assert found() == set()


def test_a_hold_stops_a_request_for_deletion_until_it_is_released(world: World) -> None:
    application = factories.submitted(world)
    person_ = application.person
    with clock.at(MOMENTS["review"]):
        request = deleting.request_deletion(person=person_, by=person_)
        hold = erasing.place_hold(person=person_, reason="A claim", by=world.people["staff a"])
        assert erasing.place_hold(person=person_, reason="Another", by=world.people["staff b"]) == hold
    due = MOMENTS["review"] + deleting.COOLING + timedelta(minutes=1)
    with clock.at(due):
        assert deleting.start_due() == 0
        with pytest.raises(Refused, match="placed a hold"):
            deleting.begin(request=request)
        client = signed_in(person_)
        page = client.get("/my/data/").content.decode()
        assert "something has to be kept" in page
        assert "A claim" not in page
        erasing.release_hold(hold=hold, by=world.people["staff a"])
        assert deleting.start_due() == 1
    request.refresh_from_db()
    assert request.state == DeletionState.WAITING
    assert request.job_id


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(some.dictionaries(some.sampled_from("abcdef"), some.integers(0, 40), max_size=6))
def test_no_small_number_is_kept_nor_given_away_by_a_sum(counts: dict[str, int]) -> None:
    shown = counting.suppressed(counts)

    assert shown.keys() == counts.keys()
    assert all(n is None or (n >= 10 and n == counts[value]) for value, n in shown.items())
    hidden = [value for value, n in shown.items() if n is None]
    assert len(hidden) != 1 or len(counts) == 1


def test_answers_for_statistics_become_numbers_and_go(world: World) -> None:
    asked = question(
        "age-group", QuestionKind.CHOICE, data_class=DataClass.DEMOGRAPHIC,
        choices=[{"value": one, "label": one.title()} for one in ("young", "middle", "old")],
    )  # fmt: skip
    first = factories.submitted(world)
    for number in range(25):
        who = first.person if not number else person(f"somebody {number}")
        row = first if not number else Application.objects.create(
            person=who, cycle=world.cycle, reference=f"X-{number}", submitted_at=MOMENTS["open"],
            internal_state="submitted", released_state="submitted",
        )  # fmt: skip
        Answer.objects.create(application=row, question=asked, scope="general", value="old" if number < 3 else "young")
    snapshot = AnswerSnapshot.objects.filter(application=first).first()
    content = [*snapshot.content, {"title": "Statistics", "items": [
        {"code": "age-group", "data_class": DataClass.DEMOGRAPHIC, "value": "old", "display": CANARY, "kind": "choice"}
    ]}]  # fmt: skip
    AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=content)

    run = erased(world, "demographics", at=STATISTICS_DUE)

    assert (run.state, run.items.filter(done_at=None).count(), run.counts) == ("done", 0, {"applications.Answer": 25})
    assert Counter(StatisticCount.objects.filter(stage="applied").values_list("value", "n")) == Counter(
        {("Young", 22): 1, ("Old", None): 1, ("Middle", None): 1}
    )
    assert not Answer.objects.filter(question=asked).exists()
    assert found() == set()
    assert Answer.objects.filter(application=first).exists(), "other answers stay"
    assert counting.count_answers(world.cycle) == 0


def test_staff_work_through_the_pages_and_only_admins_set_rules(world: World) -> None:
    application = closed_with_canary(world)
    first, second, admin = (signed_in(world.people[name]) for name in ("staff a", "staff b", "admin"))
    with clock.at(MOMENTS["advanced"]):
        deleting.request_deletion(person=world.people["third applicant"], by=world.people["third applicant"])
        assert "Nothing is due" in _text(first, "/console/retention/unsuccessful/")
    with clock.at(MOMENTS["advanced"] + timedelta(days=3)):
        assert "day 4 of 30" in _text(first, "/console/retention/")
    with clock.at(MOMENTS["advanced"] + timedelta(days=40)):
        assert "Late" in _text(first, "/console/retention/")
    with clock.at(LATER):
        assert first.post("/console/retention/drafts/months/", {"months": "6"}).status_code == 403
        wrong = admin.post("/console/retention/drafts/months/", {"months": "many"})
        assert (wrong.status_code, 'value="many"' in wrong.content.decode()) == (422, True)
        assert admin.post("/console/retention/drafts/months/", {"months": "6"}).status_code == 302
        assert RetentionRule.objects.get().months == 6
        assert first.get("/console/retention/nonsense/").status_code == 404
        lost = first.post("/console/retention/holds/", {"who": "nobody@example.org", "reason": "A claim"})
        assert (lost.status_code, "A claim" in lost.content.decode()) == (422, True)
        assert first.post("/console/retention/holds/", {"who": application.reference, "reason": "x"}).status_code == 302
        assert application.reference in _text(first, "/console/retention/unsuccessful/?show=held")
        hold = RetentionHold.objects.get()
        assert second.post(f"/console/retention/holds/{hold.public_id}/release/").status_code == 302
        assert application.reference in _text(first, "/console/retention/unsuccessful/")
        assert first.post("/console/retention/unsuccessful/propose/").status_code == 302
        run = RetentionRun.objects.get()
        url = f"/console/retention/lists/{run.public_id}/"
        assert "Another person looks at it" in _text(first, url)
        assert first.post(f"{url}confirm/").status_code == 409
        assert "Erase 1 application" in _text(second, url)
        assert second.post(f"{url}confirm/").status_code == 302
        run.refresh_from_db()
        jobs.run(run.job_id)
        assert "Done" in _text(second, url)
    assert found() == set()


def _text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def test_pages_cost_the_same_for_one_and_for_many(world: World) -> None:
    staff = signed_in(world.people["staff a"])
    close(factories.under_review(world))
    deleting.request_deletion(person=world.people["third applicant"], by=world.people["third applicant"])
    erasing.place_hold(person=world.people["third applicant"], reason="x", by=world.people["staff b"])
    pages = ("/console/retention/", "/console/retention/unsuccessful/")
    with clock.at(LATER):
        one = [count_queries(staff, url) for url in pages]
    close(factories.under_review(world, "other applicant"))
    for number in range(3):
        somebody = person(f"somebody {number}")
        deleting.request_deletion(person=somebody, by=somebody)
        erasing.place_hold(person=somebody, reason="x", by=world.people["staff b"])
    with clock.at(LATER):
        assert [count_queries(staff, url) for url in pages] == one


def test_an_application_is_kept_longer_where_the_person_asked_for_it(world):
    """The wish moves an application from one rule to the other; it is never under both, nor under none."""
    wished, other = closed_with_canary(world), closed_with_canary(world, "other applicant")
    asked = question("keep_for_next_cycle", QuestionKind.YES_NO)
    for application, value in ((wished, True), (other, False)):
        Answer.objects.create(application=application, question=asked, scope="general", value=value)
    two_years = datetime(2028, 12, 4, tzinfo=UTC)

    with clock.at(LATER):
        assert list(falls_due(world.cycle, "unsuccessful")) == [other]
        assert list(falls_due(world.cycle, "wished")) == []
    with clock.at(two_years):
        assert list(falls_due(world.cycle, "wished")) == [wished]
        assert list(falls_due(world.cycle, "unsuccessful")) == [other]

    with clock.at(two_years):
        run = erasing.propose_run(cycle=world.cycle, kind="wished", by=world.people["staff a"])
        run = erasing.confirm_run(run=run, by=world.people["staff b"])
        erasing.carry_out(run, jobs.Progress(run.job))
        assert found(f"{CANARY} applicant") == set()
        assert found(f"{CANARY} other applicant"), "the other's waits for a run of its own"
        assert list(falls_due(world.cycle, "wished")) == []
        assert list(falls_due(world.cycle, "unsuccessful")) == [other], "the erased one is not due a second time"


def test_an_application_kept_at_a_wish_is_erased_to_the_end_after_a_kill(world: World) -> None:
    """The killed worker took the wish along, and with it what put the application on this list."""
    application = closed_with_canary(world)
    asked = question("keep_for_next_cycle", QuestionKind.YES_NO)
    wish = Answer.objects.create(application=application, question=asked, scope="general", value=True)
    with clock.at(datetime(2028, 12, 5, tzinfo=UTC)):
        run = erasing.propose_run(cycle=world.cycle, kind="wished", by=world.people["staff a"])
        run = erasing.confirm_run(run=run, by=world.people["staff b"])
        wish.delete()
        jobs.run(run.job_id)
    assert [(bool(item.done_at), item.spared) for item in run.items.all()] == [(True, False)]
    assert found() == set()

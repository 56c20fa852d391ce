"""Who applies: every background counts, grouped, and words of one's own are kept as they were typed."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.states import Role
from applications.domain.application import choose_tracks, start_application, submit_application
from applications.models import Application
from applications.queries.sheets import general_place, parts, track_places
from core import clock, editions
from mats_portal.desk.statistics import FEW, QuestionFigures, who_applies
from questions.models import Question
from streams.models import Cycle, Track
from tests.applications import factories
from tests.worlds import MOMENTS, grant, person


@pytest.fixture(scope="module")
def _imported(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def cycle(_imported, db):
    return Cycle.objects.get(is_public_current=True)


@pytest.fixture
def staff(cycle):
    made = person("counting staff")
    grant(made, Role.STAFF)
    return made


@pytest.fixture
def observer(cycle):
    made = person("counting observer")
    grant(made, Role.OBSERVER)
    return made


def handed_in(cycle: Cycle, name: str, backgrounds: list[str], other: str = "", *, submits: bool = True) -> Application:
    someone = person(name)
    with clock.at(MOMENTS["open"]):
        made = start_application(cycle=cycle, person=someone, by=someone)
        track = Track.objects.get(cycle=cycle, slug="founding-field-building")
        choose_tracks(application=made, tracks=[track], by=someone)
        for place in [general_place(made), *track_places(made)]:
            for part in parts(made, [place])[place]:
                for asked in part.items:
                    if asked.item.required and asked.applies:
                        factories.answer(made, asked.question.code, factories.sample(asked.question), place=place)
        factories.answer(made, "background", backgrounds)
        if other:
            factories.answer(made, "background_other", other)
        return submit_application(application=made, by=someone) if submits else made


def backgrounds(found: list[QuestionFigures]) -> QuestionFigures:
    return next(one for one in found if one.code == "background")


@pytest.mark.requirement(11)
def test_every_background_is_counted_and_its_group_counts_each_person_once(cycle, staff):
    every = [choice["value"] for choice in Question.objects.get(code="background").choices]
    handed_in(cycle, "of all trades", every, "Lighthouse keeping")
    handed_in(cycle, "of two trades", ["machine_learning", "computer_science"])
    handed_in(cycle, "of another", ["other"], "lighthouse  Keeping")
    handed_in(cycle, "of a dropped trade", ["biology"])
    handed_in(cycle, "not handed in", ["biology"], submits=False)

    found = backgrounds(who_applies(cycle, staff))

    rows = {row.label: row.handed_in for group in found.groups for row in group.rows}
    groups = {group.total.label: group.total.handed_in for group in found.groups}
    assert len(rows) == len(every)
    assert min(rows.values()) >= 1, "each can be chosen and is counted"
    assert (rows["Machine learning"], rows["Computer science"], rows["Biology or chemistry"]) == (2, 2, 2)
    assert groups["Computing"] == 2, "two answers of one group are one person"
    assert found.answered.handed_in == 4
    assert found.own_words == [("Lighthouse keeping", 2)], "the same words however they are typed, and never lost"


@pytest.mark.requirement(11)
def test_words_that_belong_to_a_choice_taken_back_are_no_answer(cycle, staff):
    changed = handed_in(cycle, "changed", ["other"], "Falconry", submits=False)
    with clock.at(MOMENTS["open"]):
        factories.answer(changed, "background", ["biology"])
        submit_application(application=changed, by=changed.person)

    assert backgrounds(who_applies(cycle, staff)).own_words == []
    assert changed.answers.get(question__code="background_other").value == "Falconry", "kept for the person"


def test_observers_read_no_small_number_and_no_words(cycle, observer):
    for number in range(FEW):
        handed_in(cycle, f"biologist {number}", ["biology"] + ["physics"] * (number == 0))
    handed_in(cycle, "keeper", ["other"], "Lighthouse keeping")

    found = backgrounds(who_applies(cycle, observer))

    rows = {row.label: row.handed_in for group in found.groups for row in group.rows}
    assert (rows["Biology or chemistry"], rows["Physics or engineering"], rows["Economics"]) == (FEW, "fewer than 5", 0)
    client = Client()
    client.force_login(observer)
    with clock.at(MOMENTS["open"]):
        page = client.get("/console/statistics/").content.decode()
        file = client.get("/console/statistics/who-applies.csv").content.decode()
        plot = client.get("/console/statistics/background.svg").content.decode()
    assert "Lighthouse" not in page + file + plot
    assert '"Physics or engineering","fewer than 5"' in file
    assert ">1<" not in plot


def test_page_plot_and_file_for_staff_in_as_many_queries_however_many_apply(cycle, staff):
    client = Client()
    client.force_login(staff)

    def queries() -> int:
        editions.forget()
        with clock.at(MOMENTS["open"]), CaptureQueriesContext(connection) as seen:
            assert client.get("/console/statistics/").status_code == 200
        return len(seen)

    queries()
    none = queries()
    for number in range(3):
        handed_in(cycle, f"one more {number}", ["biology", "other"], f"=cmd|trade {number}")
    assert queries() == none
    with clock.at(MOMENTS["open"]):
        page = client.get("/console/statistics/").content.decode()
        assert "=cmd|trade 2" in page
        assert client.get("/console/statistics/background.svg")["Content-Type"] == "image/svg+xml"
        assert client.get("/console/statistics/email.svg").status_code == 404


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MENTOR, None])
def test_others_read_no_figures(cycle, role):
    someone = person("nobody of the staff")
    if role:
        grant(someone, role)
    client = Client()
    client.force_login(someone)
    for path in ("/console/statistics/", "/console/statistics/background.svg", "/console/statistics/who-applies.csv"):
        assert client.get(path).status_code in {403, 404}

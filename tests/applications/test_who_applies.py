"""Who can apply with the programme's own forms: any background, no degree, no publication, one CV for everything."""

import pytest
from django.core.management import call_command
from django.db import transaction

from applications.domain.application import (
    choose_tracks,
    start_application,
    submit_application,
)
from applications.models import Application
from applications.queries.sheets import Asked, Place, general_place, parts, track_places
from applications.states import ApplicationState
from core import clock
from questions.models import FormItem, Question
from reviews.models import Criterion
from reviews.states import GroupRule
from streams.models import Cycle, Stream, Track
from streams.states import SelectionMode
from tests.applications import factories
from tests.worlds import MOMENTS, person


@pytest.fixture(scope="module")
def _imported(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def applying(_imported, db):
    """Return somebody's empty application in the programme's cycle, in the Founding & Field-Building track."""
    founder = person("a founder")
    cycle = Cycle.objects.get(is_public_current=True)
    track = Track.objects.get(cycle=cycle, slug="founding-field-building")
    with clock.at(MOMENTS["open"]):
        application = start_application(cycle=cycle, person=founder, by=founder)
        choose_tracks(application=application, tracks=[track], by=founder)
        yield application


def by_code(application: Application) -> dict[str, Asked]:
    place = general_place(application)
    return {one.question.code: one for part in parts(application, [place])[place] for one in part.items}


def answer_what_is_required(application: Application, place: Place) -> None:
    for part in parts(application, [place])[place]:
        for asked in part.items:
            if asked.item.required and asked.applies:
                factories.answer(application, asked.question.code, factories.sample(asked.question), place=place)


@pytest.mark.requirement(12)
def test_a_founder_without_degree_or_publication_submits(applying: Application) -> None:
    for place in [general_place(applying), *track_places(applying)]:
        answer_what_is_required(applying, place)

    submitted = submit_application(application=applying, by=applying.person)

    answered = set(applying.answers.values_list("question__code", flat=True))
    assert submitted.internal_state == ApplicationState.SUBMITTED
    assert {"founding_built", "evidence_built"} <= answered
    assert not {"degree", "papers", "safety_experience", "cv"} & answered


@pytest.mark.requirement(12)
def test_what_was_run_counts_as_much_as_research_in_every_track(applying: Application) -> None:
    for track in Track.objects.filter(cycle=applying.cycle):
        criteria = Criterion.objects.filter(rubric__track=track).exclude(group="")
        best_of = {row.code: row for row in criteria if row.group_rule == GroupRule.MAX}
        weights = {row.weight for row in best_of.values()}
        assert len(best_of) == 3, track
        assert any("operational" in row.name.lower() for row in best_of.values()), track
        assert len(weights) == 1, "one weight for all, and the best one counts"


def test_several_backgrounds_are_named_and_own_words_are_kept(applying: Application) -> None:
    every = [choice["value"] for choice in Question.objects.get(code="background").choices]
    factories.answer(applying, "background", every)
    factories.answer(applying, "background_other", "Lighthouse keeping")
    factories.answer(applying, "background", every[:2])
    kept = by_code(applying)

    assert len(every) >= 9
    assert kept["background"].value == every[:2]
    assert kept["background_other"].is_kept_only, "not asked now, and not lost"
    factories.answer(applying, "background", [every[0], "other"])
    again = by_code(applying)
    assert (again["background_other"].applies, again["background_other"].value) == (True, "Lighthouse keeping")


@pytest.mark.requirement(99)
def test_the_project_idea_is_asked_where_fellows_bring_the_project_and_only_there(applying: Application) -> None:
    asked = {
        item.version.form_id: item.required
        for item in FormItem.objects.filter(question__code="project_idea").select_related("version")
    }
    streams = list(Stream.objects.filter(cycle=applying.cycle))
    proposing = [stream for stream in streams if stream.selection_mode == SelectionMode.FELLOW_PROPOSES]

    assert {stream.slug for stream in streams if stream.form_id in asked} == {stream.slug for stream in proposing}
    assert len(proposing) >= 1
    assert all(asked[stream.form_id] for stream in proposing), "and has to be answered there"

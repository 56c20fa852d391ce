"""The track finder suggests, decides nothing and stores nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streams.queries.finder import finder_page, finder_questions

ML = {"work": "ml", "result": "experiment", "day": "code", "danger": "models", "python": "daily"}


def test_a_question_a_page_until_all_are_answered(cycle):
    client, query = Client(), []
    for number, question in enumerate(finder_questions(cycle), 1):
        html = client.get("/tracks/finder/", dict(query)).content.decode()
        assert f"Question {number} of 5" in html
        assert question.text in html
        query.append((question.key, ML[question.key]))

    html = client.get("/tracks/finder/", dict(query)).content.decode()
    assert "It is not stored and nobody reads it." in html
    assert '<a href="/tracks/empirical/">Empirical</a>' in html


@pytest.mark.requirement(32)
def test_ml_engineering_suggests_empirical_first_and_writes_nothing(cycle):
    with CaptureQueriesContext(connection) as seen:
        response = Client().get("/tracks/finder/", ML)

    page = finder_page(cycle, ML)
    assert page.suggestions[0].track.slug == "empirical"
    assert "you work on models hands-on" in page.suggestions[0].reasons
    assert [one["sql"] for one in seen if not one["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))] == []
    assert response.cookies.keys() == set()


@pytest.mark.parametrize(
    ("work", "track"),
    [
        ("maths", "theory"), ("security", "systems-security"), ("life", "biosecurity"),
        ("build", "founding-field-building"),
    ],
)  # fmt: skip
def test_what_one_does_leads_to_its_track_when_nothing_else_is_said(cycle, work, track):
    answers = {question.key: "open" for question in finder_questions(cycle)} | {"work": work}

    assert [one.track.slug for one in finder_page(cycle, answers).suggestions] == [track]


def test_every_track_can_be_suggested_and_no_leaning_suggests_none(cycle):
    every = {slug for question in finder_questions(cycle) for option in question.options for slug in option.tracks}

    assert every == set(cycle.tracks.values_list("slug", flat=True))
    assert finder_page(cycle, {question.key: "open" for question in finder_questions(cycle)}).suggestions == ()


@pytest.mark.parametrize("odd", ["<script>", "\x00", "nothing", ""])
def test_an_odd_answer_is_asked_again(cycle, odd):
    response = Client().get("/tracks/finder/", ML | {"day": odd})

    assert response.status_code == 200
    assert "Question 3 of 5" in response.content.decode()


def test_another_cycle_asks_what_its_catalogue_says(cycle):
    """The questions, their tracks and their weight are the cycle's own."""
    options = [
        {"value": "sea", "label": "At sea", "tracks": ["theory"], "because": "you like the sea"},
        {"value": "land", "label": "On land", "tracks": ["biosecurity", "gone"], "because": "you like the land"},
    ]
    cycle.finder = [{"key": "where", "text": "Where would you rather be?", "weight": 2, "options": options}]
    cycle.save()

    html = Client().get("/tracks/finder/").content.decode()
    assert "Question 1 of 1" in html
    assert "Where would you rather be?" in html
    found = Client().get("/tracks/finder/", {"where": "land"}).content.decode()
    assert 'href="/tracks/biosecurity/"' in found, "and the track that is no more is passed over"
    assert "you like the land" in found


def test_a_cycle_without_questions_offers_no_finder(cycle):
    cycle.finder = []
    cycle.save()

    assert "There is no track finder now" in Client().get("/tracks/finder/").content.decode()
    assert "/tracks/finder/" not in Client().get("/tracks/").content.decode()

"""The track finder suggests, decides nothing and stores nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streams.queries.finder import QUESTIONS, finder_page

ML = {"work": "ml", "result": "experiment", "day": "code", "danger": "models", "python": "daily"}


def test_a_question_a_page_until_all_are_answered(cycle):
    client, query = Client(), []
    for number, question in enumerate(QUESTIONS, 1):
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
    answers = {question.key: "open" for question in QUESTIONS} | {"work": work}

    assert [one.track.slug for one in finder_page(cycle, answers).suggestions] == [track]


def test_every_track_can_be_suggested_and_no_leaning_suggests_none(cycle):
    every = {slug for question in QUESTIONS for option in question.options for slug in option.tracks}

    assert every == set(cycle.tracks.values_list("slug", flat=True))
    assert finder_page(cycle, {question.key: "open" for question in QUESTIONS}).suggestions == ()


@pytest.mark.parametrize("odd", ["<script>", "\x00", "nothing", ""])
def test_an_odd_answer_is_asked_again(cycle, odd):
    response = Client().get("/tracks/finder/", ML | {"day": odd})

    assert response.status_code == 200
    assert "Question 3 of 5" in response.content.decode()

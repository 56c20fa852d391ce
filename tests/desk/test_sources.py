"""What criteria rest on: readers see which answers, and a form that would leave one without any is not published."""

import tomllib
from pathlib import Path

import pytest
from django.test import Client

from core import clock
from core.refusals import Refused
from mats_portal.desk.self_test import findings, report
from mats_portal.desk.sources import sources_with
from questions.domain.drafts import start_draft
from questions.domain.forms import publish_version
from reviews.domain.rubrics import RubricText, save_track_rubric
from tests.applications import factories
from tests.reviews import factories as reviewing
from tests.worlds import World, small_world

CATALOGUE = Path(__file__).parents[2] / "catalogue" / "autumn-2026"


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle whose tracks score why somebody wants to do the work."""
    made = small_world()
    criteria = [
        reviewing.criterion("mission_alignment", 60, question_codes=["why"]),
        reviewing.criterion("links", 40, question_codes=["proof", "why"]),
    ]
    for track in made.tracks.values():
        save_track_rubric(track=track, by=None, text=RubricText(f"{track.name} review", 1, criteria))
    return made


@pytest.mark.requirement(37)
def test_why_the_work_reduces_risk_is_asked_of_everybody_and_scored() -> None:
    forms = tomllib.loads((CATALOGUE / "3-forms.toml").read_text())["forms"]
    tracks = tomllib.loads((CATALOGUE / "4-tracks.toml").read_text())["tracks"]
    general = next(form for form in forms if form["code"] == "general")
    asked = {item["question"]: item.get("required", True) for item in general["items"]}
    by_track = {
        track["slug"]: [row for row in track["rubric"]["criteria"] if "motivation_risk" in row["questions"]]
        for track in tracks
    }

    assert asked["motivation_risk"] is True
    assert [slug for slug, rows in by_track.items() if not sum(row["weight"] for row in rows)] == []
    assert "mission_alignment" in {row["code"] for row in by_track["empirical"]}


@pytest.mark.requirement(37)
def test_reader_sees_beside_each_criterion_which_answers_it_rests_on(world: World) -> None:
    application = factories.under_review(world)
    reviewing.assign(world)
    assignment = reviewing.of(application).review_assignments.order_by("pk").first()
    client = Client()
    client.force_login(assignment.reviewer)
    with clock.at(world.moments["review"]):
        page = client.get(f"/review/{assignment.public_id}/").content.decode()

    assert page.count("data-evidence") == 3
    assert "For: Mission_alignment, Links" in page


@pytest.mark.requirement(37)
def test_form_that_leaves_a_criterion_without_an_answer_is_reported_and_not_published(world: World) -> None:
    draft = start_draft(form=world.cycle.general_form, by=None)
    draft.items.filter(question__kind__in=["short_text", "long_text"]).update(max_words=50)
    assert report(draft)[-1].findings == ()
    assert {source.questions for source in sources_with(draft)} == {("why",), ("proof", "why")}
    draft.items.filter(question__code="why").delete()

    line = report(draft)[-1]
    assert (line.n, line.findings) == (
        4,
        tuple(
            f"“Mission_alignment” of the rubric “{name} review” would rest on no answer that its readers get"
            for name in ("Empirical", "Theory")
        ),
    )
    with pytest.raises(Refused, match="not ready"):
        publish_version(version=draft, by=None, test=findings)


def test_an_answer_that_readers_do_not_get_is_no_source(world: World) -> None:
    track = world.tracks["empirical"]
    track.blind_fields = ["none"]
    track.save()

    gaps = [one.rubric for one in sources_with(world.cycle.general_form.versions.get()) if one.finding]

    assert gaps == ["Empirical review"] * 2

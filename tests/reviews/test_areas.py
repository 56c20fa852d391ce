"""Areas of a stream: applicants choose, readers filter, and only the chosen areas' criteria are scored."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.streams import add_stream, choose_areas, submit_stream_application
from applications.models import Answer, AnswerSnapshot, Application, StreamApplication
from applications.states import StreamApplicationState
from core import clock, editions
from core.refusals import Refused
from mats_portal.desk.self_test import findings, report
from questions.models import FormItem
from questions.states import QuestionKind
from reviews.domain.rubrics import RubricText, save_track_rubric
from reviews.models import Review
from reviews.queries.rubric_checks import surroundings_of
from reviews.queries.rubrics import criteria_for
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.factories import criterion
from tests.worlds import World, question


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def score_areas(world: World) -> None:
    """Give the empirical track a rubric of which two criteria hang on the areas of stream beta."""
    area = {"stream_slug": "beta", "question_codes": ["why"]}
    text = RubricText(
        "Empirical review",
        2,
        [
            criterion("motivation", 100, question_codes=["why"]),
            criterion("northern", 25, area_code="north", **area),
            criterion("southern", 25, area_code="south", **area),
        ],
    )
    save_track_rubric(track=world.tracks["empirical"], text=text, by=None)


def who_chose(world: World, who: str, *areas: str) -> Application:
    """Make an application under review that chose these areas of beta; without any, one to alpha."""
    if not areas:
        return applying.under_review(world, who)
    application = applying.in_stage2(world, who)
    row = applying.stream_draft(world, application, "beta")
    with clock.at(world.moments["stage2"]):
        chosen = list(row.stream.areas.filter(code__in=areas))
        choose_areas(stream_application=row, areas=chosen, by=application.person)
        submit_stream_application(stream_application=row, by=application.person, acknowledged=("agreement",))
    applying.evaluation_submitted(world, application)
    with clock.at(world.moments["review"]):
        return applying.close_stage2(application=application)


@pytest.mark.requirement(70)
def test_only_the_criteria_of_the_chosen_areas_are_shown_and_scored(world: World) -> None:
    score_areas(world)
    south, both, none = (
        who_chose(world, "applicant", "south"),
        who_chose(world, "other applicant", "north", "south"),
        who_chose(world, "third applicant"),
    )
    factories.assign(world)
    first = {app.pk: factories.readings_of(factories.of(app))[0] for app in (south, both, none)}

    assert [row.code for row in criteria_for(first[south.pk])] == ["motivation", "southern"]
    assert [row.code for row in criteria_for(first[both.pk])] == ["motivation", "northern", "southern"]
    assert [row.code for row in criteria_for(first[none.pk])] == ["motivation"]

    reading = first[south.pk]
    url, client = f"/review/{reading.public_id}/", client_of(reading.reviewer)
    typed = {"confidence": "high", "feedback_public": "Say what failed.", "version": "0", "act": "next"}
    with clock.at(world.moments["review"]):
        page = client.get(url).content.decode()
        missing = client.post(url, {**typed, "score-motivation": "4"})
        done = client.post(url, {**typed, "score-motivation": "4", "score-southern": "2", "score-northern": "5"})

    assert "Southern" in page
    assert "Northern" not in page
    assert (missing.status_code, done.status_code) == (422, 302)
    assert "Score “Southern” or choose “cannot tell”" in missing.content.decode()
    assert Review.objects.get().mean == Decimal("3.600")  # (100*4 + 25*2) / 125
    assert set(Review.objects.get().scores.values_list("criterion__code", flat=True)) == {"motivation", "southern"}
    with clock.at(world.moments["review"]):
        queue = re.sub(r"<[^>]+>", "", client.get("/review/").content.decode())
    assert "2 of 2" in queue, "what is not asked for does not count as missing"
    with pytest.raises(Refused, match="no such criterion"):
        factories.review(world, first[none.pk], scores={"motivation": 4, "northern": 5})


@pytest.mark.requirement(70)
def test_everybody_reads_which_criteria_hang_on_an_area(world: World) -> None:
    score_areas(world)

    page = re.sub(r"\s+", " ", Client().get("/tracks/empirical/").content.decode())

    assert "Only if you choose the area “Stream Beta: North”; it counts beside the others." in page
    rubric = world.tracks["empirical"].rubrics.get(state="published")
    assert set(surroundings_of(rubric).areas) == {"beta/north", "beta/south"}


@pytest.mark.requirement(69)
def test_no_area_is_said_beside_the_field_and_nothing_typed_is_lost(world: World) -> None:
    application = applying.in_stage2(world)
    with clock.at(world.moments["stage2"]):
        row = add_stream(application=application, stream=world.streams["beta"], by=application.person)
        item = FormItem.objects.get(version__form=row.stream.form)
        client = client_of(application.person)
        typed = {f"answer-{item.pk}": "It fits well", f"version-{item.pk}": "0", "has-areas": "yes", "submit": "yes"}
        answer = client.post("/my/streams/beta/", {**typed, "acknowledged": "agreement"})
        html = answer.content.decode()
        with pytest.raises(Refused, match="at least one area"):
            submit_stream_application(stream_application=row, by=application.person, acknowledged=("agreement",))
        foreign = {**typed, "areas": ["x" * 500, "\x00"], f"version-{item.pk}": "1", "acknowledged": "agreement"}
        hostile = client.post("/my/streams/beta/", foreign)

    assert (answer.status_code, hostile.status_code) == (422, 422)
    assert '<p id="error-areas" class="field-error">Choose at least one area of this stream</p>' in html
    assert '<a href="#field-areas">' in html
    assert "It fits well" in html
    assert Answer.objects.get(question__code="fit").value == "It fits well"
    assert StreamApplication.objects.get().internal_state == StreamApplicationState.DRAFT


def ask_of(world: World, area: str) -> FormItem:
    """Ask a question of those alone who choose this area of beta."""
    version = world.streams["beta"].form.versions.get()
    asked = question(f"about-{area}", QuestionKind.SHORT_TEXT)
    condition = {"question": "areas", "in": [area]}
    return FormItem.objects.create(
        version=version,
        question=asked,
        order=version.items.count() + 1,
        section="questions",
        max_words=20,
        visible_if=condition,
    )


@pytest.mark.requirement(69)
def test_a_question_of_an_area_is_asked_of_those_alone_who_choose_it(world: World) -> None:
    item, application = ask_of(world, "south"), applying.in_stage2(world)
    north, south = world.streams["beta"].areas.order_by("code")
    with clock.at(world.moments["stage2"]):
        row = applying.stream_draft(world, application, "beta")
        Answer.objects.filter(question=item.question).delete()
        client, url = client_of(application.person), "/my/streams/beta/"
        page = client.get(url).content.decode()
        choice = {"has-areas": "yes", "submit": "yes", "acknowledged": "agreement"}
        wanting = client.post(url, {**choice, "areas": [north.public_id, south.public_id]})
        typed = {f"answer-{item.pk}": "Tides", f"version-{item.pk}": "0"}
        client.post(url, {**typed, "has-areas": "yes", "areas": [south.public_id], "to-list": "yes"})
        client.post(url, {**choice, "areas": [north.public_id]})

        assert "Asked only if you choose the area “South”." in page
        assert 'data-show-if="areas" data-show-in="south"' in page
        assert 'data-shows="south"' in page
        assert wanting.status_code == 422
        assert f'href="#field-{item.pk}"' in wanting.content.decode()
        row.refresh_from_db()
        assert row.internal_state == StreamApplicationState.SUBMITTED
        handed_in = AnswerSnapshot.objects.get(scope="stream")
        codes = [one["code"] for part in handed_in.content for one in part["items"]]
        assert sorted(codes) == ["areas", "fit"], "what is not asked is kept and not handed in"
        assert Answer.objects.get(question=item.question).value == "Tides"

        client.post("/my/streams/beta/reopen/")
        client.post(url, {**choice, "areas": [south.public_id]})
        latest = AnswerSnapshot.objects.filter(scope="stream").order_by("-pk").first()
        assert "about-south" in [one["code"] for part in latest.content for one in part["items"]]


def test_form_that_waits_for_an_unknown_area_is_reported(world: World) -> None:
    ask_of(world, "south")
    ask_of(world, "moon")
    version = world.streams["beta"].form.versions.get()

    assert "“about-moon” waits for “moon”, which is no area of its streams." in findings(version)
    names = [check.name for check in report(version)]
    assert "Each area that a question waits for is one of its streams'" in names
    version.items.filter(question__code="about-moon").delete()
    assert [finding for check in report(version) for finding in check.findings] == []


@pytest.mark.requirement(69)
def test_readers_filter_by_area_and_go_on_within_it(world: World) -> None:
    world.cycle.reviews_per_application = 3
    world.cycle.save()
    chose = {"applicant": ("south",), "other applicant": ("north",), "third applicant": ()}
    made = {who: who_chose(world, who, *areas) for who, areas in chose.items()}
    factories.assign(world)
    reader = world.people["reviewer a"]
    client = client_of(reader)
    of_applicant = Q(track_application__application=made["applicant"]) | Q(evaluation__application=made["applicant"])
    wanted = set(reader.review_assignments.filter(of_applicant).values_list("label", flat=True))
    with clock.at(world.moments["review"]):
        everything = client.get("/review/").content.decode()
        south = client.get("/review/?area=beta/south").content.decode()
        unknown = client.get("/review/?area=beta/moon").content.decode()
        seen = set()
        for _ in range(2):
            following = client.post("/review/next/", {"area": "beta/south"})
            page = client.get(following.headers["Location"]).content.decode()
            label = re.search(r"<h1>#([A-Z]-\d+)", page)[1]
            seen.add(label)
            assert 'name="area" value="beta/south"' in page
            key = following.headers["Location"].split("/")[2]
            client.post("/review/next/", {"area": "beta/south", "skip": key})

    assert "All texts (6)" in everything
    assert "Stream Beta: South (2)" in everything
    assert "<strong>6</strong> left" in everything
    assert "<strong>2</strong> left" in south
    assert "<strong>6</strong> left" in unknown
    assert seen == wanted


def test_filtering_the_queue_costs_the_same_for_one_and_for_many(world: World) -> None:
    world.cycle.reviews_per_application = 3
    world.cycle.save()
    client = client_of(world.people["reviewer a"])

    def costs() -> list[int]:
        counted = []
        for url in ("/review/", "/review/?area=beta/south"):
            editions.forget()
            with clock.at(world.moments["review"]), CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counted.append(len(queries))
        return counted

    who_chose(world, "applicant", "south")
    factories.assign(world)
    one = costs()
    who_chose(world, "other applicant", "south", "north")
    who_chose(world, "third applicant", "south")
    factories.assign(world)

    assert costs() == one


@pytest.mark.requirement(69)
def test_mentors_filter_their_people_by_area(world: World) -> None:
    for who, areas in {"applicant": ["south"], "other applicant": ["north", "south"]}.items():
        application = who_chose(world, who, *areas)
        application.stream_applications.update(internal_state="in_stream_review", released_state="in_stream_review")
    client = client_of(world.people["beta mentor"])

    def shown(url: str) -> set[str]:
        page = client.get(url).content.decode()
        return {who for who in ("Applicant", "Other Applicant") if f"<bdi>{who}</bdi>" in page}

    with clock.at(world.moments["advanced"]):
        page = re.sub(r"<[^>]+>", "", client.get("/mentor/").content.decode())
        assert "Everybody (2)" in page
        assert "North (1)" in page
        assert "North, South" in page
        assert shown("/mentor/") == {"Applicant", "Other Applicant"}
        assert shown("/mentor/?area=beta/north") == {"Other Applicant"}
        assert shown("/mentor/?area=beta/south") == {"Applicant", "Other Applicant"}
        assert shown("/mentor/?area=beta/moon") == {"Applicant", "Other Applicant"}

"""What staff do with rubrics in the browser, and what readers see of a new version."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, editions
from reviews.domain.rubrics import change_rubric_draft, publish_rubric, save_evaluation_rubric, start_rubric_draft
from reviews.models import Review, ReviewAssignment, Rubric
from reviews.queries.rubric_texts import RubricText, text_of
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.test_rubrics import draft_of, evident, published
from tests.worlds import World


@pytest.fixture
def rubric(world: World) -> Rubric:
    """Return the rubric in force of the empirical track."""
    return Rubric.objects.get(track=world.tracks["empirical"])


@pytest.fixture
def staff(world: World) -> Client:
    """Return somebody of the staff at the browser."""
    return signed_in(world, "staff a")


def signed_in(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def count_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def posted(text: RubricText, saved: int, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends of the form of a draft, its empty last criterion included."""
    low, high = text.scale
    data: dict[str, Any] = {
        "title": text.title, "note": text.note, "scale_min": low, "scale_max": high, "edits": saved,
        "c-TOTAL_FORMS": len(text.criteria) + 1, "c-INITIAL_FORMS": len(text.criteria),
        "c-MIN_NUM_FORMS": 0, "c-MAX_NUM_FORMS": 30,
        f"c-{len(text.criteria)}-group_rule": "sum",
    }  # fmt: skip
    for number, row in enumerate(text.criteria):
        data |= {
            f"c-{number}-code": row.code, f"c-{number}-name": row.name, f"c-{number}-order": number + 1,
            f"c-{number}-weight": str(row.weight), f"c-{number}-help": row.help, f"c-{number}-group": row.group,
            f"c-{number}-group_rule": row.group_rule, f"c-{number}-area": row.area,
            f"c-{number}-questions": row.question_codes,
            **{f"c-{number}-level-{level}": words for level, words in row.anchors.items()},
        }  # fmt: skip
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def begun_draft(rubric: Rubric) -> tuple[Rubric, str]:
    draft = draft_of(rubric)
    return draft, f"/console/setup/rubrics/{draft.public_id}/edit/"


def test_list_tells_what_was_read_by_each_version(world: World, rubric: Rubric, staff: Client) -> None:
    application = applying.under_review(world)
    factories.assign(world)
    factories.review(world, factories.readings_of(factories.of(application))[0])
    published(rubric)

    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", staff.get("/console/setup/rubrics/").content.decode()))

    assert "Autumn 2026" in page
    assert "Empirical , version 2 Central review 2 ✓ In force 3 0 0 0" in page
    assert "Empirical , version 1 Central review 1 – Retired 3 1 0 1" in page
    assert "Coding task , version 1 Grading of the task 1 ✓ In force 2 0 0 2" in page


def test_list_and_page_cost_the_same_with_more_versions(world: World, rubric: Rubric, staff: Client) -> None:
    urls = ["/console/setup/rubrics/", f"/console/setup/rubrics/{rubric.public_id}/"]

    def costs() -> list[int]:
        editions.forget()
        return [count_queries(staff, url) for url in urls]

    latest = published(rubric)
    one = costs()
    for _ in range(3):
        latest = published(latest)
    for version in (2, 3):
        text = RubricText("Coding task", version, [factories.criterion("correct", 100)])
        save_evaluation_rubric(definition=world.evaluation, text=text, by=None)

    assert costs() == one
    assert one[0] <= 9


def test_editing_in_the_browser_keeps_what_is_not_touched(world: World, rubric: Rubric, staff: Client) -> None:
    answer = staff.post(f"/console/setup/rubrics/{rubric.public_id}/draft/")
    draft = Rubric.objects.get(state="draft")
    url = f"/console/setup/rubrics/{draft.public_id}/edit/"
    assert (answer.status_code, answer.headers["Location"]) == (302, url)

    unchanged = staff.post(url, posted(text_of(draft), 0))
    assert unchanged.status_code == 302
    assert text_of(Rubric.objects.get(pk=draft.pk)) == text_of(draft)

    n = len(text_of(draft).criteria)
    new = {
        f"c-{n}-name": "Taste in research", f"c-{n}-weight": "10", f"c-{n}-questions": ["why", "method"],
        f"c-{n}-order": 1, f"c-{n}-level-1": "none", f"c-{n}-level-3": "some", f"c-{n}-level-5": "much",
        "c-0-weight": "30", "c-1-level-5": "runs\r\nand is tested", "c-2-DELETE": "on", "c-1-group": "",
        "c-1-group_rule": "sum", "c-0-questions": ["why"], "c-1-questions": ["method"],
    }  # fmt: skip
    saved = staff.post(url, posted(text_of(draft), 1, **new), follow=True).content.decode()

    text = text_of(Rubric.objects.get(pk=draft.pk))
    assert [row.code for row in text.criteria] == ["taste-in-research", "motivation", "code"]
    assert text.criteria[2].anchors["5"] == "runs\nand is tested"
    assert "The draft is saved" in saved
    assert "Criterion taken out" in saved
    assert "<del>40 %</del>" in saved
    assert "<ins>30 %</ins>" in saved


def test_two_editors_get_both_copies_and_the_second_may_choose(world: World, rubric: Rubric, staff: Client) -> None:
    draft, url = begun_draft(rubric)
    seen = text_of(draft)
    other = signed_in(world, "staff b")
    other.post(url, posted(seen, 1, title="Theirs", **{"c-2-DELETE": "on"}))

    answer = staff.post(url, posted(seen, 1, title="Mine", **{"c-0-name": "My motivation"}))
    html = answer.content.decode()

    assert answer.status_code == 409
    assert "Somebody else saved this draft" in html
    assert "<del>Mine</del>" in html
    assert "<ins>Theirs</ins>" in html
    assert "Criterion taken out" in html
    assert 'value="My motivation"' in html
    assert Rubric.objects.get(pk=draft.pk).title == "Theirs"

    edits = re.search(r'name="edits" value="(\d+)"', html)
    again = staff.post(url, posted(seen, int(edits[1]), title="Mine"))
    assert again.status_code == 302
    assert text_of(Rubric.objects.get(pk=draft.pk)).title == "Mine"
    assert len(text_of(Rubric.objects.get(pk=draft.pk)).criteria) == 3


UGLY = [
    ({f"c-{n}-DELETE": "on" for n in range(3)}, "A rubric has at least one criterion"),
    ({"scale_min": "5", "scale_max": "5"}, "The highest level must be above the lowest, which is 5"),
    ({"scale_min": "6", "scale_max": "2"}, "The highest level must be above the lowest, which is 6"),
    ({"scale_max": "99"}, "The highest level is from 2 to 9"),
    ({"scale_min": "0"}, "The lowest level is from 1 to 8"),
    ({"c-0-level-3": "x" * 20_000}, "Criterion 1: Ensure this value has at most 600 characters"),
    ({"c-1-name": ""}, "Criterion 2: Give the criterion a name"),
    ({"c-1-weight": "-5"}, "Criterion 2: Ensure this value is greater than or equal to 0.01"),
    ({"c-1-weight": "NaN"}, "Criterion 2: Enter a number"),
    ({"c-1-questions": ["moon"]}, "moon is not one of the available choices"),
    ({"title": "   "}, "Give the rubric a title"),
    ({"c-2-code": "motivation"}, "Two criteria have the same code"),
    ({"c-TOTAL_FORMS": "5000"}, "Please submit at most 30 forms"),
    ({"c-TOTAL_FORMS": None}, "Management data are missing"),
    ({"c-TOTAL_FORMS": "-1"}, "A rubric has at least one criterion"),
    ({"edits": "x" * 40}, "Enter a whole number"),
]


def test_what_cannot_be_saved_stays_on_the_page(world: World, rubric: Rubric, staff: Client) -> None:
    draft, url = begun_draft(rubric)
    before = text_of(draft)

    for changes, sentence in UGLY:
        answer = staff.post(url, posted(before, 1, **{"note": "A note <b>that</b> stays", **changes}))
        html = answer.content.decode()

        assert answer.status_code in {409, 422}, changes
        assert sentence in html, changes
        assert "A note &lt;b&gt;that&lt;/b&gt; stays" in html, changes

    assert text_of(Rubric.objects.get(pk=draft.pk)) == before


def test_levels_off_a_narrowed_scale_stay_until_somebody_empties_them(
    world: World, rubric: Rubric, staff: Client
) -> None:
    draft, url = begun_draft(rubric)
    staff.post(url, posted(text_of(draft), 1, scale_max="3"))

    html = staff.get(url).content.decode()
    assert "Level 5 means" in html
    page = staff.get(f"/console/setup/rubrics/{draft.public_id}/publish/").content.decode()
    assert "describes level 5, which is not on the scale 1 to 3" in page
    assert "Publish version 2</button>" not in page


def test_publish_page_says_how_many_readings_do_what_and_does_it(world: World, rubric: Rubric, staff: Client) -> None:
    begun, _ = applying.under_review(world), applying.under_review(world, "other applicant")
    factories.assign(world)
    factories.review(world, factories.readings_of(factories.of(begun))[0])
    draft, _ = begun_draft(rubric)
    url = f"/console/setup/rubrics/{draft.public_id}/publish/"

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", staff.get(url).content.decode()))
    assert "1 text nobody has begun takes version 2, for all readers 2 readings that wait" in words
    assert (
        "1 text somebody has begun keeps the version it is read by, for all readers 1 handed in, 0 begun, 1 waiting"
        in words
    )

    stale = staff.post(url, {"edits": "0"})
    assert stale.status_code == 409
    done = staff.post(url, {"edits": "1"}, follow=True).content.decode()
    assert "Version 2 is in force. 2 readings that were not begun take it." in done
    assert staff.post(url, {"edits": "1"}).status_code == 409, "once is enough"
    assert staff.post(f"/console/setup/rubrics/{draft.public_id}/edit/", {}).status_code == 409
    assert staff.post(f"/console/setup/rubrics/{draft.public_id}/discard/").status_code == 409
    assert staff.get(f"/console/setup/rubrics/{draft.public_id}/edit/").status_code == 302


def test_nobody_but_staff_gets_to_the_rubrics(world: World, rubric: Rubric) -> None:
    paths = ("", f"{rubric.public_id}/", f"{rubric.public_id}/edit/", f"{rubric.public_id}/publish/")
    for who in ("applicant", "reviewer a", "empirical lead", "alpha mentor", "observer"):
        client = signed_in(world, who)
        assert {client.get(f"/console/setup/rubrics/{path}").status_code for path in paths} <= {403, 404}, who
    control = signed_in(world, "staff b")
    assert control.get("/console/setup/rubrics/").status_code == 200


def test_reader_whose_page_is_of_the_older_version_keeps_the_words_and_scores_anew(
    world: World, rubric: Rubric
) -> None:
    applying.under_review(world)
    factories.assign(world)
    assignment = ReviewAssignment.objects.filter(rubric=rubric).first()
    client, url = Client(), f"/review/{assignment.public_id}/"
    client.force_login(assignment.reviewer)
    typed = {
        "score-motivation": "5", "score-code": "0", "confidence": "high", "version": "0", "act": "next",
        "feedback_public": "Say what failed in the second run.", "note_internal": "mine",
    }  # fmt: skip
    with clock.at(world.moments["review"]):
        page = client.get(url).content.decode()
        seen = re.search(r'name="rubric" value="([^"]+)"', page)[1]
        new = published(rubric)
        answer = client.post(url, {**typed, "rubric": seen})
        html = answer.content.decode()

        assert answer.status_code == 409
        assert "A new version of the rubric came into force" in html
        assert "You had chosen: Motivation 5, Code cannot tell." in html
        assert "Say what failed in the second run." in html
        assert "Version 2 of the rubric" in html
        assert not re.search(r'name="score-\w+" value="\d" data-key="\d" checked', html)
        assert not Review.objects.exists()
        again = client.post(url, {**typed, "rubric": new.public_id, "score-maths": "2"})

    assert again.status_code == 302
    assert str(Review.objects.get().mean) == "3.200"


def test_publishing_shows_on_the_public_page_at_once_and_a_draft_does_not(world: World, rubric: Rubric) -> None:
    draft = start_rubric_draft(rubric=rubric, by=None)
    text = evident(text_of(draft))
    first = text.criteria[0].__class__(**{**text.criteria[0].__dict__, "name": "Reasons"})
    draft = change_rubric_draft(
        rubric=draft, text=RubricText(text.title, 2, [first, *text.criteria[1:]]), edits=0, by=None
    )
    visitor = Client()

    pages = ("/how-it-works/", "/tracks/empirical/")

    for page in pages:
        assert "Reasons" not in visitor.get(page).content.decode()
    publish_rubric(rubric=draft, edits=draft.edits, by=None)

    for page in pages:
        assert "Reasons" in visitor.get(page).content.decode()


def test_everybody_reads_what_readers_look_for_and_applicants_are_led_there(world: World, rubric: Rubric) -> None:
    page = Client().get("/tracks/empirical/").content.decode()
    shown = page[page.index('id="criteria"') :]
    application = applying.draft(world, tracks=("empirical",))
    applicant = Client()
    applicant.force_login(application.person)
    with clock.at(world.moments["open"]):
        check = applicant.get("/my/application/check/").content.decode()

    assert "a level from 1 to 5" in shown
    assert "Motivation" in shown
    assert "some of it, with gaps" in shown
    assert "Of this and “Maths” only the best counts." in shown
    assert 'href="/tracks/empirical/#criteria"' in check
    assert "#criteria" not in check.replace("/tracks/empirical/#criteria", "")

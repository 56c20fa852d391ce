"""Practice before reading: scored like a review, compared with a reference, and private."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from reviews.domain.practice import score_practice, start_practice
from reviews.engine.practice import Difference, difference, words
from reviews.models import PracticeItem, PracticeRound, PracticeScore, Review, ReviewAssignment
from streams.models import Cycle
from tests.reviews import factories
from tests.reviews.test_blindness import TOKENS
from tests.reviews.test_pages import COMPLETE, assigned, signed_in  # noqa: F401 -- a fixture
from tests.worlds import World

LEVELS = {"score-motivation": "2", "score-code": "4", "score-maths": "0"}


@pytest.fixture
def item(world: World) -> PracticeItem:
    return factories.add_practice(world)


def test_reviewer_practises_the_whole_set_and_reads_where_they_differ(world: World, item: PracticeItem) -> None:
    client = signed_in(world, "reviewer a")
    track = world.tracks["empirical"].public_id
    with clock.at(world.moments["review"]):
        assert "Begin the practice" in client.get(f"/review/calibration/{track}/").content.decode()
        first = client.post(f"/review/calibration/{track}/start/")["Location"]
        before = client.get(first).content.decode()
        missing = client.post(first, {"score-motivation": "2"})
        compared = client.get(client.post(first, LEVELS)["Location"]).content.decode()
        second = client.post(f"/review/calibration/{track}/start/")["Location"]
        client.post(second, LEVELS)
        ended = client.get(f"/review/calibration/{track}/").content.decode()
        again = client.post(f"/review/calibration/{track}/start/")["Location"]

    assert first == f"/review/calibration/texts/{item.public_id}/" != second
    assert "Because of 1." in before
    assert "A reason for text 1." not in before, "the reference comes after the own score"
    assert "Text 1: Text 1" not in before, "nor does the title, which says what to think"
    assert missing.status_code == 422
    assert "Score “Code” or choose “cannot tell”" in missing.content.decode()
    assert "A reason for text 1." in compared
    assert "You are 1.0 stricter than the reference on Motivation. Read anchor 3 again." in ended
    assert "As the reference on Code." in ended
    assert again == first
    rounds = PracticeRound.objects.order_by("number")
    assert [(row.number, row.finished_at is None) for row in rounds] == [(1, False), (2, True)]


def test_item_is_scored_once_a_round_and_never_without_one(world: World, item: PracticeItem) -> None:
    reader, levels = world.people["reviewer a"], {"motivation": 2, "code": 4, "maths": None}
    with pytest.raises(Refused, match="Begin a round"):
        score_practice(item=item, scores=levels, by=reader)
    start_practice(track=world.tracks["empirical"], by=reader)
    start_practice(track=world.tracks["empirical"], by=reader)

    score_practice(item=item, scores=levels, by=reader)
    score_practice(item=item, scores={**levels, "motivation": 3}, by=reader)
    with pytest.raises(Refused, match="scored from 1 to 5"):
        score_practice(item=PracticeItem.objects.get(code="text-2"), scores={**levels, "code": 6}, by=reader)

    assert PracticeRound.objects.count() == 1
    assert [score.levels for score in PracticeScore.objects.all()] == [levels]


def test_practice_of_others_and_of_foreign_tracks_is_hidden(world: World, item: PracticeItem) -> None:
    track, theory = world.tracks["empirical"].public_id, world.tracks["theory"].public_id
    world.people["reviewer c"].grants.filter(scope_key=track).update(revoked_at=world.moments["open"])
    factories.practise(world.people["reviewer a"], item, motivation=5)

    foreign, other = signed_in(world, "reviewer c"), signed_in(world, "reviewer b")

    assert foreign.get(f"/review/calibration/texts/{item.public_id}/").status_code == 404
    assert foreign.get(f"/review/calibration/{track}/").status_code == 404
    assert other.get(f"/review/calibration/{theory}/").status_code == 404, "a track without a set"
    assert "A reason for text 1." not in other.get(f"/review/calibration/texts/{item.public_id}/").content.decode()
    assert signed_in(world, "applicant").get("/review/calibration/").status_code == 403
    assert signed_in(world, "reviewer a").get(f"/review/calibration/{track}/").status_code == 200


def test_lead_learns_that_it_is_done_and_not_what_was_scored(world: World, item: PracticeItem) -> None:
    lead = signed_in(world, "empirical lead")
    with clock.at(world.moments["review"]):
        nothing = TOKENS.sub(b"", lead.get("/lead/").content)
        factories.practise(world.people["reviewer a"], item)
        done = TOKENS.sub(b"", lead.get("/lead/").content)
        PracticeScore.objects.update(levels={"motivation": 1, "code": 1, "maths": 1})

        assert TOKENS.sub(b"", lead.get("/lead/").content) == done
    assert nothing != done, "the control: that it is done does show"
    assert b'<td data-label="Practice">done</td>' in done
    details = AuditEvent.objects.get(verb="finish_practice")
    assert "levels" not in str(details.details) + str(details.after)


def test_required_practice_comes_before_the_first_review(
    world: World,
    item: PracticeItem,
    assigned: ReviewAssignment,  # noqa: F811 -- the fixture
) -> None:
    Cycle.objects.update(practice_required=True)
    client, url = signed_in(world, "reviewer a"), f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        assert "The reviews of this track wait until it is done" in client.get("/review/").content.decode()
        for act in ("next", "draft"):
            refused = client.post(url, {**COMPLETE, "act": act})
            assert refused.status_code == 409
            assert "Do the practice set of this track first: 2 invented texts" in refused.content.decode()
            assert "You named a failure and fixed it." in refused.content.decode(), "what was typed stays"
        assert not Review.objects.exists()
        factories.practise(world.people["reviewer a"], item)

        assert client.post(url, {**COMPLETE, "act": "next"}).status_code == 302
        assert "Practise Empirical" not in client.get("/review/").content.decode()


def test_queue_asks_for_practice_until_a_text_of_the_track_is_begun(
    world: World,
    item: PracticeItem,
    assigned: ReviewAssignment,  # noqa: F811 -- the fixture
) -> None:
    client = signed_in(world, "reviewer a")
    with clock.at(world.moments["review"]):
        assert "Practise Empirical" in client.get("/review/").content.decode()
        client.post(f"/review/{assigned.public_id}/", {**COMPLETE, "act": "draft"})

        page = client.get("/review/").content.decode()
    assert "Practise Empirical</h2>" not in page
    assert "Empirical</a>: not done" in page


def test_practice_page_costs_the_same_for_two_and_for_six_items(world: World, item: PracticeItem) -> None:
    client: Client = signed_in(world, "reviewer a")
    costs = []
    for n in (2, 6):
        factories.add_practice(world, n)
        factories.practise(world.people["reviewer a"], item)
        for url in (
            f"/review/calibration/{world.tracks['empirical'].public_id}/",
            f"/review/calibration/texts/{item.public_id}/",
        ):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            costs.append(len(queries))

    assert costs[:2] == costs[2:]
    assert max(costs) <= 14


def test_differences_are_told_in_words() -> None:
    stricter = difference([(2, 3), (3, 3), (1, 3), (None, 4), (3, None)])

    assert stricter == Difference(mean=-1.0, level=3, n=3, unsure=1, too_sure=1)
    assert words("Taste", stricter, [1, 3, 5]) == (
        "You are 1.0 stricter than the reference on Taste. Read anchor 3 again. Once you could not tell where the "
        "reference gives a level. Once you gave a level where the text does not say enough."
    )
    assert words("Taste", difference([(4, 4)]), [1, 3, 5]) == "As the reference on Taste."
    assert words("Taste", difference([(5, 4), (3, 4)]), [1, 3, 5]).startswith("On the whole as the reference")
    assert words("Taste", difference([]), [1, 3, 5]) == "Nothing to compare on Taste."


def test_set_of_a_track_follows_the_catalogue(world: World, item: PracticeItem) -> None:
    factories.add_practice(world, 1)

    assert [row.code for row in PracticeItem.objects.all()] == ["text-1"]

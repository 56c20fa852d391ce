"""Readings side by side: never before the own one, never of other texts, and what is asked of readers far apart."""

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from core.models import OutboxMail
from core.refusals import Refused
from reviews.domain.comparing import explain_levels
from reviews.domain.further import ask_further_reads
from reviews.models import EarlierLevels, Explanation, FurtherRead, Review, ReviewAssignment
from reviews.queries.checks import problems
from reviews.queries.comparing import compare_page, far_targets, far_texts, is_asked
from reviews.queries.queue import queue
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.test_blindness import seen_by
from tests.worlds import World

LINES = {"motivation": "They name one risk.", "code": "The repository runs.", "maths": "There is a proof of it."}


@pytest.fixture
def pair(world: World) -> list[ReviewAssignment]:
    """Return the two readings of one application, neither of them written."""
    application = applying.under_review(world)
    factories.assign(world)
    return factories.readings_of(factories.of(application))


def look(world: World, user: User, assignment: ReviewAssignment) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    with clock.at(world.moments["review"]):
        answer = client.get(f"/review/{assignment.public_id}/compare/")
    return answer.status_code, answer.content.decode()


def explain(world: World, assignment: ReviewAssignment, **fields: bool) -> None:
    with clock.at(world.moments["review"]):
        explain_levels(assignment=assignment, texts=LINES, by=assignment.reviewer, **{"wants_further": False, **fields})


def fresh(assignment: ReviewAssignment) -> ReviewAssignment:
    return ReviewAssignment.objects.get(pk=assignment.pk)


def test_nothing_of_the_other_before_the_own_and_their_levels_after(world: World, pair: list[ReviewAssignment]) -> None:
    """The control is the second half: what was kept back is there once the own review is in."""
    own, other = pair
    factories.review(world, other, 2, note_internal="Private words", feedback_public="Name the run that failed.")
    Review.objects.filter(assignment=other).update(confidence="high")

    status, before = look(world, own.reviewer, own)
    assert (status, compare_page(own)) == (409, None)
    assert "Hand your own review in first" in before

    factories.review(world, own, 4)
    status, after = look(world, own.reviewer, own)

    assert status == 200
    assert after.count("far</span>") == 3
    assert "explains 4 against 2" in after
    for secret in (other.reviewer.display_name, other.label, "Private words", "Name the run"):
        assert secret not in after
    assert look(world, other.reviewer, own)[0] == 404
    assert look(world, world.people["theory lead"], own)[0] == 404


@pytest.mark.parametrize(("is_in", "is_same"), [(False, True), (True, False)])
def test_two_worlds_differ_in_the_others_levels(
    world: World, pair: list[ReviewAssignment], is_in: bool, is_same: bool
) -> None:
    own, other = pair
    factories.review(world, other, 4)
    if is_in:
        factories.review(world, own, 4)
    pages = ["/review/", "/review/done/", f"/review/{own.public_id}/", f"/review/{own.public_id}/compare/"]
    before = seen_by(world, own.reviewer, pages)

    Review.objects.get(assignment=other).scores.update(value=1)
    explanation = Explanation(review=Review.objects.get(assignment=other), text="Words of the other")
    explanation.criterion = other.rubric.criteria.first()
    explanation.save()

    assert (seen_by(world, own.reviewer, pages) == before) == is_same


def test_who_the_other_is_changes_nothing(world: World, pair: list[ReviewAssignment]) -> None:
    own, other = pair
    for reading, level in ((own, 4), (other, 2)):
        factories.review(world, reading, level)
    explain(world, own)
    explain(world, other)
    pages = ["/review/", f"/review/{own.public_id}/compare/"]
    before = seen_by(world, own.reviewer, pages)

    User.objects.filter(pk=other.reviewer_id).update(display_name="Reader Quite Different")
    Review.objects.filter(assignment=other).update(note_internal="Another note", feedback_public="Another sentence")

    assert seen_by(world, own.reviewer, pages) == before


def test_levels_far_apart_ask_both_for_two_lines(world: World, pair: list[ReviewAssignment]) -> None:
    first, second = pair
    factories.review(world, first, 4)
    assert not OutboxMail.objects.filter(key__startswith="compare:").exists()

    factories.review(world, second, 2)

    assert OutboxMail.objects.get(key__startswith="compare:").person == first.reviewer
    with clock.at(world.moments["review"]):
        for reading in pair:
            assert [row.public_id for row in queue(reading.reviewer).apart] == [reading.public_id]
    batch = factories.review_batch(world)
    assert "unexplained" in [problem.kind for problem in problems(batch)]

    explain(world, first)
    with clock.at(world.moments["review"]):
        assert queue(first.reviewer).apart == ()
        assert len(queue(second.reviewer).apart) == 1
    assert "There is a proof of it." not in look(world, second.reviewer, second)[1], "before the own lines"
    explain(world, second)
    assert "There is a proof of it." in look(world, second.reviewer, second)[1]
    assert "unexplained" not in [problem.kind for problem in problems(batch)]


@pytest.mark.parametrize(("difference", "other", "asks"), [(2, 3, False), (2, 2, True), (1, 3, True), (0, 1, False)])
def test_the_cycle_says_from_which_difference_on(
    world: World, pair: list[ReviewAssignment], difference: int, other: int, asks: bool
) -> None:
    world.cycle.explain_difference = difference
    world.cycle.save()

    factories.review(world, pair[0], 4)
    factories.review(world, pair[1], other)

    with clock.at(world.moments["review"]):
        assert bool(queue(pair[0].reviewer).apart) == asks
    page = compare_page(fresh(pair[0]))
    assert page is not None
    assert bool(page.far) == asks


def test_level_may_be_changed_until_the_close_and_the_first_stays_on_record(
    world: World, pair: list[ReviewAssignment]
) -> None:
    first, second = pair
    factories.review(world, first, 4)
    factories.review(world, second, 2)

    factories.review(world, first, 3)

    with clock.at(world.moments["review"]):
        assert queue(first.reviewer).apart == queue(second.reviewer).apart == ()
    kept = EarlierLevels.objects.get()
    assert (kept.levels, str(kept.mean)) == ({"motivation": 4, "code": 4, "maths": 4}, "4.000")
    assert "Yours before" in look(world, first.reviewer, first)[1]
    assert "Yours before" not in look(world, second.reviewer, second)[1]
    with clock.at(world.moments["advanced"]), pytest.raises(Refused, match="The review has closed"):
        explain_levels(assignment=first, texts=LINES, wants_further=False, by=first.reviewer)


def test_lines_are_refused_where_none_are_asked_for(world: World, pair: list[ReviewAssignment]) -> None:
    first, second = pair
    with pytest.raises(Refused, match="Hand your own review in first"):
        explain(world, first)
    factories.review(world, first, 4)
    factories.review(world, second, 4)
    with pytest.raises(Refused, match="nothing to explain"):
        explain(world, first)
    factories.review(world, second, 1)
    with clock.at(world.moments["review"]), pytest.raises(Refused, match="Write two lines about"):
        explain_levels(assignment=first, texts={"code": " "}, wants_further=False, by=first.reviewer)
    with clock.at(world.moments["review"]), pytest.raises(Refused, match="no longer yours"):
        explain_levels(assignment=first, texts=LINES, wants_further=False, by=second.reviewer)


def test_lead_sees_lines_and_outcome_without_names(world: World, pair: list[ReviewAssignment]) -> None:
    first, second = pair
    factories.review(world, first, 4)
    factories.review(world, second, 2)
    url = f"/lead/{world.tracks['empirical'].public_id}/differences/"
    client = Client()
    client.force_login(world.people["empirical lead"])

    waiting = client.get(url).content.decode()
    explain(world, first, wants_further=True)
    asked = client.get(url).content.decode()
    FurtherRead.objects.create(
        track_application=first.track_application, reason="They differ", asked_by=world.people["empirical lead"]
    )
    further = client.get(url).content.decode()
    factories.review(world, second, 4)
    settled = client.get(url).content.decode()

    assert "2 readers have not written yet" in waiting
    assert "1 reader has not written yet" in asked
    assert "a reader asks for a third" in asked
    assert "one reading more asked for" in further
    assert "no longer apart" in settled
    assert "was 2" in settled
    for name in (first.reviewer.display_name, second.reviewer.display_name):
        assert name not in settled
    other = Client()
    other.force_login(world.people["theory lead"])
    assert other.get(url).status_code == 404


def test_third_reader_sees_the_others_only_after_their_own(world: World, pair: list[ReviewAssignment]) -> None:
    factories.review(world, pair[0], 4)
    factories.review(world, pair[1], 2)
    FurtherRead.objects.create(
        track_application=pair[0].track_application, reason="They differ", asked_by=world.people["staff a"]
    )
    factories.assign(world, track="empirical")
    third = factories.readings_of(pair[0].track_application)[-1]

    assert look(world, third.reviewer, third)[0] == 409
    factories.review(world, third, 3)

    status, page = look(world, third.reviewer, third)
    assert status == 200
    assert "Reader C" in page
    assert "Settled by one reading more" in page


def test_what_is_typed_wrongly_stays_on_the_page(world: World, pair: list[ReviewAssignment]) -> None:
    factories.review(world, pair[0], 4)
    factories.review(world, pair[1], 2)
    client = Client()
    client.force_login(pair[0].reviewer)
    url = f"/review/{pair[0].public_id}/compare/"
    with clock.at(world.moments["review"]):
        half = client.post(url, {"text-code": "Half of <it>"})
        whole = client.post(url, {f"text-{code}": text for code, text in LINES.items()} | {"wants_further": "on"})
    assert (half.status_code, whole.status_code) == (422, 302)
    assert "Half of &lt;it&gt;" in half.content.decode()
    assert "Write two lines about “Maths”" in half.content.decode()
    assert set(Explanation.objects.values_list("wants_further", flat=True)) == {True}


def test_nobody_is_asked_for_lines_once_a_further_reading_has_settled_it(
    world: World, pair: list[ReviewAssignment]
) -> None:
    first, second = pair
    factories.review(world, first, 5)
    factories.review(world, second, 2)
    explain(world, second)
    batch = factories.review_batch(world)
    lead, track = world.people["empirical lead"], world.tracks["empirical"]
    ask_further_reads(track=track, rows=[first.track_application], reason="readers differ", by=lead)
    factories.assign(world, track="empirical")
    (third,) = factories.readings_of(first.track_application)[2:]
    with clock.at(world.moments["review"]):
        assert len(queue(first.reviewer).apart) == 1, "asked as long as the further reading is not in"
    assert "unexplained" in [problem.kind for problem in problems(batch)]
    assert [one.n_missing for one in far_texts(far_targets(track, lead), world.cycle)] == [1]
    mails = OutboxMail.objects.filter(key__startswith="compare:").count()

    factories.review(world, third, 2)

    with clock.at(world.moments["review"]):
        assert [queue(reading.reviewer).apart for reading in (first, second, third)] == [(), (), ()]
        assert not is_asked(third), "the one who settles it is asked neither"
    assert OutboxMail.objects.filter(key__startswith="compare:").count() == mails
    assert "unexplained" not in [problem.kind for problem in problems(batch)]
    (text,) = far_texts(far_targets(track, lead), world.cycle)
    assert (text.n_missing, text.is_settled, text.is_apart) == (0, True, True)
    shown = look(world, second.reviewer, fresh(second))[1]
    assert "Settled by one reading more" in shown
    assert "You wrote" in shown
    assert "save these lines" not in shown
    with pytest.raises(Refused, match="has settled this"):
        explain(world, fresh(first))

"""Two worlds: change only a secret, look again; what a person gets must be the same to the byte."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from applications.models import AnswerSnapshot
from core import clock
from reviews.domain import batches, feedback
from reviews.models import DecisionBatch, FeedbackPacket, Review, ReviewAssignment
from reviews.queries.reading import review_page
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World

TOKENS = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')
REVIEWER_PAGES = ["/review/", "/review/done/", "/review/conflicts/", "/review/guide/"]


def seen_by(world: World, user: User, pages: list[str]) -> dict[str, tuple[int, bytes]]:
    """Return what ``user`` gets: status and body, without the token that differs in every answer."""
    client = Client()
    client.force_login(user)
    with clock.at(world.moments["review"]):
        answers = {page: client.get(page) for page in pages}
    return {page: (answer.status_code, TOKENS.sub(b"", answer.content)) for page, answer in answers.items()}


@pytest.fixture
def reading(world: World) -> ReviewAssignment:
    """Return the first of two readings of one application: handed in by both readers."""
    application = applying.under_review(world)
    factories.assign(world)
    factories.read(world, application, (4, 2))
    return factories.readings_of(factories.of(application))[0]


def rename_applicant(reading: ReviewAssignment) -> None:
    person = reading.track_application.application.person
    User.objects.filter(pk=person.pk).update(display_name="Somebody Quite Different", email="different@example.org")


def change_hidden_answers(reading: ReviewAssignment) -> None:
    """Change what was handed in under classes that the reader does not get."""
    for snapshot in AnswerSnapshot.objects.filter(application=reading.track_application.application):
        for section in snapshot.content:
            for item in section["items"]:
                if item["data_class"] != "none":
                    item.update(value="SECRET", display="SECRET")
        AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=snapshot.content)


def change_the_other_score(reading: ReviewAssignment) -> None:
    other = Review.objects.exclude(assignment=reading).get()
    other.scores.update(value=5)
    Review.objects.filter(pk=other.pk).update(mean=5, feedback_public="Another sentence", note_internal="Another note")


def change_the_other_reader(reading: ReviewAssignment) -> None:
    other = Review.objects.exclude(assignment=reading).get().assignment
    User.objects.filter(pk=other.reviewer_id).update(display_name="Reader Quite Different")


def decide_without_release(reading: ReviewAssignment) -> None:
    people = User.objects.in_bulk(["staff.a@example.org", "staff.b@example.org"], field_name="email")
    maker, second = people["staff.a@example.org"], people["staff.b@example.org"]
    batch = batches.create_batch(track=reading.track_application.track, gate="review", by=maker, rule_line=3)
    batches.set_outcome(decision=batch.decisions.get(), outcome="not_advance", reason="R1", by=maker)
    batch.refresh_from_db()
    batches.approve_batch(batch=batch, version=batch.version, by=second)


def check_the_notes(reading: ReviewAssignment) -> None:
    """Have the lead change what one reader wrote, leave out what the other did, and check the rest."""
    lead = User.objects.get(email="empirical.lead@example.org")
    packet = FeedbackPacket.objects.get(track_application=reading.track_application)
    first, second = packet.sentences.order_by("pk")
    first = feedback.edit_sentence(
        sentence=first, text="An unreleased sentence.", reason="", version=packet.version, by=lead
    )
    packet.refresh_from_db()
    feedback.leave_out(sentence=second, reason="Says nothing", version=packet.version, by=lead)
    packet.refresh_from_db()
    track = reading.track_application.track
    feedback.check_packets(track=track, versions={packet.public_id: packet.version}, by=lead)


FROM_REVIEWERS: dict[str, Callable[[ReviewAssignment], None]] = {
    "who the applicant is": rename_applicant,
    "answers of hidden classes": change_hidden_answers,
    "the other reader's reading": change_the_other_score,
    "who the other reader is": change_the_other_reader,
    "what was done to the notes": check_the_notes,
    "a decision that is not released": decide_without_release,
}
FROM_APPLICANTS: dict[str, Callable[[ReviewAssignment], None]] = {
    "a reading": change_the_other_score,
    "who reads": change_the_other_reader,
    "notes that are checked and not released": check_the_notes,
    "a decision that is not released": decide_without_release,
}


@pytest.mark.parametrize("secret", FROM_REVIEWERS)
@pytest.mark.requirement(38)
def test_reviewer_sees_the_same_in_both_worlds(world: World, reading: ReviewAssignment, secret: str) -> None:
    if secret == "the other reader's reading":
        # Before their own is in. What they see of it afterwards is in test_comparing.
        ReviewAssignment.objects.filter(pk=reading.pk).update(state="in_progress", submitted_at=None)
    pages = [*REVIEWER_PAGES, f"/review/{reading.public_id}/", f"/review/{reading.public_id}/conflict/"]
    before = seen_by(world, reading.reviewer, pages)
    assert {status for status, _ in before.values()} == {200}

    FROM_REVIEWERS[secret](reading)

    assert seen_by(world, reading.reviewer, pages) == before


@pytest.mark.parametrize("secret", FROM_APPLICANTS)
@pytest.mark.requirement(21)
def test_applicant_sees_the_same_in_both_worlds(world: World, reading: ReviewAssignment, secret: str) -> None:
    pages = ["/my/", "/my/application/", "/my/streams/", "/my/result/", "/my/feedback/", "/my/history/"]
    before = seen_by(world, world.people["applicant"], pages)
    assert before["/my/result/"][0] == before["/my/"][0] == 200

    FROM_APPLICANTS[secret](reading)

    assert seen_by(world, world.people["applicant"], pages) == before


CONTROLS: dict[str, Callable[[ReviewAssignment], None]] = {
    "who the applicant is": rename_applicant,
    "a reading": change_the_other_score,
    "a decision that is not released": decide_without_release,
}


AFTER_THE_RELEASE: dict[str, Callable[[ReviewAssignment], None]] = {
    "a reading": change_the_other_score,
    "who reads": change_the_other_reader,
}


@pytest.mark.parametrize("secret", AFTER_THE_RELEASE)
def test_what_was_handed_over_is_the_same_in_both_worlds(world: World, reading: ReviewAssignment, secret: str) -> None:
    check_the_notes(reading)
    decide_without_release(reading)
    batches.release_batch(batch=DecisionBatch.objects.get())
    before = seen_by(world, world.people["applicant"], ["/my/result/", "/my/feedback/"])
    assert b"An unreleased sentence." in before["/my/feedback/"][1], "control: now it may be read"

    AFTER_THE_RELEASE[secret](reading)

    assert seen_by(world, world.people["applicant"], ["/my/result/", "/my/feedback/"]) == before


def test_control_the_lead_does_see_the_notes(world: World, reading: ReviewAssignment) -> None:
    pages = [f"/lead/{reading.track_application.track.public_id}/feedback/?show=all"]
    before = seen_by(world, world.people["empirical lead"], pages)

    check_the_notes(reading)

    assert seen_by(world, world.people["empirical lead"], pages) != before


@pytest.mark.parametrize("secret", CONTROLS)
def test_control_staff_do_see_the_difference(world: World, reading: ReviewAssignment, secret: str) -> None:
    """The same changes show where they may: else the comparison above could not fail."""
    if secret != "a decision that is not released":
        factories.review_batch(world)
    staff = world.people["staff b"]
    pages = ["/console/decisions/", *(f"/console/decisions/{pk}/" for pk in _batches())]
    before = seen_by(world, staff, pages)

    CONTROLS[secret](reading)

    assert seen_by(world, staff, pages) != before


def _batches() -> list[str]:
    return list(DecisionBatch.objects.values_list("public_id", flat=True))


def test_control_an_open_answer_does_show_to_the_reviewer(world: World, reading: ReviewAssignment) -> None:
    url = f"/review/{reading.public_id}/"
    before = seen_by(world, reading.reviewer, [url])
    snapshot = AnswerSnapshot.objects.get(application=reading.track_application.application, scope="general")
    item = next(i for section in snapshot.content for i in section["items"] if i["code"] == "why")
    item.update(display="A changed reason")
    AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=snapshot.content)

    after = seen_by(world, reading.reviewer, [url])

    assert after != before
    assert b"A changed reason" in after[url][1]


@pytest.mark.requirement(38)
def test_neither_name_nor_hidden_answer_is_in_the_read_model(world: World, reading: ReviewAssignment) -> None:
    """Blinding is in the query: the texts are in no row that the page is made of."""
    change_hidden_answers(reading)

    page = repr(review_page(reading))

    assert "SECRET" not in page
    assert "Applicant" not in page.replace("Application", "")
    assert "applicant@example.org" not in page
    assert "I built a small test" in page

"""Questions that graders leave for an interview: kept, shown to whom they are for, and to nobody before or beside."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.states import Role, ScopeKind
from applications.models import EvaluationAssignment, StreamApplication
from core import clock
from core.refusals import Refused
from matching.queries.people import person_page
from mats_portal.desk.one_task import task_page
from reviews.domain.batches import release_batch
from reviews.domain.conflicts import record_conflict
from reviews.domain.reviews import save_review_draft, submit_review
from reviews.models import Review, ReviewAssignment
from reviews.queries.follow_ups import MAX_CHARACTERS, follow_ups_for
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, grant

ASKED = "Which run did you repeat, and why that one?"
SECOND = "What did you leave out of the table?"
TYPED = {
    "score-correct": "4",
    "score-clear": "3",
    "confidence": "high",
    "feedback_public": "You named a failure and fixed it.",
    "note_internal": "",
    "follow_up_1": ASKED,
    "follow_up_2": "",
    "version": "0",
}


@pytest.fixture
def gradings(world: World) -> list[ReviewAssignment]:
    """Return the two gradings of the applicant's task, which is of both tracks."""
    applying.under_review(world)
    factories.assign(world)
    return list(ReviewAssignment.objects.filter(evaluation__isnull=False).order_by("pk"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(world: World, user: User, url: str, moment: str = "review") -> str:
    with clock.at(world.moments[moment]):
        answer = signed_in(user).get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def with_the_mentors(world: World, gradings: list[ReviewAssignment]) -> StreamApplication:
    """Have everything read and graded, and the advance released."""
    row = applying.Application.objects.get(person=world.people["applicant"])
    factories.read(world, row, (4, 4))
    for grading in gradings:
        if not Review.objects.filter(assignment=grading).exists():
            factories.review(world, grading)
    factories.check_notes(world)
    batch = factories.approved_batch(world)
    with clock.at(world.moments["advanced"]):
        release_batch(batch=batch, by=world.people["staff a"])
    return StreamApplication.objects.get(application=row, stream=world.streams["alpha"])


def about(task: EvaluationAssignment, reader: User) -> tuple[str, ...]:
    return task_page(task, reader).follow_ups


def file_of(row: StreamApplication) -> str:
    return reverse("matching:person", args=[row.stream.public_id, row.public_id])


def test_grader_notes_questions_changes_them_and_loses_none(world: World, gradings: list[ReviewAssignment]) -> None:
    mine, url = signed_in(gradings[0].reviewer), f"/review/{gradings[0].public_id}/"
    with clock.at(world.moments["review"]):
        assert "A question you would ask about this work" in mine.get(url).content.decode()
        incomplete = mine.post(url, {"follow_up_1": ASKED, "follow_up_2": SECOND, "version": "0", "act": "next"})
        assert incomplete.status_code == 422
        assert ASKED in incomplete.content.decode()
        assert SECOND in incomplete.content.decode()
        assert mine.post(url, {"follow_up_2": ASKED, "version": "0", "act": "draft"}).status_code == 302
        assert Review.objects.get().follow_ups == (ASKED,), "what stands alone moves up"
        assert ASKED in mine.get(url).content.decode()
        stale = mine.post(url, {**TYPED, "follow_up_1": SECOND, "act": "draft"})
        assert stale.status_code == 409
        assert ASKED in stale.content.decode(), "the saved one stands beside"
        assert SECOND in stale.content.decode()
        assert mine.post(url, {**TYPED, "version": "1", "act": "next"}).status_code == 302
        assert mine.post(url, {**TYPED, "follow_up_2": SECOND, "version": "2", "act": "next"}).status_code == 302
    review = Review.objects.get()
    assert review.follow_ups == (ASKED, SECOND)
    assert len(review.snapshots) == 1, "which work the questions are about"
    with clock.at(world.moments["advanced"]):
        late = mine.post(url, {**TYPED, "follow_up_1": "Too late?", "version": "3", "act": "next"})
    assert late.status_code == 409
    review.refresh_from_db()
    assert review.follow_ups == (ASKED, SECOND)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Why did I give this a 2 out of 5?", "Leave scores out"),
        ("What would Ravensworth say to that?", "Leave yourself out"),
        ("x" * (MAX_CHARACTERS + 1), "at most 300 characters"),
    ],
)
def test_score_name_or_essay_is_sent_back(
    world: World, gradings: list[ReviewAssignment], question: str, words: str
) -> None:
    User.objects.filter(pk=gradings[0].reviewer_id).update(display_name="Quillon Ravensworth")
    reader = signed_in(User.objects.get(pk=gradings[0].reviewer_id))
    typed = {**TYPED, "follow_up_1": "", "follow_up_2": question, "act": "next"}
    with clock.at(world.moments["review"]):
        answer = reader.post(f"/review/{gradings[0].public_id}/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert question in page
    assert not Review.objects.exists()


def test_domain_holds_the_same_rules(world: World, gradings: list[ReviewAssignment]) -> None:
    text_of_track = ReviewAssignment.objects.filter(track_application__isnull=False)[0]
    with clock.at(world.moments["review"]):
        for assignment, asked, words in (
            (gradings[0], ("A?", "B?", "C?"), "at most 2"),
            (gradings[0], ("x" * 301,), "at most 300"),
            (gradings[0], ("Is this a 3 out of 5?",), "Leave scores out"),
            (text_of_track, ("A?",), "tasks alone"),
        ):
            with pytest.raises(Refused, match=words):
                submit_review(
                    assignment=assignment,
                    reading=factories.reading(assignment, follow_ups=asked),
                    version=0,
                    by=assignment.reviewer,
                )
        save_review_draft(
            assignment=gradings[0],
            reading=factories.reading(gradings[0], follow_ups=("Is this a 3 out of 5?", " ", "")),
            version=0,
            by=gradings[0].reviewer,
        )
    assert Review.objects.get().follow_ups == ("Is this a 3 out of 5?",), "a draft may say anything"


def test_texts_of_a_track_have_no_place_for_questions(world: World, gradings: list[ReviewAssignment]) -> None:
    of_track = ReviewAssignment.objects.filter(track_application__isnull=False)[0]
    assert "follow_up" not in text(world, of_track.reviewer, f"/review/{of_track.public_id}/")
    assert "follow_up" in text(world, gradings[0].reviewer, f"/review/{gradings[0].public_id}/"), "control"


def test_staff_and_leads_read_what_is_handed_in_and_no_grader_is_named(
    world: World, gradings: list[ReviewAssignment]
) -> None:
    task = gradings[0].evaluation
    User.objects.filter(pk=gradings[0].reviewer_id).update(display_name="Quillon Ravensworth")
    pages = {
        "staff a": [f"/console/people/{task.application.public_id}/", reverse("desk:task", args=[task.public_id])],
        "empirical lead": [reverse("desk:task", args=[task.public_id])],
    }
    with clock.at(world.moments["review"]):
        save_review_draft(
            assignment=gradings[0],
            reading=factories.reading(gradings[0], follow_ups=(ASKED,)),
            version=0,
            by=gradings[0].reviewer,
        )
    for who, urls in pages.items():
        for url in urls:
            assert ASKED not in text(world, world.people[who], url), "a draft is its writer's"
    factories.review(world, gradings[0], follow_ups=(ASKED, SECOND))
    for who, urls in pages.items():
        for url in urls:
            page = text(world, world.people[who], url)
            assert "Questions a grader would ask" in page
            assert ASKED in page
            assert SECOND in page
            assert page.count("Ravensworth") == 0, url


def test_who_still_grades_a_task_reads_nobody_elses_questions_about_it(
    world: World, gradings: list[ReviewAssignment]
) -> None:
    first, second = gradings
    factories.review(world, first, follow_ups=(ASKED,))
    task = first.evaluation
    # The other grader leads the track as well: pages of leads are open to them.
    grant(second.reviewer, Role.TRACK_LEAD, ScopeKind.TRACK, world.tracks["empirical"])
    url = reverse("desk:task", args=[task.public_id])
    assert ASKED not in text(world, second.reviewer, f"/review/{second.public_id}/")
    assert ASKED not in text(world, second.reviewer, url)
    assert ASKED in text(world, world.people["empirical lead"], url), "control"

    factories.review(world, second)

    assert ASKED in text(world, second.reviewer, url)
    assert ASKED not in text(world, second.reviewer, f"/review/{second.public_id}/")
    assert ASKED not in text(world, second.reviewer, f"/review/{second.public_id}/compare/")


@pytest.mark.requirement(22)
def test_mentors_of_a_stream_read_them_with_the_release_and_the_applicant_never(
    world: World, gradings: list[ReviewAssignment]
) -> None:
    factories.review(world, gradings[0], follow_ups=(ASKED,))
    factories.review(world, gradings[1], follow_ups=(SECOND, ASKED))
    row = StreamApplication.objects.get(stream=world.streams["alpha"])
    mentor = world.people["alpha mentor"]
    assert follow_ups_for(row, mentor) == []
    with clock.at(world.moments["review"]):
        assert signed_in(mentor).get(file_of(row)).status_code == 404

    row = with_the_mentors(world, gradings)

    page = text(world, mentor, file_of(row), "advanced")
    assert "Questions a grader would ask" in page
    assert page.count(ASKED) == 1, "the same question of two is one"
    assert SECOND in page
    for grading in gradings:
        assert str(grading.reviewer) not in page
    task = gradings[0].evaluation
    for url in ("/my/", "/my/result/", "/my/feedback/", "/my/history/", f"/my/tasks/{task.public_id}/"):
        seen = text(world, world.people["applicant"], url, "advanced")
        assert ASKED not in seen, url
        assert SECOND not in seen, url


def test_stream_gets_questions_of_the_tracks_in_which_the_person_was_advanced(
    world: World, gradings: list[ReviewAssignment]
) -> None:
    factories.review(world, gradings[0], follow_ups=(ASKED,))
    row = with_the_mentors(world, gradings)
    mentor = world.people["alpha mentor"]
    assert [one.questions for one in follow_ups_for(row, mentor)] == [(ASKED,)]

    world.evaluation.tracks.set([world.tracks["theory"]])
    assert follow_ups_for(row, mentor) == [], "a task of another track is not this stream's"
    world.evaluation.streams.set([world.streams["alpha"]])
    assert [one.task for one in follow_ups_for(row, mentor)] == ["Coding task"], "a task of its own is"


def test_work_in_question_and_gradings_that_count_no_more_have_none_for_mentors(
    world: World, gradings: list[ReviewAssignment]
) -> None:
    factories.review(world, gradings[0], follow_ups=(ASKED,))
    row = with_the_mentors(world, gradings)
    mentor, task = world.people["alpha mentor"], EvaluationAssignment.objects.get(pk=gradings[0].evaluation_id)
    assert person_page(row, mentor).follow_ups != []

    EvaluationAssignment.objects.filter(pk=task.pk).update(state="integrity_review")
    assert person_page(row, mentor).follow_ups == []
    assert about(task, world.people["staff a"]) == (ASKED,), "those who decide on the question read on"
    EvaluationAssignment.objects.filter(pk=task.pk).update(state="graded")
    with clock.at(world.moments["review"]):
        record_conflict(
            reviewer=gradings[0].reviewer, person=world.people["applicant"], kind="personal", by=gradings[0].reviewer
        )
    assert person_page(row, mentor).follow_ups == []
    assert about(task, world.people["staff a"]) == ()

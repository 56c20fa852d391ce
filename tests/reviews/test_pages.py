"""Pages of reviewers, leads, staff and applicants: what they say, what they refuse, who gets in."""

import pytest
from django.test import Client

from applications.domain.application import withdraw_application
from core import clock
from core.models import AuditEvent, Job, OutboxMail
from reviews.domain import batches
from reviews.models import ConflictOfInterest, DecisionBatch, Review, ReviewAssignment
from reviews.states import AssignmentState, BatchState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World

COMPLETE = {
    "score-motivation": "4",
    "score-code": "5",
    "score-maths": "0",
    "confidence": "high",
    "feedback_public": "You named a failure and fixed it.",
    "note_internal": "",
    "version": "0",
}


def signed_in(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


@pytest.fixture
def assigned(world: World) -> ReviewAssignment:
    """Return a reading of reviewer a, of one application in the empirical track."""
    applying.under_review(world)
    factories.assign(world)
    taken = ReviewAssignment.objects.filter(track_application__isnull=False, reviewer=world.people["reviewer a"])
    if row := taken.first():
        return row
    ReviewAssignment.objects.filter(track_application__isnull=False).order_by("pk")[:1]
    row = ReviewAssignment.objects.filter(track_application__isnull=False).order_by("pk").first()
    assert row is not None
    ReviewAssignment.objects.filter(pk=row.pk).update(reviewer=world.people["reviewer a"])
    row.refresh_from_db()
    return row


def test_queue_leads_to_the_next_text(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    with clock.at(world.moments["review"]):
        page = client.get("/review/")
        following = client.post("/review/next/")

    assert page.status_code == 200
    assert "Review next" in page.content.decode()
    assert following.status_code == 302
    assert following["Location"].startswith("/review/")


def test_review_page_is_handed_in_and_leads_on(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        page = client.get(url)
        answer = client.post(url, {**COMPLETE, "act": "next"})

    assert "Motivation" in page.content.decode()
    assert "The best of these 2 counts." in page.content.decode()
    assert answer.status_code == 302
    assigned.refresh_from_db()
    review = Review.objects.get(assignment=assigned)
    assert assigned.state == AssignmentState.SUBMITTED
    assert str(review.mean) == "4.600"
    assert len(review.snapshots) == 2


@pytest.mark.requirement(33)
def test_missing_scores_are_named_and_what_was_typed_stays(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    with clock.at(world.moments["review"]):
        answer = client.post(
            f"/review/{assigned.public_id}/",
            {"score-motivation": "2", "feedback_public": "Half a thought", "version": "0", "act": "next"},
        )

    html = answer.content.decode()
    assert answer.status_code == 422
    for text in ("Score “Code” or choose “cannot tell”", "Choose how sure you are", "Half a thought"):
        assert text in html
    assert "some of it, with gaps" in html, "each level says what it means"
    assert not Review.objects.exists()


def test_hollow_sentence_is_sent_back_with_advice(world: World, assigned: ReviewAssignment) -> None:
    client, url = signed_in(world, "reviewer a"), f"/review/{assigned.public_id}/"
    hollow = {**COMPLETE, "feedback_public": "We were impressed by your strong profile."}
    with clock.at(world.moments["review"]):
        answer = client.post(url, {**hollow, "act": "next"})
        draft = client.post(url, {**hollow, "act": "draft"})

    assert answer.status_code == 422
    assert "Say what you saw instead of praising: “impressed”" in answer.content.decode()
    assert "We were impressed by your strong profile." in answer.content.decode()
    assert draft.status_code == 302, "a draft may say anything"


def test_draft_keeps_what_there_is(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        client.post(url, {"score-motivation": "2", "version": "0", "act": "draft"})
        page = client.get(url).content.decode()

    assigned.refresh_from_db()
    assert assigned.state == AssignmentState.IN_PROGRESS
    assert 'name="version" value="1"' in page
    assert list(Review.objects.values_list("mean", "version")) == [(None, 1)]


def test_older_window_gets_both_versions(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        client.post(url, {"feedback_public": "first window", "version": "0", "act": "draft"})
        stale = client.post(url, {"feedback_public": "second window", "version": "0", "act": "draft"})
        html = stale.content.decode()
        assert stale.status_code == 409
        assert "first window" in html
        assert "second window" in html
        assert 'name="version" value="1"' in html
        chosen = client.post(url, {"feedback_public": "second window", "version": "1", "act": "draft"})

    assert chosen.status_code == 302
    assert Review.objects.get().feedback_public == "second window"


def test_draft_is_kept_while_it_is_typed(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    typed = {"act": "draft", "autosave": "1", "score-motivation": "2"}
    with clock.at(world.moments["review"]):
        assert "data-autosave-whole" in client.get(url).content.decode()
        first = client.post(url, {**typed, "feedback_public": "One.", "version": "0"})
        second = client.post(url, {**typed, "feedback_public": "One. Two.", "version": first.json()["version"]})
        late = client.post(url, {**typed, "feedback_public": "Another window.", "version": "1"})
        wrong = client.post(url, {**typed, "confidence": "hopeful", "version": "2"})
        other = client.post(url, {**typed, "feedback_public": "Old levels.", "version": "2", "rubric": "another"})
        review = Review.objects.get()

        assert (first.status_code, second.json()["version"]) == (200, 2)
        assert (late.status_code, 'class="conflict"' in late.content.decode()) == (409, True)
        assert (wrong.status_code, "hopeful" in wrong.json()["error"]) == (422, True)
        assert (other.status_code, "data-save-refused" in other.content.decode()) == (409, True)
        assert (review.version, review.feedback_public) == (2, "One. Two.")
        assert AuditEvent.objects.filter(verb="begin", object_type="reviews.reviewassignment").count() == 1

        client.post(url, {**COMPLETE, "version": "2"})
        done = client.post(url, {**typed, "feedback_public": "After it.", "version": "3"})
        assert (done.status_code, "data-save-refused" in done.content.decode()) == (409, True)
        assert "data-autosave-whole" not in client.get(url).content.decode()
    assert Review.objects.get().feedback_public == COMPLETE["feedback_public"]


def test_the_choice_between_two_windows_is_no_machines(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        client.post(url, {"feedback_public": "first window", "version": "0", "act": "draft"})
        stale = client.post(url, {"feedback_public": "second window", "version": "0", "act": "draft"})

    assert stale.status_code == 409
    assert "data-autosave-whole" not in stale.content.decode()


def test_conflict_ends_the_assignment_and_hides_its_page(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.moments["review"]):
        client.post(url, {**COMPLETE, "act": "next"})
        assert client.get(f"{url}conflict/").status_code == 200
        assert client.post(f"{url}conflict/", {}).status_code == 422
        answer = client.post(f"{url}conflict/", {"kind": "supervision"})

        assert answer.status_code == 302
        assert client.get(url).status_code == 404
        assert assigned.label in client.get("/review/conflicts/").content.decode()
    assigned.refresh_from_db()
    assert assigned.state == AssignmentState.CONFLICTED
    assert ConflictOfInterest.objects.get().person == world.people["applicant"]


def test_foreign_assignment_is_hidden(world: World, assigned: ReviewAssignment) -> None:
    for who in ("reviewer b", "staff a", "admin", "empirical lead", "applicant"):
        if assigned.reviewer == world.people[who]:
            continue
        assert signed_in(world, who).get(f"/review/{assigned.public_id}/").status_code == 404
    control = signed_in(world, "reviewer a")
    assert control.get(f"/review/{assigned.public_id}/").status_code == 200


def test_revoked_reviewer_sees_nothing_more(world: World, assigned: ReviewAssignment) -> None:
    world.people["reviewer a"].grants.update(revoked_at=world.moments["open"])

    client = signed_in(world, "reviewer a")

    assert client.get(f"/review/{assigned.public_id}/").status_code == 404
    assert client.get("/review/").status_code == 403


def test_after_the_close_nothing_can_be_handed_in(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    url = f"/review/{assigned.public_id}/"
    with clock.at(world.date("review_closes")):
        assert "The review is not open" in client.get(url).content.decode()
        answer = client.post(url, {**COMPLETE, "act": "next"})

    assert answer.status_code == 409
    assert not Review.objects.exists()


def test_withdrawn_person_is_nothing_to_do(world: World, assigned: ReviewAssignment) -> None:
    client = signed_in(world, "reviewer a")
    with clock.at(world.moments["review"]):
        withdraw_application(application=assigned.track_application.application, by=world.people["applicant"])
        page = client.get(f"/review/{assigned.public_id}/")
        answer = client.post(f"/review/{assigned.public_id}/", {**COMPLETE, "act": "next"})
        queue = client.get("/review/").content.decode()

    assert "This application was withdrawn" in page.content.decode()
    assert answer.status_code == 409
    assert assigned.label not in queue


def test_staff_start_the_assignment_and_see_what_is_unmet(world: World) -> None:
    applying.under_review(world)
    for name in ("reviewer b", "reviewer c"):
        world.people[name].grants.update(revoked_at=world.moments["open"])
    staff = signed_in(world, "staff a")

    with clock.at(world.moments["review"]):
        answer = staff.post("/console/assignments/", {"track": world.tracks["empirical"].public_id})
        job = Job.objects.get(kind="reviews.assign")
        assert answer["Location"] == f"/console/jobs/{job.public_id}/"
        factories.assign(world, by=world.people["staff a"])
        html = staff.get("/console/assignments/").content.decode()

    assert "Not met: 2 texts" in html
    assert "too few reviewers without a conflict" in html


def test_batch_goes_from_proposal_to_release(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    maker, second = signed_in(world, "staff a"), signed_in(world, "staff b")
    with clock.at(world.moments["review"]):
        scope = f"{world.tracks['empirical'].public_id}:review"
        assert maker.post("/console/decisions/new/", {"scope": scope}).status_code == 422
        made = maker.post("/console/decisions/new/", {"scope": scope, "rule_line": "3.5"})
        url = made["Location"]
        batch = DecisionBatch.objects.get()
        assert url == f"/console/decisions/{batch.public_id}/"
        assert "A second person has to approve it" in maker.get(url).content.decode()
        own = maker.post(f"{url}approve/", {"version": "1"})
        assert own.status_code == 409
        assert "A second person has to approve it" in own.content.decode()
        assert "The screen" not in second.get(f"{url}mails/").content.decode()
        assert second.post(f"{url}approve/", {"version": "1"}).status_code == 302
        assert maker.post(f"{url}schedule/", {"on": "2026-07-07", "at": "16:00"}).status_code == 302
        html = maker.get(f"{url}release/").content.decode()
        assert "Release 2 decisions: 1 advance, 1 not" in html
        assert maker.post(f"{url}release/").status_code == 302
        assert maker.post(f"{url}release/").status_code == 409

    batch.refresh_from_db()
    assert batch.state == BatchState.RELEASED


def test_line_changed_by_hand_in_a_fragment(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    row = batch.decisions.get().track_application
    staff, url = signed_in(world, "staff a"), f"/console/decisions/{batch.public_id}/outcome/"

    bare = staff.post(
        url, {"application": row.public_id, "outcome": "hold", "reason": ""}, headers={"HX-Request": "true"}
    )
    done = staff.post(
        url, {"application": row.public_id, "outcome": "hold", "reason": "H1 conflict"}, headers={"HX-Request": "true"}
    )
    plain = staff.post(url, {"application": row.public_id, "outcome": "take_out"})

    assert bare.status_code == 422
    assert "Give a reason" in bare.content.decode()
    assert done.status_code == 200
    assert done.content.decode().lstrip().startswith('<div id="batch">')
    assert "H1 conflict" in done.content.decode()
    assert plain.status_code == 302
    assert not batch.decisions.exists()


def test_mail_preview_is_what_is_sent(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.approved_batch(world)
    row = batch.decisions.get().track_application
    page = signed_in(world, "staff a").get(f"/console/decisions/{batch.public_id}/mails/?application={row.public_id}")
    batches.release_batch(batch=batch)

    mail = OutboxMail.objects.get(key__startswith="decision:")
    html = page.content.decode()
    assert mail.subject in html
    for line in filter(None, mail.body.splitlines()):
        assert line in html


def test_lead_reads_the_batches_of_the_own_track_and_changes_none(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.review_batch(world)
    lead, other = signed_in(world, "empirical lead"), signed_in(world, "theory lead")
    url = f"/console/decisions/{batch.public_id}/"

    assert lead.get(url).status_code == 200
    assert "Change" not in lead.get(url).content.decode().replace("Changed by", "")
    for act in ("approve", "recall", "schedule", "release", "discard", "outcome"):
        assert lead.post(f"{url}{act}/").status_code == 403
        assert other.post(f"{url}{act}/").status_code == 404
    assert other.get(url).status_code == 404
    for who in ("reviewer a", "applicant", "alpha mentor", "observer"):
        assert signed_in(world, who).get(url).status_code == 404
        assert signed_in(world, who).get("/console/decisions/").status_code == 403


def test_lead_follows_the_reading(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    html = signed_in(world, "empirical lead").get("/lead/").content.decode()

    assert "Empirical" in html
    assert "Theory" not in html
    assert "<strong>2</strong> of 2 reads handed in" in html


def test_result_shows_released_words_only(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)})
    batch = factories.approved_batch(world)
    client = signed_in(world, "applicant")
    with clock.at(world.moments["advanced"]):
        before = client.get("/my/result/").content.decode()
        batches.release_batch(batch=batch)
        after = client.get("/my/result/").content.decode()
        notes = client.get("/my/feedback/").content.decode()

    assert "Name the failure you fixed." not in before
    assert "Empirical: no result yet." in before
    assert "Your feedback: 2 notes" in after
    assert notes.count("Name the failure you fixed.") == 2
    assert "Name the failure you fixed." not in after
    assert "With the mentors" in after
    assert "Fewer than 10 people were decided on together with you." in after
    assert "4.0" not in after


def test_guide_shows_the_rubrics_of_the_own_tracks(world: World) -> None:
    html = signed_in(world, "reviewer a").get("/review/guide/").content.decode()

    for text in ("Empirical review", "Theory review", "Coding task", "all of it, with evidence"):
        assert text in html

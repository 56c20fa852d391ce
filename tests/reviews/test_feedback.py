"""Packets of notes: gathered, checked in bulk, handed over with the release and never before."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused, Stale
from reviews.domain import batches, feedback, undo
from reviews.domain.conflicts import record_conflict
from reviews.domain.packets import HAS_CONFLICT
from reviews.models import FeedbackEdit, FeedbackPacket, FeedbackSentence, Review, ReviewAssignment
from reviews.queries.checks import problems
from reviews.queries.feedback import packet_list, packet_rows, told_to
from reviews.queries.queue import queue
from reviews.queries.results import result_pages
from reviews.states import AssignmentState
from tests.reviews import factories
from tests.worlds import World

SENTENCE = "Name the failure you fixed."
OTHER = "Say which run would have changed your mind."


def packet_of(world: World, who: str = "applicant") -> FeedbackPacket:
    return FeedbackPacket.objects.get(track_application__application__person=world.people[who])


def sentences(world: World, who: str = "applicant") -> list[FeedbackSentence]:
    return list(
        FeedbackSentence.objects.filter(packet=packet_of(world, who))
        .select_related("packet", "review__assignment__reviewer")
        .order_by("about", "position")
    )


def check(world: World, *packets: FeedbackPacket, by: str = "empirical lead") -> feedback.Checked:
    versions = {packet.public_id: packet.version for packet in packets}
    return feedback.check_packets(track=world.tracks["empirical"], versions=versions, by=world.people[by])


def words(world: World, who: str = "applicant") -> list[str]:
    return [note.text for told in told_to(world.people[who]).values() for note in told.notes]


def release(world: World) -> Any:
    batch = factories.approved_batch(world)
    with clock.at(world.moments["advanced"]):
        return batches.release_batch(batch=batch)


def signed_in(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


@pytest.fixture
def read(world: World) -> World:
    """Return the world with two applications read by two people each, and nothing checked."""
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)}, is_checked=False)
    return world


def test_only_what_was_checked_is_handed_over_and_only_with_the_release(read: World) -> None:
    check(read, packet_of(read))
    assert words(read) == []

    release(read)

    assert words(read) == [SENTENCE, SENTENCE]
    assert words(read, "other applicant") == []
    assert result_pages(read.people["applicant"])[0].results[0].notes == (SENTENCE, SENTENCE)
    mails = {mail.person.display_name: mail.body for mail in OutboxMail.objects.filter(key__startswith="decision:")}
    assert "2 notes by people who read your application:" in mails["Applicant"]
    assert "/my/feedback/" in mails["Applicant"]
    assert "notes" not in mails["Other Applicant"]


def test_what_is_checked_late_goes_out_at_once_with_a_mail(read: World) -> None:
    release(read)
    assert words(read) == []

    done = check(read, packet_of(read))

    assert (done.n, done.n_told) == (1, 1)
    assert words(read) == [SENTENCE, SENTENCE]
    mail = OutboxMail.objects.get(key__startswith="feedback:")
    assert mail.person == read.people["applicant"]
    assert "/my/feedback/" in mail.body
    with pytest.raises(Refused, match="Nothing of this is left"):
        check(read, packet_of(read))


def test_reader_who_amends_makes_the_packet_unchecked_again(read: World) -> None:
    check(read, packet_of(read))
    assignment = sentences(read)[0].review.assignment

    factories.review(read, assignment, 4, note_internal="Read twice.")
    assert packet_of(read).state == "checked"  # a private note changes nothing here
    factories.review(read, assignment, 4, feedback_public=OTHER)

    packet = packet_of(read)
    assert (packet.state, packet.is_changed) == ("open", True)
    assert sorted(sentence.text for sentence in sentences(read)) == sorted([SENTENCE, OTHER])
    release(read)
    assert words(read) == []


def test_what_changed_since_it_was_read_is_not_checked(read: World) -> None:
    first, second = packet_of(read), packet_of(read, "other applicant")
    factories.review(read, sentences(read)[0].review.assignment, 3, feedback_public=OTHER)

    done = check(read, first, second)

    assert (done.n, done.changed) == (1, (first.public_id,))
    with pytest.raises(Refused, match="Read again"):
        check(read, first)


def test_edit_keeps_what_the_reader_wrote_and_who_changed_it(read: World) -> None:
    packet, sentence = packet_of(read), sentences(read)[0]
    lead = read.people["empirical lead"]

    feedback.edit_sentence(sentence=sentence, text=f" {OTHER}\n", reason="Unclear", version=packet.version, by=lead)

    sentence.refresh_from_db()
    assert (sentence.text, sentence.original) == (OTHER, SENTENCE)
    edit = FeedbackEdit.objects.get()
    assert (edit.before, edit.after, edit.edited_by, edit.was_told) == (SENTENCE, OTHER, lead, False)
    assert OTHER not in str(list(AuditEvent.objects.values_list("details", flat=True)))
    with pytest.raises(Stale):
        feedback.leave_out(sentence=sentence, reason="Twice", version=packet.version, by=lead)
    for hollow, why in (("We were impressed by your strong profile.", "praising"), ("I gave you 4 of 5.", "scores")):
        with pytest.raises(Refused, match=why):
            feedback.edit_sentence(sentence=sentence, text=hollow, reason="", version=packet_of(read).version, by=lead)


def test_what_was_told_is_frozen_and_changes_only_by_a_recorded_correction(read: World) -> None:
    check(read, packet_of(read))
    release(read)
    sentence, lead = sentences(read)[0], read.people["empirical lead"]
    FeedbackSentence.objects.filter(pk=sentence.pk).update(text="Written past the portal.")
    sentence.review.feedback_public = "Written past the portal."
    sentence.review.save()
    assert words(read) == [SENTENCE, SENTENCE]
    FeedbackSentence.objects.filter(pk=sentence.pk).update(text=SENTENCE)

    with pytest.raises(Refused, match="reason of this correction"):
        feedback.edit_sentence(sentence=sentence, text=OTHER, reason="", version=packet_of(read).version, by=lead)
    with pytest.raises(Refused, match="handed over"):
        feedback.reopen_packet(packet=packet_of(read), by=lead)
    feedback.edit_sentence(
        sentence=sentence, text=OTHER, reason="It named the wrong run", version=packet_of(read).version, by=lead
    )

    assert sorted(words(read)) == sorted([SENTENCE, OTHER])
    assert packet_of(read).corrected_at is not None
    assert FeedbackEdit.objects.get().was_told
    page = signed_in(read, "applicant").get("/my/feedback/").content.decode()
    assert "Corrected" in page
    assert "wrong run" not in page


def test_left_out_and_empty_packets_hand_nothing_over(read: World) -> None:
    lead = read.people["empirical lead"]
    for sentence in sentences(read):
        feedback.leave_out(sentence=sentence, reason="Says nothing", version=packet_of(read).version, by=lead)
    check(read, packet_of(read), packet_of(read, "other applicant"))
    batch = factories.review_batch(read)
    assert [(one.kind, one.blocks, len(one.applications)) for one in problems(batch)] == [("no_notes", False, 1)]

    with clock.at(read.moments["advanced"]):
        batches.approve_batch(batch=batch, version=batch.version, by=read.people["staff b"])
        batches.release_batch(batch=batch)

    assert words(read) == []
    assert "No notes are available for this stage." in signed_in(read, "applicant").get("/my/result/").content.decode()
    assert "Says nothing" not in signed_in(read, "applicant").get("/my/feedback/").content.decode()


@pytest.mark.parametrize(("policy", "blocks"), [("checked", False), ("required", True)])
def test_batch_says_how_many_are_unchecked_and_the_cycle_whether_that_stops_it(
    read: World, policy: str, blocks: bool
) -> None:
    read.cycle.feedback_policy = policy
    read.cycle.save()
    check(read, packet_of(read))
    batch = factories.review_batch(read)

    (problem,) = problems(batch)

    assert (problem.kind, problem.blocks) == ("unchecked", blocks)
    assert problem.text.startswith("1 packet of notes not checked.")
    page = signed_in(read, "staff b").get(f"/console/decisions/{batch.public_id}/").content.decode()
    assert "1 packet of notes not checked." in page
    assert f"/lead/{read.tracks['empirical'].public_id}/feedback/" in page
    if blocks:
        with pytest.raises(Refused, match="Nothing is released before"):
            batches.approve_batch(batch=batch, version=batch.version, by=read.people["staff b"])


def test_cycle_without_feedback_hands_nothing_over(read: World) -> None:
    check(read, packet_of(read))
    read.cycle.feedback_policy = "none"
    read.cycle.save()

    release(read)

    assert words(read) == []
    with pytest.raises(Refused, match="no notes over"):
        check(read, packet_of(read, "other applicant"))


def test_release_taken_back_takes_the_notes_with_it(read: World) -> None:
    check(read, packet_of(read))
    batch = release(read)
    assert len(words(read)) == 2

    with clock.at(read.moments["advanced"]):
        counter = undo.request_undo(batch=batch, reason="Typed wrongly.", by=read.people["staff a"])
        undo.approve_undo(counter=counter, version=counter.version, by=read.people["staff b"])

    assert words(read) == []
    assert packet_of(read).state == "checked"
    release(read)
    assert len(words(read)) == 2


def test_sentence_is_sent_back_while_its_reader_can_still_write(read: World) -> None:
    sentence, lead = sentences(read)[0], read.people["empirical lead"]
    reader = sentence.review.assignment.reviewer
    with clock.at(read.moments["review"]):
        feedback.send_back(sentence=sentence, note="Which failure?", version=packet_of(read).version, by=lead)
        client = Client()
        client.force_login(reader)
        table = client.get("/review/").content.decode()
        text = client.get(f"/review/{sentence.review.assignment.public_id}/").content.decode()
    assert [row.note for row in queue(reader).asked] == ["Which failure?"]
    assert "Which failure?" in table
    assert "Which failure?" in text
    mail = OutboxMail.objects.get(key__startswith="sent-back:")
    assert (mail.person, lead.display_name in mail.body) == (reader, False)

    factories.review(read, sentence.review.assignment, feedback_public=OTHER)

    assert queue(reader).asked == ()
    with clock.at(read.moments["advanced"]), pytest.raises(Refused, match="The review has closed"):
        feedback.send_back(sentence=sentence, note="Again", version=packet_of(read).version, by=lead)


def test_sentence_of_a_reader_in_conflict_is_left_out(read: World) -> None:
    check(read, packet_of(read))
    reader = sentences(read)[0].review.assignment.reviewer

    record_conflict(reviewer=reader, person=read.people["applicant"], kind="personal", by=reader)

    assert packet_of(read).state == "open"
    assert [one.left_out for one in sentences(read)].count(HAS_CONFLICT) == 1


def test_notes_on_a_task_go_into_every_track_it_serves(world: World) -> None:
    factories.read_cohort(world, {"applicant": (4, 4)}, is_checked=False)
    for grading in ReviewAssignment.objects.filter(evaluation__isnull=False):
        factories.review(world, grading, feedback_public=OTHER)

    assert [(one.about, one.text) for one in sentences(world)] == [
        *[("", SENTENCE)] * 2,
        *[("Coding task", OTHER)] * 2,
    ]
    check(world, packet_of(world))
    release(world)
    page = signed_in(world, "applicant").get("/my/feedback/").content.decode()
    assert page.index("About your application") < page.index(SENTENCE) < page.index("About your task: Coding task")
    assert page.count(OTHER) == 2


def test_lint_says_what_is_worth_a_second_look(read: World) -> None:
    reader = sentences(read)[0].review.assignment
    factories.review(read, reader, feedback_public="Apply again, see www.example.org for more of it.")

    found = packet_list(read.tracks["empirical"], read.people["empirical lead"], "warned")

    (row,) = packet_rows(list(found.rows), read.people["empirical lead"])
    assert [len(sentence.warnings) for sentence in row.sentences if sentence.warnings] == [2]
    assert found.counts["warned"] == 1
    assert found.counts["open"] == 2


def test_lead_finds_neither_own_texts_nor_people_they_are_close_to(read: World) -> None:
    lead = read.people["empirical lead"]
    record_conflict(reviewer=lead, person=read.people["applicant"], kind="personal", by=lead)
    url = f"/lead/{read.tracks['empirical'].public_id}/feedback/"
    mine, other = packet_of(read), packet_of(read, "other applicant")

    page = signed_in(read, "empirical lead").get(url).content.decode()

    assert other.public_id in page
    assert mine.public_id not in page
    assert signed_in(read, "empirical lead").get(f"/lead/feedback/{sentences(read)[0].public_id}/").status_code == 404
    with pytest.raises(Refused):
        check(read, mine)
    for name in ("Other Applicant", "Reviewer A", "Reviewer B", "Reviewer C"):
        assert name not in page
    assert signed_in(read, "theory lead").get(url).status_code == 404


def test_checking_by_the_pages(read: World) -> None:
    lead = signed_in(read, "empirical lead")
    base = f"/lead/{read.tracks['empirical'].public_id}/feedback/"
    with clock.at(read.moments["advanced"]):
        sentence = sentences(read)[0]
        url = f"/lead/feedback/{sentence.public_id}/"
        hollow = lead.post(url, {"act": "words", "text": "A strong candidate.", "version": sentence.packet.version})
        stale = lead.post(url, {"act": "words", "text": OTHER, "version": 99})
        empty = lead.post(url, {"act": "leave_out", "why": "", "version": sentence.packet.version})
        late = lead.post(url, {"act": "send_back", "note": "x", "version": sentence.packet.version})
        good = lead.post(url, {"act": "words", "text": OTHER, "version": sentence.packet.version})
        nobody = lead.post(f"{base}check/", {"packet": ["x", "y:z", "\x00:1"]})
        done = lead.post(f"{base}check/", {"act": "page", "on_page": [_stamp(one) for one in _all()], "show": "open"})
        again = lead.post(f"{base}check/", {"packet": [_stamp(one) for one in _all()]})
        checked = lead.get(f"{base}?show=checked").content.decode()
        reopened = lead.post(f"/lead/feedback/{packet_of(read).public_id}/reopen/")

    assert [answer.status_code for answer in (hollow, stale, empty, late, good)] == [422, 409, 422, 409, 302]
    assert "A strong candidate." in hollow.content.decode()
    assert OTHER in stale.content.decode()
    assert [answer.status_code for answer in (nobody, done, again, reopened)] == [409, 302, 409, 302]
    assert "Tick the packets" in nobody.content.decode()
    assert checked.count("Take the check back") == 2
    assert packet_of(read).state == "open"


def _all() -> list[FeedbackPacket]:
    return list(FeedbackPacket.objects.order_by("pk"))


def _stamp(packet: FeedbackPacket) -> str:
    return f"{packet.public_id}:{packet.version}"


def test_what_was_written_before_there_were_packets_is_gathered(read: World) -> None:
    """An installation that has told notes already keeps them told; what is not decided waits for a check."""
    with clock.at(read.moments["review"]):
        batch = factories.review_batch(read)
        (mine,) = batch.decisions.filter(track_application__application__person=read.people["other applicant"])
        batches.take_out(decision=mine, by=read.people["staff a"])
        batch.refresh_from_db()
        batch = batches.approve_batch(batch=batch, version=batch.version, by=read.people["staff b"])
        batches.release_batch(batch=batch)
    for grading in ReviewAssignment.objects.filter(evaluation__isnull=False):
        Review.objects.create(assignment=grading, feedback_public=OTHER)
        ReviewAssignment.objects.filter(pk=grading.pk).update(state=AssignmentState.SUBMITTED)
    FeedbackPacket.objects.all().delete()

    import_module("reviews.migrations.0013_gather_feedback").gather(apps, None)

    assert words(read) == [SENTENCE, SENTENCE]
    assert packet_of(read, "other applicant").state == "open"
    assert [one.about for one in sentences(read)] == ["", ""]
    assert [one.about for one in sentences(read, "other applicant")] == ["", "", "Coding task", "Coding task"]

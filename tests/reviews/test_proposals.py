"""Who reads what as a diff: worked out or from a file, edited, applied; late and declined texts; due dates."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.application import withdraw_application
from applications.models import Application
from core import clock, jobs
from core.models import AuditEvent, Job, OutboxMail
from core.refusals import Refused, Stale
from core.states import JobState
from mats_portal.desk import phases
from reviews.domain import assignments, invariants, proposals
from reviews.domain.conflicts import record_conflict
from reviews.models import AssignmentChange, AssignmentProposal, ReviewAssignment
from reviews.queries.proposals import proposal_page
from reviews.states import AssignmentState, ProposalState
from reviews.views import proposals as pages
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, person

LEAD = "empirical lead"
COUNTED = ("assigned", "in_progress", "submitted")


def waiting(world: World, n: int) -> list[Application]:
    """Put ``n`` applications under review that nobody was given; each has a task to read as well."""
    made = []
    for number in range(n):
        name = f"person {number}"
        world.people[name] = person(name)
        made.append(applying.under_review(world, name))
    return made


def propose(world: World, track: str = "empirical") -> AssignmentProposal:
    with clock.at(world.moments["review"]):
        job = jobs.start("reviews.propose", by=world.people[LEAD], track_id=world.tracks[track].pk)
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return AssignmentProposal.objects.get(track=world.tracks[track], state=ProposalState.DRAFT)


def apply(world: World, proposal: AssignmentProposal, **fields: Any) -> AssignmentProposal:
    with clock.at(world.moments["review"]):
        return proposals.apply_proposal(proposal=proposal, version=proposal.version, by=world.people[LEAD], **fields)


def readers(application: Application) -> set[str]:
    rows = factories.of(application).review_assignments.filter(state__in=COUNTED)
    return set(rows.values_list("reviewer__display_name", flat=True))


def client_of(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def assert_nothing_is_broken() -> None:
    for statement in invariants.ALL:
        assert list(statement()) == [], statement.__name__


def test_nobody_is_given_anything_before_the_proposal_is_applied(world: World) -> None:
    made = waiting(world, 3)
    proposal = propose(world)

    assert ReviewAssignment.objects.count() == 0
    page = proposal_page(proposal, world.people[LEAD])
    assert (page.n_new, page.n_moved, page.unmet) == (12, 0, ())
    assert sum(row.difference for row in page.loads) == 12
    apply(world, proposal)

    assert [len(readers(one)) for one in made] == [2, 2, 2]
    assert AuditEvent.objects.filter(verb="assign", object_type="reviews.reviewassignment").count() == 12
    assert_nothing_is_broken()


def test_applying_twice_changes_nothing_and_an_edit_in_between_is_stale(world: World) -> None:
    waiting(world, 2)
    proposal = propose(world)
    proposals.drop_change(change=proposal.changes.first(), by=world.people[LEAD])

    with pytest.raises(Stale, match="edited since"):
        apply(world, proposal)
    proposal.refresh_from_db()
    apply(world, proposal)
    apply(world, proposal)

    assert ReviewAssignment.objects.count() == 7
    with pytest.raises(Refused, match="its lines stand"):
        proposals.drop_change(change=proposal.changes.first(), by=world.people[LEAD])


def test_even_loads_move_what_nobody_has_started_and_nothing_else(world: World) -> None:
    world.people["reviewer c"].grants.update(revoked_at=world.moments["open"])
    made = waiting(world, 4)
    factories.assign(world)
    started = factories.readings_of(factories.of(made[0]))
    with clock.at(world.moments["review"]):
        for one in started:
            factories.review(world, one)
    world.people["reviewer c"].grants.update(revoked_at=None)

    proposal = propose(world)
    page = proposal_page(proposal, world.people[LEAD])
    assert page.n_new == 0
    assert page.n_moved >= 1
    assert {row.reason for row in page.rows} == {"evens out the loads"}
    apply(world, proposal)

    assert {one.state for one in factories.readings_of(factories.of(made[0]))} == {AssignmentState.SUBMITTED}
    loads = Counter(ReviewAssignment.objects.filter(state__in=COUNTED).values_list("reviewer__display_name", flat=True))
    assert max(loads.values()) - min(loads.values()) <= 1
    assert len(loads) == 3
    assert [len(readers(one)) for one in made] == [2] * 4
    # What is level already stays: proposing again moves nobody.
    assert propose(world).changes.count() == 0


def test_who_left_the_pool_is_followed_by_somebody_else(world: World) -> None:
    (made,) = waiting(world, 1)
    factories.assign(world)
    gone = factories.readings_of(factories.of(made))[0].reviewer
    gone.grants.update(revoked_at=world.moments["open"])

    page = proposal_page(propose(world), world.people[LEAD])

    # Drawn by chance: the same reader may have had the task of this person as well.
    assert {(row.instead_of, row.reason) for row in page.rows} == {(str(gone), "the present reader has left the pool")}


def test_line_that_changed_meanwhile_is_taken_out_and_named_and_the_others_go_on(world: World) -> None:
    made = waiting(world, 3)
    proposal = propose(world)
    left, close = (proposal.changes.filter(track_application=factories.of(one)).first() for one in made[:2])
    with clock.at(world.moments["review"]):
        withdraw_application(application=made[0], by=world.people["person 0"])
        record_conflict(
            reviewer=close.reviewer, person=world.people["person 1"], kind="personal", by=world.people["staff a"]
        )

    apply(world, proposal)

    left.refresh_from_db()
    close.refresh_from_db()
    assert left.taken_out == "is not to be read any more"
    assert close.taken_out == f"{close.reviewer} has a conflict of interest"
    assert [len(readers(one)) for one in made] == [0, 1, 2]
    answer = client_of(world, LEAD).get(f"/lead/proposals/{proposal.public_id}/").content.decode()
    assert "has a conflict of interest" in answer
    assert_nothing_is_broken()


def test_reader_who_started_meanwhile_keeps_the_text(world: World) -> None:
    world.people["reviewer c"].grants.update(revoked_at=world.moments["open"])
    made = waiting(world, 4)
    factories.assign(world)
    world.people["reviewer c"].grants.update(revoked_at=None)
    proposal = propose(world)
    moved = proposal.changes.exclude(leaves=None).first()
    factories.review(world, moved.leaves)

    apply(world, proposal)

    moved.refresh_from_db()
    moved.leaves.refresh_from_db()
    assert moved.taken_out == f"{moved.leaves.reviewer} has started reading"
    assert moved.leaves.state == AssignmentState.SUBMITTED
    assert [len(readers(one)) for one in made] == [2] * 4


def test_swap_takes_only_who_may_read_the_text(world: World) -> None:
    waiting(world, 1)
    proposal = propose(world)
    lines = proposal.changes.exclude(track_application=None)
    change = lines.first()
    free = next(
        world.people[f"reviewer {one}"]
        for one in "abc"
        if not lines.filter(reviewer=world.people[f"reviewer {one}"]).exists()
    )

    swapped = proposals.swap_reader(change=change, reader=free, by=world.people[LEAD])
    assert (swapped.reviewer, swapped.get_reason_display()) == (free, "chosen by hand")
    with pytest.raises(Refused, match="not in the pool"):
        proposals.swap_reader(change=change, reader=world.people["applicant"], by=world.people[LEAD])
    other = lines.exclude(pk=change.pk).get()
    with pytest.raises(Refused, match="in another line"):
        proposals.swap_reader(change=change, reader=other.reviewer, by=world.people[LEAD])


def test_page_offers_nobody_whom_another_line_names_already(world: World) -> None:
    waiting(world, 1)
    proposal = propose(world)
    one, other = proposal.changes.exclude(track_application=None)
    address = f"/lead/proposals/{proposal.public_id}/{one.public_id}/"

    html = client_of(world, LEAD).get(address).content.decode()

    offered = set(re.findall(r'name="reader" value="([^"]+)"', html))
    pool = {world.people[f"reviewer {letter}"].public_id for letter in "abc"}
    assert offered == pool - {one.reviewer.public_id, other.reviewer.public_id}
    assert offered, "liveness"


def test_lead_sees_and_edits_no_line_about_a_person_close_to_them(world: World) -> None:
    made = waiting(world, 2)
    record_conflict(
        reviewer=world.people[LEAD], person=world.people["person 0"], kind="personal", by=world.people[LEAD]
    )
    proposal = propose(world)
    hidden = proposal.changes.filter(track_application=factories.of(made[0])).first()
    client, address = client_of(world, LEAD), f"/lead/proposals/{proposal.public_id}/"

    answer = client.get(address).content.decode()

    assert made[0].reference not in answer
    assert made[1].reference in answer
    assert "4 not shown to you" in answer
    assert client.post(f"{address}{hidden.public_id}/", {"act": "drop"}).status_code == 404
    assert client_of(world, "staff a").post(f"{address}{hidden.public_id}/", {"act": "drop"}).status_code == 302
    assert client_of(world, "theory lead").get(address).status_code == 404


def file_of(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("who.csv", "\n".join(lines).encode(), "text/csv")


def test_file_becomes_the_same_diff_or_names_every_wrong_line(world: World) -> None:
    made = waiting(world, 2)
    emails = [world.people[f"reviewer {one}"].email for one in "abc"]
    client, address = client_of(world, LEAD), f"/lead/{world.tracks['empirical'].public_id}/assignments/"
    wrong = [
        "reference;reviewer;instead_of",
        f"{made[0].reference};nobody@example.org;",
        f"NO-1;{emails[0]};",
        f"{made[0].reference};{emails[0]};{emails[1]}",
        f"{made[1].reference};{emails[0]};",
        f"{made[1].reference};{emails[0]};",
    ]
    with clock.at(world.moments["review"]):
        answer = client.post(f"{address}file/", {"file": file_of(*wrong)})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert [number for number in range(1, 8) if f"Line {number}:" in text] == [2, 3, 4, 6]
    assert AssignmentProposal.objects.count() == 0

    right = [
        "\ufeffReference,Reviewer",
        f"{made[0].reference.lower()},{emails[0].upper()}",
        "",
        f"{made[0].reference},{emails[2]}",
    ]
    with clock.at(world.moments["review"]):
        answer = client.post(f"{address}file/", {"file": file_of(*right)})
    assert answer.status_code == 302
    assert ReviewAssignment.objects.count() == 0
    apply(world, AssignmentProposal.objects.get())
    assert readers(made[0]) == {"Reviewer A", "Reviewer C"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00r", "not UTF-8"),
        (b"a\x00b", "not a text file"),
        (b"name,reviewer\nx,y\n", "lacks the column reference"),
        (b"reference,reviewer\n", "no line below"),
        (b'reference,reviewer\n"x,y\n', "not a CSV table"),
        (b"reference,reviewer\n" + b"x,y\n" * 20_001, "more than 20000 lines"),
    ],
)
def test_ugly_file_is_answered_with_words(world: World, content: bytes, says: str) -> None:
    client = client_of(world, LEAD)

    answer = client.post(
        f"/lead/{world.tracks['empirical'].public_id}/assignments/file/", {"file": SimpleUploadedFile("x.csv", content)}
    )

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_declined_text_is_reassigned_in_two_clicks(world: World) -> None:
    (made,) = waiting(world, 1)
    factories.assign(world)
    given = factories.readings_of(factories.of(made))[0]
    reader = next(name for name, user in world.people.items() if user == given.reviewer)
    with clock.at(world.moments["review"]):
        client = client_of(world, reader)
        assert client.post(f"/review/{given.public_id}/decline/", {"reason": ""}).status_code == 422
        answer = client.post(f"/review/{given.public_id}/decline/", {"reason": "time", "note": "A move of house."})
        assert answer.status_code == 302
        assert client.get(f"/review/{given.public_id}/").status_code == 404
        lead = client_of(world, LEAD)
        page = lead.get(f"/lead/{world.tracks['empirical'].public_id}/assignments/").content.decode()
        assert "A move of house." in page
        move = f"/lead/readings/{given.public_id}/move/"
        assert move in page
        offered = lead.get(move).content.decode()
        chosen = offered.split('value="')[2:]
        choice = next(one.split('"')[0] for one in chosen if "checked" in one.split(">")[0])
        assert lead.post(move, {"reader": choice}).status_code == 302
        assert lead.post(move, {"reader": choice}).status_code in {409, 422}

    given.refresh_from_db()
    assert given.state == AssignmentState.REASSIGNED
    assert len(readers(made)) == 2
    assert str(given.reviewer) not in readers(made)
    assert_nothing_is_broken()


def test_late_texts_are_listed_by_their_own_date(world: World) -> None:
    waiting(world, 1)
    proposal = propose(world)
    due = world.moments["review"] + timedelta(days=2)
    apply(world, proposal, due_at=due)
    address = f"/lead/{world.tracks['empirical'].public_id}/assignments/"

    counts = []
    for moment in (due - timedelta(seconds=1), due):
        with clock.at(moment):
            counts.append(client_of(world, LEAD).get(address).content.decode().count(">Reassign"))

    assert counts == [0, 4]
    with pytest.raises(Refused, match="has passed"), clock.at(world.moments["review"]):
        proposals.apply_proposal(
            proposal=propose(world), version=1, by=world.people[LEAD], due_at=world.moments["review"]
        )


def test_reminder_is_one_mail_for_all_that_is_due_and_one_once_it_is_late(world: World) -> None:
    waiting(world, 3)
    due = world.moments["review"] + timedelta(days=5)
    apply(world, propose(world), due_at=due)
    reader = world.people["reviewer a"]
    given = ReviewAssignment.objects.filter(reviewer=reader).count()

    def written(moment: Any) -> list[str]:
        with clock.at(moment):
            phases.move_phases()
            phases.move_phases()
        mails = OutboxMail.objects.filter(person=reader, key__startswith="reading-due:").order_by("pk")
        return list(mails.values_list("subject", flat=True))

    assert written(due - timedelta(hours=72, seconds=1)) == []
    assert [subject.split(" to")[0] for subject in written(due - timedelta(hours=72))] == [f"{given} texts"]
    assert [subject.split(" ")[0] for subject in written(due)] == [str(given), "Late:"]
    assert len(written(due + timedelta(days=3))) == 2


def test_cycle_that_wants_leads_to_look_first_gets_proposals_and_no_assignments(world: World) -> None:
    waiting(world, 1)
    world.cycle.gives_out_reading = False
    world.cycle.save()

    with clock.at(world.moments["review"]):
        phases.move_phases()
        phases.move_phases()

    assert list(Job.objects.values_list("kind", flat=True)) == ["reviews.propose"]
    jobs.run(Job.objects.get().pk)
    assert ReviewAssignment.objects.count() == 0
    assert AssignmentChange.objects.count() == 4


def test_pages_cost_the_same_for_one_and_for_many_lines(world: World) -> None:
    waiting(world, 1)
    proposal = propose(world)
    track = world.tracks["empirical"].public_id

    def cost(address: str) -> int:
        client = client_of(world, LEAD)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    few = [cost(f"/lead/proposals/{proposal.public_id}/"), cost(f"/lead/{track}/assignments/")]
    for number in range(1, 6):
        name = f"further {number}"
        world.people[name] = person(name)
        applying.under_review(world, name)
    proposal = propose(world)

    assert proposal.changes.count() == 24
    assert [cost(f"/lead/proposals/{proposal.public_id}/"), cost(f"/lead/{track}/assignments/")] == few
    assert max(few) <= 30


def test_reassigning_is_refused_for_who_may_not_read_it(world: World) -> None:
    (made,) = waiting(world, 1)
    factories.assign(world)
    given, other = factories.readings_of(factories.of(made))

    with pytest.raises(Refused, match="had this text before"):
        assignments.reassign(assignment=given, reader=other.reviewer, by=world.people[LEAD])
    with pytest.raises(Refused, match="not in the pool"):
        assignments.reassign(assignment=given, reader=world.people["applicant"], by=world.people[LEAD])
    with pytest.raises(Refused, match="not yours"):
        assignments.decline_assignment(assignment=given, reason="time", by=other.reviewer)


def long_proposal(world: World, n: int = 5, by_hand: int = 0) -> AssignmentProposal:
    """Propose readers for ``n`` people, four lines each; the first ``by_hand`` lines are somebody else's choice."""
    waiting(world, n)
    proposal = propose(world)
    for change in proposal.changes.exclude(track_application=None)[:by_hand]:
        taken = proposal.changes.filter(track_application=change.track_application).values_list("reviewer", flat=True)
        free = next(world.people[f"reviewer {one}"] for one in "abc" if world.people[f"reviewer {one}"].pk not in taken)
        proposals.swap_reader(change=change, reader=free, by=world.people[LEAD])
    proposal.refresh_from_db()
    return proposal


def test_lines_come_in_pages_under_filters_and_edits_come_back_to_their_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LINES_ON_A_PAGE", 6)
    monkeypatch.setattr(pages, "FEW", 1)
    proposal = long_proposal(world, by_hand=1)
    client, address = client_of(world, LEAD), f"/lead/proposals/{proposal.public_id}/"

    def lines(query: str = "") -> list[str]:
        text = client.get(f"{address}{query}").content.decode()
        return re.findall(r'<tr id="line-([\w-]+)"', text)

    whole = [line for number in range(1, 5) for line in lines(f"?page={number}")]
    assert [len(lines(f"?page={number}")) for number in range(1, 5)] == [6, 6, 6, 2]
    assert sorted(whole) == sorted(proposal.changes.values_list("public_id", flat=True))
    assert lines("?page=99&show=nonsense") == whole[18:]
    assert len(lines("?show=by-hand")) == 1
    reference = proposal.changes.exclude(track_application=None).first().track_application.application.reference
    assert len(lines(f"?q={reference.lower()}")) == 4
    assert lines("?q=nobody%00at-all") == []

    last = whole[18]
    answer = client.post(f"{address}{last}/?show=all&page=4", {"act": "drop"})
    assert answer.url == f"{address}?show=all&page=4&line={last}#line-{last}"
    assert lines(answer.url.removeprefix(address).split("#")[0]) == whole[18:]
    assert lines("?show=dropped") == [last]
    # Once taken in again it is no line of that filter: its page is there all the same.
    answer = client.post(f"{address}{last}/?show=dropped", {"act": "restore"})
    assert client.get(answer.url).status_code == 200
    text = client.get(f"{address}{last}/?show=new&q=x&page=2").content.decode()
    assert f"{address}?show=new&amp;q=x&amp;page=2&amp;line={last}#line-{last}" in text


def test_long_proposal_is_applied_by_a_job_that_runs_twice_without_harm(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 19)
    proposal = long_proposal(world)
    client, address = client_of(world, LEAD), f"/lead/proposals/{proposal.public_id}/"
    with clock.at(world.moments["review"]):
        stale = client.post(address, {"version": proposal.version - 1})
        late = client.post(address, {"version": proposal.version, "due_on": "2020-01-01"})
        assert (stale.status_code, late.status_code, Job.objects.filter(kind="reviews.apply").count()) == (409, 409, 0)
        answer = client.post(address, {"version": proposal.version, "due_on": "2026-07-30"})
        again = client.post(address, {"version": proposal.version})
        waits = client.get(address).content.decode()
    job = Job.objects.get(kind="reviews.apply")
    assert answer.url == again.url == job.get_absolute_url()
    assert ReviewAssignment.objects.count() == 0
    assert job.get_absolute_url() in waits
    assert "Drop" not in waits

    for _ in range(2):
        with clock.at(world.moments["review"]):
            jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.result["lines"]) == (JobState.DONE, 20), job.error
        assert ReviewAssignment.objects.count() == 20
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.APPLIED
    assert f"{proposal.due_at:%Y-%m-%d}" == "2026-07-31"  # the end of that day
    assert_nothing_is_broken()


def test_edit_while_the_job_waits_is_stale_and_nothing_is_given_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    proposal = long_proposal(world, 1)
    with clock.at(world.moments["review"]):
        client_of(world, LEAD).post(f"/lead/proposals/{proposal.public_id}/", {"version": proposal.version})
        proposals.drop_change(change=proposal.changes.first(), by=world.people[LEAD])
        job = Job.objects.get(kind="reviews.apply")
        jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, ReviewAssignment.objects.count()) == (JobState.FAILED, 0)
    assert "edited since" in job.error


@pytest.mark.django_db(transaction=True)
def test_cancel_between_two_parts_takes_everything_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job hears of it by a connection of its own; the progress is seen while the transaction is open."""
    monkeypatch.setattr(proposals, "PART", 5)
    proposal = long_proposal(world)
    job = jobs.start(
        "reviews.apply", by=world.people[LEAD], proposal_id=proposal.pk, version=proposal.version, due_at=""
    )
    seen, other = [], connection.copy()
    give = proposals._give

    def give_and_cancel(*args: Any, **kwargs: Any) -> None:
        give(*args, **kwargs)
        with other.cursor() as cursor:
            cursor.execute("SELECT done, total, message FROM core_job WHERE id = %s", [job.pk])
            seen.append(cursor.fetchone())
            if len(seen) == 2:
                cursor.execute("UPDATE core_job SET cancel_requested = true WHERE id = %s", [job.pk])

    monkeypatch.setattr(proposals, "_give", give_and_cancel)
    try:
        with clock.at(world.moments["review"]):
            jobs.run(job.pk)
            job.refresh_from_db()
            assert (job.state, job.message) == (JobState.CANCELLED, "Cancelled. Nothing was changed.")
            assert seen == [(0, 20, "Giving out"), (5, 20, "Giving out")]
            proposal.refresh_from_db()
            assert (proposal.state, ReviewAssignment.objects.count()) == (ProposalState.DRAFT, 0)
            monkeypatch.setattr(proposals, "_give", give)
            jobs.run_again(job=job, by=world.people[LEAD])
            jobs.run(job.pk)
    finally:
        other.close()
    assert ReviewAssignment.objects.count() == 20

"""A question about a submission: asked, answered, decided by two, appealed; nothing counts before that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from applications.domain.application import withdraw_application
from applications.domain.concerns import Seen, raise_concern
from applications.domain.evaluations import submit_evaluation
from applications.domain.hearing import answer_concern, appeal
from applications.domain.invariants import ALL
from applications.domain.rulings import propose_ruling, send_back
from applications.domain.scores import check_scores, read_scores
from applications.domain.values import NoAnswer
from applications.models import (
    Application,
    CaseRuling,
    CaseStatement,
    EvaluationAssignment,
    EvaluationDefinition,
    IntegrityCase,
)
from applications.queries.integrity import concern_moves, concern_page
from applications.states import CaseState, EvaluationKind, EvaluationState
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from mats_portal.desk.phases import move_phases
from mats_portal.desk.silence import in_silence
from reviews.domain.concerns import settle_case
from reviews.domain.reviews import submit_review
from reviews.models import ReviewAssignment
from reviews.queries.access import review_assignments_visible_to
from reviews.queries.checks import problems
from streams.models import Cycle
from tests.applications import factories
from tests.reviews import factories as reviewing
from tests.worlds import World

E = EvaluationState
WORDS = [Seen("same_words", "Three paragraphs stand word for word in a public report.")]
DETECTOR = Seen("detector", "97 %")


@pytest.fixture
def task(world: World) -> EvaluationAssignment:
    """Return a task that two people are to grade."""
    reviewing.add_rubrics(world)
    application = factories.under_review(world)
    reviewing.assign(world)
    return application.evaluation_assignments.get()


def graders(task: EvaluationAssignment) -> list[ReviewAssignment]:
    return list(ReviewAssignment.objects.filter(evaluation=task).order_by("pk"))


def raised(world: World, task: EvaluationAssignment, **fields: Any) -> IntegrityCase:
    values = {"concern": "Parts stand elsewhere.", "evidence": WORDS, "by": graders(task)[0].reviewer, **fields}
    with clock.at(world.moments["review"]):
        return raise_concern(assignment=task, **values)


def answered(world: World, case: IntegrityCase, text: str = "It is my own report.") -> CaseStatement:
    with clock.at(world.moments["review"] + timedelta(days=1)):
        return answer_concern(case=case, text=text, by=world.people["applicant"])


def decided(world: World, case: IntegrityCase, outcome: str, *, days: int = 2, **fields: Any) -> CaseRuling:
    with clock.at(world.moments["review"] + timedelta(days=days)):
        propose_ruling(case=case, outcome=outcome, reason="We compared both.", by=world.people["staff a"], **fields)
        return settle_case(case=case, by=world.people["staff b"])


def state(task: EvaluationAssignment) -> str:
    return EvaluationAssignment.objects.get(pk=task.pk).state


def broken() -> dict[str, list]:
    return {check.__name__: list(rows) for check in ALL if (rows := check())}


def mails(person: Any, prefix: str) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(person=person, key__startswith=prefix).order_by("pk"))


def test_grader_asks_and_the_author_is_told_what_was_seen_and_that_nothing_is_decided(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task, note="See also A-1")

    assert state(task) == E.INTEGRITY_REVIEW
    (mail,) = mails(world.people["applicant"], "concern:")
    for words in ("Nothing is decided", "Parts stand elsewhere.", WORDS[0].text, "Sat 4 July 2026, 23:59 AoE"):
        assert words in mail.body
    assert "See also A-1" not in mail.body
    assert graders(task)[0].reviewer.display_name not in mail.body
    assert raised(world, task) == case, "pressed twice is one question"
    assert AuditEvent.objects.filter(verb="raise_concern", object_key=case.public_id).count() == 1
    with clock.at(world.moments["review"]):
        (move,) = concern_moves(task.application)
    assert (move.is_open, move.due_at) == (True, case.reply_by)
    assert broken() == {}


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ([DETECTOR], "detector alone is no evidence"),
        ([DETECTOR, DETECTOR], "detector alone is no evidence"),
        ([DETECTOR, Seen("same_words", "  ")], "detector alone is no evidence"),
        ([], "at least one thing"),
        ([Seen("hunch", "A feeling")], "from the list"),
    ],
)
def test_without_evidence_of_a_person_there_is_no_question(
    world: World, task: EvaluationAssignment, evidence: list[Seen], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        raised(world, task, evidence=evidence)

    assert state(task) == E.SUBMITTED
    assert not IntegrityCase.objects.exists()
    assert raised(world, task, evidence=[DETECTOR, *WORDS]).evidence.count() == 2


def test_grading_waits_and_no_other_reader_learns_of_it(world: World, task: EvaluationAssignment) -> None:
    first, second = graders(task)
    reviewing.review(world, second)
    raised(world, task)

    with clock.at(world.moments["review"]), pytest.raises(Refused, match="no longer being read"):
        submit_review(assignment=first, reading=reviewing.reading(first), version=0, by=first.reviewer)
    for reader in (first.reviewer, second.reviewer):
        assert not review_assignments_visible_to(reader).filter(evaluation=task).exists()
    with pytest.raises(Refused, match="no longer being read"):
        raised(world, task, by=second.reviewer)

    answered(world, IntegrityCase.objects.get())
    decided(world, IntegrityCase.objects.get(), "no_concern")

    assert state(task) == E.SUBMITTED
    assert review_assignments_visible_to(first.reviewer).filter(evaluation=task).exists()
    reviewing.review(world, first)
    assert state(task) == E.GRADED


def test_nothing_is_found_before_the_author_was_heard_nor_by_one_person(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task, by=world.people["staff a"])
    staff_a, staff_b, admin = (world.people[name] for name in ("staff a", "staff b", "admin"))
    early = {"case": case, "outcome": "set_aside", "reason": "Copied"}

    with clock.at(world.moments["review"] + timedelta(days=1)), pytest.raises(Refused, match="may answer until"):
        propose_ruling(**early, by=staff_b)
    answered(world, case)
    with clock.at(world.moments["review"] + timedelta(days=2)):
        with pytest.raises(Refused, match="You raised this"):
            propose_ruling(**early, by=staff_a)
        with pytest.raises(Refused, match="Nothing is proposed"):
            settle_case(case=case, by=staff_b)
        propose_ruling(**early, by=staff_b)
        for who, words in ((staff_b, "Another person confirms"), (staff_a, "You raised this")):
            with pytest.raises(Refused, match=words):
                settle_case(case=case, by=who)
        with pytest.raises(Refused, match="Somebody has just proposed"):
            propose_ruling(**early, by=admin)
        send_back(case=case, by=admin)
        propose_ruling(**{**early, "outcome": "no_concern"}, by=admin)
        found = settle_case(case=case, by=staff_b)
        assert settle_case(case=case, by=staff_b) == found, "twice is once"

    assert (state(task), found.outcome, found.proposed_by, found.confirmed_by) == (
        E.SUBMITTED, "no_concern", admin, staff_b,
    )  # fmt: skip
    assert len(mails(world.people["applicant"], "concern-outcome:")) == 1
    assert broken() == {}


def test_an_answer_that_comes_while_an_outcome_is_proposed_takes_it_off_the_table(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task)
    answered(world, case)
    with clock.at(world.moments["review"] + timedelta(days=2)):
        propose_ruling(case=case, outcome="set_aside", reason="Copied", by=world.people["staff a"])
        answer_concern(case=case, text="I forgot to say: I wrote it.", by=world.people["applicant"])
        with pytest.raises(Refused, match="Nothing is proposed"):
            settle_case(case=case, by=world.people["staff b"])


def test_without_an_answer_two_people_decide_after_the_date_and_reminders_go_to_the_silent_alone(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task)
    person = world.people["applicant"]
    for lead in (timedelta(days=5), timedelta(days=3), timedelta(days=2), timedelta(hours=20), timedelta(hours=1)):
        with clock.at(case.reply_by - lead):
            move_phases()
            move_phases()
    assert [mail.subject.partition(" left")[0] for mail in mails(person, "concern-reminder:")] == ["3 days", "1 day"]

    after = case.reply_by + world.grace
    with clock.at(after - timedelta(seconds=1)):
        answer_concern(case=case, text="In the grace.", by=person)
        CaseStatement.objects.all().delete()
    with clock.at(after), pytest.raises(Refused, match="You could answer until"):
        answer_concern(case=case, text="Late", by=person)
    with clock.at(after):
        propose_ruling(case=case, outcome="set_aside", reason="No answer came.", by=world.people["staff a"])
        settle_case(case=case, by=world.people["staff b"])
    assert (state(task), CaseRuling.objects.get().heard_at) == (E.SET_ASIDE, None)
    assert broken() == {}


def test_whoever_has_answered_is_not_reminded(world: World, task: EvaluationAssignment) -> None:
    case = raised(world, task)
    answered(world, case)
    with clock.at(case.reply_by - timedelta(hours=2)):
        move_phases()
    assert mails(world.people["applicant"], "concern-reminder:") == []


def test_the_cycle_says_how_long_everything_takes_and_what_was_told_stays(
    world: World, task: EvaluationAssignment
) -> None:
    cycle, person = world.cycle, world.people["applicant"]
    Cycle.objects.update(
        concern_reply_days=10, concern_decision_days=4, concern_appeal_days=5, concern_reminder_days=[6, 2]
    )
    case = raised(world, task)  # on 27 June
    assert (case.reply_by, case.decide_by) == (
        datetime(2026, 7, 8, 12, tzinfo=UTC),
        datetime(2026, 7, 12, 12, tzinfo=UTC),
    )
    (asked,) = mails(person, "concern:")
    assert "Tue 7 July 2026, 23:59 AoE" in asked.body
    assert "Sat 11 July 2026, 23:59 AoE" in asked.body
    for days in (3, 5, 6, 9, 10):
        with clock.at(case.reply_by - timedelta(days=10 - days)):
            move_phases()
    assert [one.subject.partition(" left")[0] for one in mails(person, "concern-reminder:")] == ["6 days", "2 days"]

    Cycle.objects.update(concern_reply_days=30, concern_decision_days=30, concern_reminder_days=[])
    case.refresh_from_db()
    assert (case.reply_by, case.decide_by) == (
        datetime(2026, 7, 8, 12, tzinfo=UTC),
        datetime(2026, 7, 12, 12, tzinfo=UTC),
    )
    Cycle.objects.update(concern_decision_days=4)
    with clock.at(case.reply_by - timedelta(hours=1)):
        answer_concern(case=case, text="It is my own report.", by=person)
    ruling = decided(world, case, "set_aside", days=12)  # on 9 July
    assert ruling.appeal_by == datetime(2026, 7, 15, 12, tzinfo=UTC)
    (told,) = mails(person, "concern-outcome:")
    assert "You can appeal until Tue 14 July 2026, 23:59 AoE" in told.body
    Cycle.objects.update(concern_appeal_days=30, concern_decision_days=9)
    with clock.at(ruling.appeal_by - timedelta(hours=1)):
        page = concern_page(EvaluationAssignment.objects.get(pk=task.pk))
        assert (page.appeal_by, page.can_appeal, page.appeal_days) == (ruling.appeal_by, True, "30 days")
    with clock.at(ruling.appeal_by + world.grace), pytest.raises(Refused, match="until Tue 14 July 2026, 23:59 AoE"):
        appeal(case=case, text="You misread the date.", by=person)
    with clock.at(ruling.appeal_by - timedelta(hours=1)):
        appeal(case=case, text="You misread the date.", by=person)
    case.refresh_from_db()
    assert case.decide_by == datetime(2026, 7, 25, 12, tzinfo=UTC), "new dates by the time that holds now"
    assert cycle.concern_reply_days == 7, "the default that the tests around rest on"


@pytest.mark.parametrize(
    "days", [{"concern_reply_days": 2}, {"concern_appeal_days": 61}, {"concern_decision_days": 0}], ids=str
)
def test_database_refuses_times_too_short_or_too_long(world: World, days: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="cycle_time_to_answer_questions"), transaction.atomic():
        Cycle.objects.update(**days)


def test_regrading_gives_the_work_to_other_people(world: World, task: EvaluationAssignment) -> None:
    before = graders(task)
    for row in before:
        reviewing.review(world, row)
    assert state(task) == E.GRADED
    case = raised(world, task, by=world.people["empirical lead"])
    answered(world, case)
    decided(world, case, "regrade")

    assert state(task) == E.SUBMITTED
    assert {row.state for row in graders(task)} == {"ended"}
    reviewing.assign(world)
    fresh = [row.reviewer for row in graders(task) if row.state == "assigned"]
    assert fresh
    assert not {row.reviewer for row in before} & set(fresh)


def test_a_retake_starts_anew_and_the_first_work_never_counts_again(world: World, task: EvaluationAssignment) -> None:
    case = raised(world, task)
    answered(world, case)
    until = world.date("review_closes") - timedelta(hours=5)
    with pytest.raises(Refused, match="still to come"):
        decided(world, case, "retake")
    with pytest.raises(Refused, match="could not be read"):
        decided(world, case, "retake", retake_until=world.date("review_closes") + timedelta(days=1))
    decided(world, case, "retake", retake_until=until)

    row = EvaluationAssignment.objects.get(pk=task.pk)
    assert (row.state, row.submitted_at, row.extended_until) == (E.ASSIGNED, None, until)
    assert {one.state for one in graders(task)} == {"ended"}
    with clock.at(until - timedelta(hours=1)):
        submit_evaluation(assignment=row, by=world.people["applicant"], ai_statement="none")
    assert state(task) == E.SUBMITTED
    EvaluationAssignment.objects.filter(pk=task.pk).update(state=E.ASSIGNED, submitted_at=None)
    with clock.at(until + world.grace):
        move_phases()
    assert state(task) == E.EXPIRED
    assert broken() == {}


def test_an_appeal_is_decided_by_two_others_and_gives_the_work_back(world: World, task: EvaluationAssignment) -> None:
    case = raised(world, task, by=world.people["empirical lead"])
    answered(world, case)
    decided(world, case, "set_aside")
    person = world.people["applicant"]
    (mail,) = mails(person, "concern-outcome:")
    assert "Your submission does not count" in mail.body
    assert "You can appeal until" in mail.body

    with clock.at(world.moments["review"] + timedelta(days=3)):
        appeal(case=case, text="You misread the date.", by=person)
        appeal(case=case, text="You misread the date.", by=person)
        with pytest.raises(Refused, match="done so already"):
            appeal(case=case, text="And another thing.", by=person)
        again = {"case": case, "outcome": "granted", "reason": "They are right."}
        for who in ("staff a", "staff b"):
            with pytest.raises(Refused, match="Two people who did not"):
                propose_ruling(**again, by=world.people[who])
        with pytest.raises(Refused, match="one of the outcomes"):
            propose_ruling(**{**again, "outcome": "no_concern"}, by=world.people["admin"])
        propose_ruling(**again, by=world.people["admin"])
        settle_case(case=case, by=world.people["theory lead"])

    assert state(task) == E.SUBMITTED
    assert IntegrityCase.objects.get().state == CaseState.DECIDED
    assert len(mails(person, "concern-outcome:")) == 2
    assert broken() == {}


def test_an_appeal_has_a_date_and_only_what_costs_the_work_can_be_appealed(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task)
    answered(world, case)
    decided(world, case, "no_concern")
    late = world.moments["review"] + timedelta(days=11)
    with clock.at(world.moments["review"] + timedelta(days=3)), pytest.raises(Refused, match="nothing to appeal"):
        appeal(case=case, text="Still", by=world.people["applicant"])
    CaseRuling.objects.update(outcome="set_aside", appeal_by=world.moments["review"] + timedelta(days=9))
    with clock.at(late), pytest.raises(Refused, match="You could appeal until"):
        appeal(case=case, text="Late", by=world.people["applicant"])


def test_leaving_ends_the_question_without_an_outcome(world: World, task: EvaluationAssignment) -> None:
    case = raised(world, task)
    with clock.at(world.moments["review"] + timedelta(days=1)):
        withdraw_application(application=task.application, by=world.people["applicant"])

    case.refresh_from_db()
    assert (case.state, state(task)) == (CaseState.ENDED, E.SUBMITTED)
    with clock.at(world.moments["review"] + timedelta(days=2)), pytest.raises(Refused, match="settled"):
        answer_concern(case=case, text="Too late", by=world.people["applicant"])
    assert broken() == {}


def test_an_application_that_ended_in_another_way_takes_the_question_along(
    world: World, task: EvaluationAssignment
) -> None:
    raised(world, task)
    Application.objects.update(internal_state="closed", released_state="closed")
    with clock.at(world.moments["advanced"]):
        move_phases()
    assert (IntegrityCase.objects.get().state, state(task)) == (CaseState.ENDED, E.SUBMITTED)


def test_no_rule_decides_on_the_person_while_the_question_waits(world: World, task: EvaluationAssignment) -> None:
    reviewing.read(world, task.application)
    case = raised(world, task)
    batch = reviewing.review_batch(world)
    with clock.at(world.moments["review"]):
        assert [one.kind for one in problems(batch) if one.kind != "unchecked"] == ["question"]
    answered(world, case)
    decided(world, case, "no_concern")
    with clock.at(world.moments["review"]):
        assert [one.kind for one in problems(batch) if one.kind != "unchecked"] == []


def test_an_open_question_is_a_date_to_come_and_an_overdue_one_is_silence(
    world: World, task: EvaluationAssignment
) -> None:
    case = raised(world, task)
    with clock.at(case.decide_by - timedelta(seconds=1)):
        assert list(in_silence(world.cycle)) == []
    with clock.at(case.decide_by):
        assert list(in_silence(world.cycle)) == [task.application]


def test_file_comes_with_the_answer_and_another_takes_its_place(
    world: World, task: EvaluationAssignment, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    case, person = raised(world, task), world.people["applicant"]
    with clock.at(world.moments["review"] + timedelta(days=1)):
        with pytest.raises(NoAnswer):
            answer_concern(case=case, text="See", upload=ContentFile(b"MZ", name="run.exe"), by=person)
        assert not CaseStatement.objects.exists()
        first = answer_concern(case=case, text="See", upload=ContentFile(b"First draft.", name="draft.txt"), by=person)
        kept = answer_concern(case=case, text="See the draft", by=person)
        assert (kept.pk, kept.name, default_storage.exists(kept.storage_name)) == (first.pk, "draft.txt", True)
        other = answer_concern(case=case, text="See", upload=ContentFile(b"Log.", name="log.txt"), by=person)
    assert (other.pk, other.name) == (first.pk, "log.txt")
    assert default_storage.open(other.storage_name).read() == b"Log."


def test_score_of_a_provider_waits_for_the_outcome(world: World) -> None:
    EvaluationDefinition.objects.update(kind=EvaluationKind.EXTERNAL, form=None, provider="assessor")
    application = factories.in_stage2(world)
    task = application.evaluation_assignments.get()
    EvaluationAssignment.objects.update(state=E.INTEGRITY_REVIEW, submitted_at=world.moments["stage2"])
    reported = read_scores(f"code,score,out_of\n{task.public_id},3,4")
    assert "not settled" in check_scores(provider="assessor", reported=reported).refused[0][1]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"proposed": "empirical lead"}, "two_who_did_not_raise_it"),
        ({"confirmed": "staff a"}, "two_who_did_not_raise_it"),
        ({"confirmed": "empirical lead"}, "two_who_did_not_raise_it"),
        ({"heard": False}, "after_a_hearing"),
        ({"reason": ""}, "has_a_reason"),
        ({"outcome": "granted"}, "outcome_of_its_round"),
        ({"outcome": "retake"}, "retake_has_a_date"),
        ({"outcome": "set_aside"}, "says_until_when_to_appeal"),
    ],
)
def test_the_database_itself_refuses(
    world: World, task: EvaluationAssignment, change: dict[str, Any], constraint: str
) -> None:
    case = raised(world, task, by=world.people["empirical lead"])
    now = world.moments["review"] + timedelta(days=1)
    values = {
        "case": case, "outcome": change.get("outcome", "no_concern"), "reason": change.get("reason", "Why"),
        "raised_by": case.raised_by, "reply_by": case.reply_by, "proposed_at": now,
        "heard_at": now if change.get("heard", True) else None,
        "proposed_by": world.people[change.get("proposed", "staff a")],
        "confirmed_by": world.people[change.get("confirmed", "staff b")], "confirmed_at": now,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CaseRuling.objects.create(**values)
    assert CaseRuling.objects.create(
        **{**values, "outcome": "no_concern", "reason": "Why", "heard_at": now,
           "proposed_by": world.people["staff a"], "confirmed_by": world.people["staff b"]}
    )  # fmt: skip

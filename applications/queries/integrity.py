"""Questions about submissions: what their author reads, and what the calendar has to do about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from applications.models import Application, CaseRuling, CaseStatement, EvaluationAssignment, IntegrityCase
from applications.queries.values import file_words
from applications.states import ENDED, LIVE_CASE, CaseOutcome, CaseRound, CaseState
from core import clock
from core.deadlines import Deadline, instant
from core.models import OutboxMail
from core.moves import OpenMove
from streams.models import Cycle

#: All dates of a question are ends of a day anywhere on earth.
ZONE = "AoE"
#: Against which outcome the portal takes an appeal: the one that costs the person their work.
APPEALABLE = frozenset({CaseOutcome.SET_ASIDE})
#: What each outcome means, for the author.
OUTCOME_WORDS = {
    CaseOutcome.NO_CONCERN: (
        "done",
        "There is no concern",
        "Your submission counts as before, and grading goes on. Its readers learn nothing of the question.",
    ),
    CaseOutcome.REGRADE: (
        "done",
        "Your submission is graded anew",
        "It counts. Other people grade it, who know nothing of the question.",
    ),
    CaseOutcome.RETAKE: (
        "move",
        "You may do the task again",
        "Your first submission does not count. A new one does, and nobody who grades it learns of the first.",
    ),
    CaseOutcome.SET_ASIDE: (
        "warn",
        "Your submission does not count",
        "Your application is read on without this task.",
    ),
    CaseOutcome.UPHELD: ("over", "The outcome stands", "Two other people looked at it anew and came to the same."),
    CaseOutcome.GRANTED: ("done", "Your appeal is granted", "Your submission counts again as before."),
}


def end_of_day(moment: datetime, days: int) -> datetime:
    """Return the end of the day, anywhere on earth, that comes so many days after that of ``moment``."""
    return instant((moment + timedelta(days=days)).date(), None, ZONE)


def live_case_of(row: EvaluationAssignment) -> IntegrityCase | None:
    """Return the question about a submission that waits for an outcome."""
    return row.integrity_cases.filter(state__in=sorted(LIVE_CASE)).first()


def own_statements(user: Any) -> QuerySet[CaseStatement]:
    """Return the statements with a file that ``user`` made."""
    if user.is_anonymous:
        return CaseStatement.objects.none()
    return CaseStatement.objects.filter(case__assignment__application__person_id=user.pk).exclude(name="")


def reply_deadline(case: IntegrityCase) -> Deadline:
    """Return until when the author may answer, with the grace of their cycle."""
    return Deadline(case.reply_by, ZONE, timedelta(minutes=case.assignment.application.cycle.grace_minutes))


def appeal_deadline(ruling: CaseRuling, cycle: Cycle) -> Deadline:
    """Return until when the author may appeal against an outcome that two people found, as they were told."""
    assert ruling.appeal_by is not None  # a constraint of the row
    return Deadline(ruling.appeal_by, ZONE, timedelta(minutes=cycle.grace_minutes))


@dataclass(frozen=True)
class StatementRow:
    """What the author said, as they and those who decide read it."""

    public_id: str
    title: str
    text: str
    written_at: datetime
    file: str
    file_words: str


@dataclass(frozen=True)
class OutcomeRow:
    """What two people found, in words for the author."""

    kind: str
    title: str
    words: str
    reason: str
    found_at: datetime
    retake_until: datetime | None


@dataclass(frozen=True)
class ConcernPage:
    """The author's page of one question."""

    task: str
    task_id: str
    concern: str
    evidence: list[tuple[str, str]]
    raised_at: datetime
    reply_by: datetime
    decide_by: datetime
    statements: list[StatementRow]
    outcomes: list[OutcomeRow]
    can_answer: bool
    can_appeal: bool
    appeal_by: datetime | None
    is_live: bool
    is_appealed: bool
    has_ended: bool
    #: How long an appeal can be sent after an outcome against which there is one.
    appeal_days: str
    zone: str = ZONE

    @property
    def answer(self) -> StatementRow | None:
        """What was answered so far, while it can still be changed."""
        return self.statements[0] if self.statements else None


def concern_page(row: EvaluationAssignment) -> ConcernPage | None:
    """Return the page of the latest question about a submission; ``None`` if there was none. Names nobody."""
    cases = row.integrity_cases.select_related("assignment__application__cycle")
    case = cases.prefetch_related("evidence", "statements", "rulings").order_by("-pk").first()
    if case is None:
        return None
    found = [one for one in case.rulings.all() if one.confirmed_at]
    arrived = clock.arrival()
    appeal_by = _appeal_by(case, found)
    return ConcernPage(
        task=row.definition.title,
        task_id=row.public_id,
        concern=case.concern,
        evidence=[(one.get_kind_display(), one.text) for one in sorted(case.evidence.all(), key=lambda one: one.pk)],
        raised_at=case.raised_at,
        reply_by=case.reply_by,
        decide_by=case.decide_by,
        statements=statement_rows(case),
        outcomes=[_outcome(one) for one in sorted(found, key=lambda one: one.pk)],
        can_answer=case.state == CaseState.OPEN and reply_deadline(case).takes(arrived),
        can_appeal=appeal_by is not None and appeal_by.takes(arrived),
        appeal_by=appeal_by.closes_at if appeal_by else None,
        is_live=case.state in LIVE_CASE,
        is_appealed=case.state == CaseState.APPEALED,
        has_ended=case.state == CaseState.ENDED,
        appeal_days=days_word(case.assignment.application.cycle.concern_appeal_days),
    )


def statement_rows(case: IntegrityCase) -> list[StatementRow]:
    """Return what the author of a submission said, in order."""
    return [
        StatementRow(
            public_id=one.public_id,
            title="Answer" if one.round == CaseRound.FIRST else "Appeal",
            text=one.text,
            written_at=one.written_at,
            file=one.name,
            file_words=file_words({"bytes": one.size, "type": one.type}) if one.name else "",
        )
        for one in sorted(case.statements.all(), key=lambda one: one.pk)
    ]


def _appeal_by(case: IntegrityCase, found: list[CaseRuling]) -> Deadline | None:
    """Return until when an appeal is taken; ``None`` where there is nothing to appeal against."""
    application = case.assignment.application
    if case.state != CaseState.DECIDED or len(found) != 1 or application.released_state in ENDED:
        return None
    return appeal_deadline(found[0], application.cycle) if found[0].outcome in APPEALABLE else None


def _outcome(ruling: CaseRuling) -> OutcomeRow:
    kind, title, words = OUTCOME_WORDS[CaseOutcome(ruling.outcome)]
    return OutcomeRow(
        kind=kind,
        title=title,
        words=words,
        reason=ruling.reason,
        found_at=ruling.confirmed_at or ruling.proposed_at,
        retake_until=ruling.retake_until,
    )


def concern_moves(application: Application) -> list[OpenMove]:
    """Return the questions about an applicant's submissions: to answer, or until when they hear."""
    said = CaseStatement.objects.filter(case=OuterRef("pk"))
    cases = (
        IntegrityCase.objects.filter(assignment__application=application, state__in=sorted(LIVE_CASE))
        .annotate(is_answered=Exists(said))
        .select_related("assignment__definition")
        .order_by("pk")
    )
    moves = []
    for case in cases:
        is_open = not case.is_answered and clock.arrival() < case.reply_by
        moves.append(
            OpenMove(
                label=f"A question about your submission: {case.assignment.definition.title}",
                url=reverse("applications:concern", args=[case.assignment.public_id]),
                state="To answer" if is_open else "We decide",
                kind="move" if is_open else "wait",
                due_at=case.reply_by if is_open else case.decide_by,
                due_zone=ZONE,
            )
        )
    return moves


def days_word(days: int) -> str:
    """Return a number of days as a sentence says it."""
    return "1 day" if days == 1 else f"{days} days"


def cases_to_remind(cycle: Cycle) -> list[tuple[IntegrityCase, str]]:
    """Return whose author is to be reminded now, and how long before the date: the latest reminder that is due."""
    now = clock.now()
    said = CaseStatement.objects.filter(case=OuterRef("pk"))
    waiting = IntegrityCase.objects.filter(
        ~Exists(said), assignment__application__cycle=cycle, state=CaseState.OPEN, reply_by__gt=now
    )
    leads = sorted(cycle.concern_reminder_days)
    if not leads:
        return []
    rows = list(waiting.filter(reply_by__lte=now + timedelta(days=leads[-1])).order_by("pk"))
    wanted = [(row, days_word(next(n for n in leads if row.reply_by <= now + timedelta(days=n)))) for row in rows]
    keys = {f"concern-reminder:{row.public_id}:{words}": (row, words) for row, words in wanted}
    sent = set(OutboxMail.objects.filter(key__in=list(keys)).values_list("key", flat=True)) if keys else set()
    return [pair for key, pair in keys.items() if key not in sent]


def cases_to_end(cycle: Cycle) -> QuerySet[IntegrityCase]:
    """Return the questions that wait although the application has ended."""
    return (
        IntegrityCase.objects.filter(
            assignment__application__cycle=cycle,
            assignment__application__released_state__in=sorted(ENDED),
            state__in=sorted(LIVE_CASE),
        )
        .select_related("assignment__application")
        .order_by("pk")
    )


def question_open(moment: datetime) -> tuple[Q, Q]:
    """Return, as conditions on applications, that a question has a date to come, and that one is overdue."""
    live = IntegrityCase.objects.filter(assignment__application=OuterRef("pk"), state__in=sorted(LIVE_CASE))
    return Q(Exists(live.filter(decide_by__gt=moment))), Q(Exists(live.filter(decide_by__lte=moment)))

"""Questions about submissions for those who decide: the list with its dates, one question with everything about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from accounts.queries import is_staff
from applications.domain.rulings import check_may_decide
from applications.forms.extensions import ZONES
from applications.models import CaseRuling, CaseStatement, IntegrityCase
from applications.queries.integrity import StatementRow, reply_deadline, statement_rows
from applications.states import APPEAL_OUTCOMES, FIRST_OUTCOMES, LIVE_CASE, CaseOutcome, CaseRound, CaseState
from core import clock
from core.deadlines import instant
from core.refusals import Refused
from reviews.queries.access import conflicted_with

PAGE = 50


def cases_visible_to(user: Any) -> QuerySet[IntegrityCase]:
    """Return the questions that ``user`` may read: all for staff, but those about people they must not judge."""
    if user.is_anonymous or not is_staff(user):
        return IntegrityCase.objects.none()
    rows = IntegrityCase.objects.exclude(conflicted_with(user, "assignment__application__person"))
    return rows.select_related(
        "assignment__definition", "assignment__application__cycle", "assignment__application__person", "raised_by"
    )


def statements_visible_to(user: Any) -> QuerySet[CaseStatement]:
    """Return the statements with a file in those questions."""
    return CaseStatement.objects.filter(case__in=cases_visible_to(user).values("pk")).exclude(name="")


@dataclass(frozen=True)
class CaseRow:
    """One line of the list."""

    public_id: str
    pk: int
    name: str
    reference: str
    task: str
    kind: str
    state: str
    due: str
    due_at: datetime | None
    is_late: bool


def case_rows(user: Any, *, settled: bool, after: int | None = None) -> list[CaseRow]:
    """Return the questions, what is due first on top; settled ones the latest first. One more than a page."""
    said = CaseStatement.objects.filter(case=OuterRef("pk"))
    proposed = CaseRuling.objects.filter(case=OuterRef("pk"), confirmed_at=None)
    rows = cases_visible_to(user).annotate(is_answered=Exists(said), is_proposed=Exists(proposed))
    if settled:
        rows = rows.exclude(state__in=sorted(LIVE_CASE)).order_by("-pk")
        rows = rows.filter(pk__lt=after) if after else rows
    else:
        rows = rows.filter(state__in=sorted(LIVE_CASE)).order_by("decide_by", "pk")
    return [_row(row) for row in (rows[: PAGE + 1] if settled else rows)]


def _row(row: Any) -> CaseRow:
    now = clock.now()
    # Short words: a chip does not wrap, and the table is read on phones too.
    kind, state, due, due_at = "done", "Ended" if row.state == CaseState.ENDED else "Decided", "", None
    if row.state in LIVE_CASE:
        due, due_at = "Decide by", row.decide_by
        if row.is_proposed:
            kind, state = "move", "Second person"
        elif row.state == CaseState.APPEALED:
            kind, state = "move", "Appealed"
        elif row.is_answered:
            kind, state = "move", "Answered"
        elif now >= row.reply_by:
            kind, state = "move", "No answer"
        else:
            kind, state, due, due_at = "wait", "Waits", "Answer by", row.reply_by
    return CaseRow(
        public_id=row.public_id,
        pk=row.pk,
        name=str(row.assignment.application.person),
        reference=row.assignment.application.reference,
        task=row.assignment.definition.title,
        kind=kind,
        state=state,
        due=due,
        due_at=due_at,
        is_late=due_at is not None and row.decide_by <= now,
    )


def open_case_count(user: Any) -> int:
    """Return how many questions wait for an outcome."""
    return cases_visible_to(user).filter(state__in=sorted(LIVE_CASE)).count()


@dataclass(frozen=True)
class RulingRow:
    """What was proposed or found, by whom."""

    round: str
    outcome: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    retake_until: datetime | None


@dataclass(frozen=True)
class CasePage:
    """One question with everything that those who decide read."""

    public_id: str
    application: str
    task_id: str
    name: str
    reference: str
    task: str
    state: str
    kind: str
    concern: str
    note: str
    evidence: list[tuple[str, str]]
    raised_by: str
    raised_at: datetime
    reply_by: datetime
    decide_by: datetime
    statements: list[StatementRow]
    found: list[RulingRow]
    proposed: RulingRow | None
    #: Why the viewer decides nothing now; "" if they may.
    why_not: str
    is_live: bool
    is_appeal: bool
    is_own_proposal: bool

    @property
    def can_propose(self) -> bool:
        """Whether the viewer may propose an outcome."""
        return self.is_live and not self.why_not and (self.proposed is None or self.is_own_proposal)

    @property
    def can_confirm(self) -> bool:
        """Whether the viewer may be the second person."""
        return self.is_live and not self.why_not and self.proposed is not None and not self.is_own_proposal


def case_page(case: IntegrityCase, user: Any) -> CasePage:
    """Return the page of one question (from ``cases_visible_to``) for ``user``."""
    rulings = list(case.rulings.select_related("proposed_by", "confirmed_by").order_by("pk"))
    proposed = next((one for one in rulings if one.confirmed_at is None), None)
    application = case.assignment.application
    statements = statement_rows(case)
    return CasePage(
        public_id=case.public_id,
        application=application.public_id,
        task_id=case.assignment.public_id,
        name=str(application.person),
        reference=application.reference,
        task=case.assignment.definition.title,
        state=str(case.get_state_display()),
        kind="move" if case.state in LIVE_CASE else "done",
        concern=case.concern,
        note=case.note,
        evidence=[(str(one.get_kind_display()), one.text) for one in case.evidence.order_by("pk")],
        raised_by=str(case.raised_by),
        raised_at=case.raised_at,
        reply_by=case.reply_by,
        decide_by=case.decide_by,
        statements=statements,
        found=[_ruling(one) for one in rulings if one.confirmed_at],
        proposed=_ruling(proposed) if proposed else None,
        why_not=_why_not(case, user, has_answer=bool(statements)),
        is_live=case.state in LIVE_CASE,
        is_appeal=case.state == CaseState.APPEALED,
        is_own_proposal=proposed is not None and proposed.proposed_by_id == user.pk,
    )


def _ruling(row: CaseRuling) -> RulingRow:
    return RulingRow(
        round=str(CaseRound(row.round).label),
        outcome=str(row.get_outcome_display()),
        reason=row.reason,
        proposed_by=str(row.proposed_by),
        proposed_at=row.proposed_at,
        confirmed_by=str(row.confirmed_by) if row.confirmed_by else "",
        confirmed_at=row.confirmed_at,
        retake_until=row.retake_until,
    )


def _why_not(case: IntegrityCase, user: Any, *, has_answer: bool) -> str:
    try:
        check_may_decide(case, by=user)
    except Refused as refused:
        return str(refused)
    closes = reply_deadline(case)
    if not has_answer and closes.takes(clock.now()):
        return f"The person may answer until {closes.official()}. Nothing is found before that."
    return ""


class RulingForm(forms.Form):
    """What is found, and why."""

    outcome = forms.ChoiceField(
        label="What you find", widget=forms.RadioSelect, error_messages={"required": "Choose an outcome"}
    )
    on = forms.DateField(
        label="For a retake: hand in by",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The end of that day. Leave it empty for the other outcomes.",
        error_messages={"invalid": "Write a day as year-month-day, such as 2026-06-09"},
    )
    zone = forms.ChoiceField(label="Zone", choices=ZONES)
    reason = forms.CharField(
        label="Why",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The person reads this. Say what you looked at and what decided it.",
        error_messages={"required": "Write down why"},
    )

    def __init__(self, *args: Any, is_appeal: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = APPEAL_OUTCOMES if is_appeal else FIRST_OUTCOMES
        self.fields["outcome"].choices = [(one.value, one.label) for one in outcomes]  # type: ignore[attr-defined]  # a ChoiceField
        if is_appeal:
            del self.fields["on"], self.fields["zone"]

    def clean(self) -> dict[str, Any]:
        """Want a day for a retake."""
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == CaseOutcome.RETAKE and not cleaned.get("on") and "on" not in self.errors:
            self.add_error("on", "Choose the day by which it is handed in again")
        return cleaned

    def until(self) -> datetime | None:
        """Return the end of a retake."""
        day = self.cleaned_data.get("on")
        return instant(day, None, self.cleaned_data["zone"]) if day else None

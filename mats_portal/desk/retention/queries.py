"""What the staff pages about retention show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.queries import is_staff
from applications.models import Application
from core import clock
from core.states import JobState
from mats_portal.desk.exports.queries import JOB_CHIPS
from mats_portal.desk.models import (
    DeletionRequest,
    DeletionState,
    RetentionClass,
    RetentionHold,
    RetentionRun,
    RunState,
    StatisticCount,
)
from mats_portal.desk.retention.due import OTHER_RULES, SINCE, falls_due, held_back, kept_by, rules_of
from streams.models import Cycle

#: How many days a request for deletion may take by law.
LEGAL_DAYS = 30
PAGE = 50
N_RUNS = 20
#: Short words: a chip does not wrap, and the table is read on phones too.
RUN_CHIPS = {
    RunState.PROPOSED: ("move", "To confirm"),
    RunState.CONFIRMED: ("wait", "Running"),
    RunState.DONE: ("done", "Done"),
    RunState.DISCARDED: ("none", "Discarded"),
}


def runs_visible_to(user: Any) -> QuerySet[RetentionRun]:
    """Return the lists that were drawn up: staff's alone."""
    if user.is_anonymous or not is_staff(user):
        return RetentionRun.objects.none()
    return RetentionRun.objects.select_related("cycle", "proposed_by", "confirmed_by", "job")


def holds_visible_to(user: Any) -> QuerySet[RetentionHold]:
    """Return the holds: staff's alone."""
    if user.is_anonymous or not is_staff(user):
        return RetentionHold.objects.none()
    return RetentionHold.objects.select_related("person", "placed_by", "released_by")


@dataclass(frozen=True)
class RuleRow:
    """One class in one cycle: its rule, its date, and how much it is about."""

    kind: str
    label: str
    months: int
    since: str
    due_at: datetime | None
    is_due: bool
    n_kept: int
    n_due: int
    n_held: int


@dataclass(frozen=True)
class RequestRow:
    """One person's request for deletion, with the clock of the law."""

    name: str
    person: str
    state: str
    day: int
    due_at: datetime
    is_held: bool
    is_late: bool
    failed: str


@dataclass(frozen=True)
class RunRow:
    """One list, in a line."""

    public_id: str
    label: str
    cycle: str
    state: str
    kind: str
    n: int
    n_done: int
    proposed_by: str
    proposed_at: datetime


@dataclass(frozen=True)
class CountRow:
    """One number that is left of answers for statistics."""

    question: str
    stage: str
    value: str
    n: int | None


@dataclass(frozen=True)
class RetentionPage:
    """Everything on the page."""

    cycle: Cycle
    rules: list[RuleRow]
    others: tuple[tuple[str, str, str], ...]
    requests: list[RequestRow]
    holds: list[RetentionHold]
    runs: list[RunRow]
    counts: list[CountRow]
    legal_days: int = LEGAL_DAYS


def retention_page(cycle: Cycle, user: Any) -> RetentionPage:
    """Return the page of one cycle, in a fixed number of queries."""
    return RetentionPage(
        cycle=cycle,
        rules=rule_rows(cycle),
        others=OTHER_RULES,
        requests=request_rows(),
        holds=list(holds_visible_to(user).filter(released_at=None).order_by("pk")),
        runs=_run_rows(user, cycle),
        counts=_count_rows(cycle),
    )


def rule_rows(cycle: Cycle) -> list[RuleRow]:
    """Return the rules with their numbers."""
    held = Q(person__retention_holds__released_at=None, person__retention_holds__isnull=False)
    rows = []
    for rule in rules_of(cycle):
        found = (
            kept_by(cycle, rule.kind)
            .order_by()
            .aggregate(kept=Count("pk", distinct=True), held=Count("pk", filter=held, distinct=True))
        )
        rows.append(
            RuleRow(
                kind=str(rule.kind),
                label=str(rule.kind.label),
                months=rule.months,
                since=SINCE[rule.kind],
                due_at=rule.due_at,
                is_due=rule.is_due,
                n_kept=found["kept"],
                n_due=found["kept"] - found["held"] if rule.is_due else 0,
                n_held=found["held"],
            )
        )
    return rows


def request_rows() -> list[RequestRow]:
    """Return the requests for deletion that are not carried out, the oldest first."""
    rows = DeletionRequest.objects.filter(state__in=[DeletionState.WAITING, DeletionState.RUNNING])
    held = set(RetentionHold.objects.filter(released_at=None).values_list("person_id", flat=True))
    now = clock.now()
    found = []
    for row in rows.select_related("person", "job").order_by("requested_at"):
        day = (now - row.requested_at).days + 1
        failed = row.job is not None and row.job.state in {JobState.FAILED, JobState.CANCELLED}
        found.append(
            RequestRow(
                name=str(row.person),
                person=row.person.public_id,
                state=str(row.get_state_display()),
                day=day,
                due_at=row.due_at,
                is_held=row.person_id in held,
                is_late=day > LEGAL_DAYS,
                failed=row.job.error if failed and row.job else "",
            )
        )
    return found


def _run_rows(user: Any, cycle: Cycle) -> list[RunRow]:
    rows = (
        runs_visible_to(user)
        .filter(cycle=cycle)
        .annotate(n=Count("items"), n_done=Count("items", filter=Q(items__done_at__isnull=False)))
    )
    return [
        RunRow(
            public_id=row.public_id,
            label=str(row.get_kind_display()),
            cycle=row.cycle.name,
            state=RUN_CHIPS[RunState(row.state)][1],
            kind=RUN_CHIPS[RunState(row.state)][0],
            n=row.n,
            n_done=row.n_done,
            proposed_by=str(row.proposed_by),
            proposed_at=row.proposed_at,
        )
        for row in rows.order_by("-pk")[:N_RUNS]
    ]


def _count_rows(cycle: Cycle) -> list[CountRow]:
    rows = StatisticCount.objects.filter(cycle=cycle).select_related("question").order_by("question", "stage", "pk")
    return [CountRow(row.question.text, str(row.get_stage_display()), row.value, row.n) for row in rows]


@dataclass(frozen=True)
class DueRow:
    """One application of a dry run."""

    public_id: str
    pk: int
    name: str
    reference: str
    state: str


def due_rows(cycle: Cycle, kind: str, *, held: bool, after: int | None = None) -> list[DueRow]:
    """Return exactly what would go, or what a hold keeps; one more than a page."""
    return _due_rows(held_back(cycle, kind) if held else falls_due(cycle, kind), after)


def _due_rows(rows: QuerySet[Application], after: int | None) -> list[DueRow]:
    rows = rows.filter(pk__gt=after) if after else rows
    return [
        DueRow(row.public_id, row.pk, str(row.person), row.reference, str(row.get_released_state_display()))
        for row in rows.select_related("person").order_by("pk")[: PAGE + 1]
    ]


@dataclass(frozen=True)
class RunPage:
    """One list with what it comes to."""

    public_id: str
    label: str
    cycle: str
    state: str
    kind: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    ended_at: datetime | None
    is_proposed: bool
    is_mine: bool
    n: int
    n_done: int
    n_spared: int
    counts: list[tuple[str, int]]
    rows: list[DueRow]
    next_after: int | None
    job: Any
    job_chip: tuple[str, str] | None


def run_page(run: RetentionRun, user: Any, *, after: int | None = None) -> RunPage:
    """Return one list, with 50 of its applications."""
    found = run.items.aggregate(
        n=Count("pk"), done=Count("pk", filter=Q(done_at__isnull=False)), spared=Count("pk", filter=Q(spared=True))
    )
    rows = _due_rows(Application.objects.filter(pk__in=run.items.values("application")), after)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return RunPage(
        public_id=run.public_id,
        label=str(run.get_kind_display()),
        cycle=run.cycle.name,
        state=str(run.get_state_display()),
        kind=RUN_CHIPS[RunState(run.state)][0],
        proposed_by=str(run.proposed_by),
        proposed_at=run.proposed_at,
        confirmed_by=str(run.confirmed_by) if run.confirmed_by else "",
        confirmed_at=run.confirmed_at,
        ended_at=run.ended_at,
        is_proposed=run.state == RunState.PROPOSED,
        is_mine=run.proposed_by_id == user.pk,
        n=found["n"],
        n_done=found["done"],
        n_spared=found["spared"],
        counts=[(str(apps.get_model(name)._meta.verbose_name_plural), n) for name, n in sorted(run.counts.items())],
        rows=rows,
        next_after=rows[-1].pk if more else None,
        job=run.job,
        job_chip=JOB_CHIPS[JobState(run.job.state)] if run.job else None,
    )


def person_called(words: str) -> User | None:
    """Return the person with this address, or whose application has this reference; whoever works here is left out."""
    by_address = User.objects.filter(email__iexact=words).first()
    if by_address is not None:
        return by_address
    application = Application.objects.filter(reference__iexact=words).select_related("person").first()
    return application.person if application else None


def kinds() -> dict[str, str]:
    """Return the classes by their word in the address."""
    return dict(RetentionClass.choices)

"""Which rule holds, and what falls due by it: the dry run, in the words in which it is carried out."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Exists, JSONField, OuterRef, Q, QuerySet, Value

from applications.models import Answer, Application
from applications.states import ApplicationState
from core import clock
from mats_portal.desk.models import RetentionClass, RetentionHold, RetentionItem, RetentionRule
from questions.states import DataClass
from streams.models import Cycle
from streams.queries import key_instant

A, K = ApplicationState, RetentionClass
#: The portal's own rule, where a cycle has none.
DEFAULT_MONTHS = {K.DRAFTS: 12, K.UNSUCCESSFUL: 12, K.WISHED: 24, K.DEMOGRAPHICS: 3}
#: The question of the general form by whose yes an application is kept longer.
WISH = "keep_for_next_cycle"
#: From when the months are counted, in words.
SINCE = {
    K.DRAFTS: "after the general window closed",
    K.UNSUCCESSFUL: "after the end of the programme",
    K.WISHED: "after the end of the programme",
    K.DEMOGRAPHICS: "after the end of the programme",
}
#: What else is kept, for how long, and who sees to it: nothing of it is erased by hand.
OTHER_RULES = (
    ("Fellows’ applications", "as their contract says", "Not erased here."),
    ("The record of who did what", "always", "Holds no texts of applicants; names leave with the account."),
    ("Copies that people asked for", "7 days", "Deleted by the calendar."),
    ("Files that staff export", "a day", "Deleted by the calendar."),
    ("Backups", "35 days", "Overwritten where they are kept."),
)


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Rule:
    """How long one class is kept in one cycle; without a date, nothing falls due."""

    kind: RetentionClass
    months: int
    due_at: datetime | None

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return self.due_at is not None and clock.now() >= self.due_at


def rules_of(cycle: Cycle) -> list[Rule]:
    """Return the rules of a cycle, its own or the portal's."""
    own = {row.kind: row.months for row in RetentionRule.objects.filter(cycle=cycle)}
    return [_rule(cycle, kind, own.get(kind, DEFAULT_MONTHS[kind])) for kind in K]


def rule_of(cycle: Cycle, kind: str) -> Rule:
    """Return one of them."""
    return next(rule for rule in rules_of(cycle) if rule.kind == kind)


def _rule(cycle: Cycle, kind: RetentionClass, months: int) -> Rule:
    if kind == K.DRAFTS:
        closed = key_instant(cycle, "general_closes")
        base = closed.date() if closed else None
    else:
        base = cycle.programme_ends_on
    due_at = datetime.combine(add_months(base, months), time(), UTC) if base else None
    return Rule(kind, months, due_at)


def holds_in_force() -> QuerySet[RetentionHold]:
    """Return the holds that stop an erasure now."""
    return RetentionHold.objects.filter(released_at=None)


def kept_by(cycle: Cycle, kind: str) -> QuerySet[Application]:
    """Return the applications of a cycle that hold data of this class, erased ones left out; due or not."""
    rows = Application.objects.filter(cycle=cycle)
    if kind == K.DRAFTS:
        rows = rows.filter(submitted_at=None, released_state__in=[A.DRAFT, A.LAPSED, A.WITHDRAWN])
    elif kind in {K.UNSUCCESSFUL, K.WISHED}:
        rows = rows.filter(submitted_at__isnull=False, released_state__in=[A.CLOSED, A.WITHDRAWN, A.LAPSED])
        wish = Exists(
            Answer.objects.filter(application=OuterRef("pk"), question__code=WISH, value=Value(True, JSONField()))
        )
        rows = rows.filter(wish if kind == K.WISHED else ~wish)
    else:
        asked = Answer.objects.filter(application=OuterRef("pk"), question__data_class=DataClass.DEMOGRAPHIC)
        rows = rows.filter(Exists(asked))
    # Erased is erased by whichever rule: where the answers are gone, the wish among them is gone too.
    same = [K.UNSUCCESSFUL, K.WISHED] if kind in {K.UNSUCCESSFUL, K.WISHED} else [kind]
    done = RetentionItem.objects.filter(application=OuterRef("pk"), run__kind__in=same, done_at__isnull=False)
    gone = Q(person__email__endswith="@deleted.invalid")
    return rows.exclude(Exists(done)).exclude(gone).order_by("pk")


def falls_due(cycle: Cycle, kind: str) -> QuerySet[Application]:
    """Return what the rule lets go now: nothing before its date, and nobody who is held."""
    if not rule_of(cycle, kind).is_due:
        return Application.objects.none()
    return kept_by(cycle, kind).exclude(person__in=holds_in_force().values("person"))


def held_back(cycle: Cycle, kind: str) -> QuerySet[Application]:
    """Return what a hold keeps."""
    return kept_by(cycle, kind).filter(person__in=holds_in_force().values("person"))


def is_held(person: Any) -> bool:
    """Say whether nothing of this person may be deleted now."""
    return holds_in_force().filter(person_id=person.pk).exists()

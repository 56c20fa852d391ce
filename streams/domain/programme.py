"""Write a cycle and what belongs to all of it: dates, sites, topics, tracks, mentors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from core import audit
from core.transitions import locked
from questions.domain.rows import Change, Saved, save_children, save_row
from questions.models import Form
from streams.models import Cycle, KeyDate, Mentor, ResearchArea, Site, Step, Track
from streams.models.cycle import reminder_days
from streams.states import FeedbackPolicy, ReferenceMoment


@dataclass(frozen=True)
class CycleText:
    """What staff decide about a cycle."""

    code: str
    name: str
    summary: str
    programme_starts_on: date
    programme_ends_on: date
    zone_rule: str
    grace_minutes: int
    effort_budget_minutes: int
    reviews_per_application: int
    offer_mode: str
    caps_by: str
    cohort_cap: int | None
    general_form: Form
    max_referees: int = 2
    referees_asked: str = ReferenceMoment.STAGE2
    practice_required: bool = False
    gives_out_reading: bool = True
    #: Questions of the track finder, as `streams.queries.finder` reads them.
    finder: list[dict[str, Any]] = field(default_factory=list)
    feedback_policy: str = FeedbackPolicy.CHECKED
    explain_difference: int = 2
    #: Whole days: to answer a question about a submission, to decide on it, to appeal; reminders before its date.
    concern_reply_days: int = 7
    concern_decision_days: int = 7
    concern_appeal_days: int = 7
    concern_reminder_days: list[int] = field(default_factory=reminder_days)


@dataclass(frozen=True)
class KeyDateText:
    """A dated event, as instants, with the zone and the exactness in which it was entered."""

    code: str
    label: str
    note: str
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    precision: str
    audience: str
    who_acts: str
    public: bool
    order: int
    moved_from: datetime | None = None
    moved_at: datetime | None = None
    moved_reason: str = ""


@dataclass(frozen=True)
class StepText:
    """One station of a track."""

    order: int
    kind: str
    name: str
    opens_code: str
    closes_code: str
    required: bool
    minutes: int
    note: str


@dataclass(frozen=True)
class TrackText:
    """What a track says about itself and how an applicant goes through it."""

    name: str
    summary: str
    method: str
    description: str
    looks_for: str
    order: int
    form: Form | None
    place_cap: int | None = None
    blind_fields: list[str] = field(default_factory=list)
    reviewers_read_references: bool = False


@dataclass(frozen=True)
class MentorText:
    """What the catalogue shows of a mentor."""

    display_name: str
    affiliation: str
    affiliation_type: str
    base_city: str
    timezone: str
    working_hours: str
    travel_note: str
    bio: str


@transaction.atomic
def save_cycle(*, slug: str, text: CycleText, by: Any) -> Saved[Cycle]:
    """Make the cycle hold ``text``."""
    return save_row(Cycle, key={"slug": slug}, content=vars(text), by=by)


@transaction.atomic
def make_public_current(*, cycle: Cycle, by: Any) -> Change:
    """Show ``cycle`` on the public site in place of the one shown until now."""
    if cycle.is_public_current:
        return Change.UNCHANGED
    for other in Cycle.objects.select_for_update(no_key=True).filter(is_public_current=True):
        save_row(Cycle, key={"pk": other.pk}, content={"is_public_current": False}, by=by)
    save_row(Cycle, key={"pk": cycle.pk}, content={"is_public_current": True}, by=by)
    cycle.is_public_current = True
    return Change.CHANGED


@transaction.atomic
def take_off_public_site(*, cycle: Cycle, by: Any) -> Change:
    """Show no cycle on the public site in place of ``cycle``."""
    cycle = locked(cycle)
    if not cycle.is_public_current:
        return Change.UNCHANGED
    save_row(Cycle, key={"pk": cycle.pk}, content={"is_public_current": False}, by=by)
    return Change.CHANGED


@transaction.atomic
def save_key_dates(*, cycle: Cycle, dates: Sequence[KeyDateText], by: Any) -> list[Change]:
    """Make the cycle have exactly these dates; each change of a date is audited for itself."""
    changes = []
    for text in dates:
        content = {name: value for name, value in vars(text).items() if name != "code"}
        changes.append(save_row(KeyDate, key={"cycle": cycle, "code": text.code}, content=content, by=by).change)
    for gone in cycle.key_dates.exclude(code__in=[text.code for text in dates]):
        audit.record("remove", gone, by=by, code=gone.code)
        gone.delete()
        changes.append(Change.REMOVED)
    return changes


@transaction.atomic
def save_site(
    *, slug: str, name: str, city: str, timezone: str, seats: int | None, cycle: Cycle, by: Any
) -> Saved[Site]:
    """Make the site exist and belong to ``cycle``."""
    saved = save_row(
        Site, key={"slug": slug}, by=by, content={"name": name, "city": city, "timezone": timezone, "seats": seats}
    )
    saved.row.cycles.add(cycle)
    return saved


@transaction.atomic
def save_topic(*, slug: str, name: str, parent: ResearchArea | None, by: Any) -> Saved[ResearchArea]:
    """Make the topic exist under ``parent``."""
    return save_row(ResearchArea, key={"slug": slug}, content={"name": name, "parent": parent}, by=by)


@transaction.atomic
def save_track(*, cycle: Cycle, slug: str, text: TrackText, steps: Sequence[StepText], by: Any) -> Saved[Track]:
    """Make the track hold ``text`` and exactly these steps."""
    saved = save_row(Track, key={"cycle": cycle, "slug": slug}, content=vars(text), by=by)
    changed = save_children(Step, parent={"track": saved.row}, key="order", contents=[vars(step) for step in steps])
    if changed is Change.UNCHANGED or saved.change is not Change.UNCHANGED:
        return saved
    audit.record("change", saved.row, by=by, fields=["steps"])
    return Saved(saved.row, Change.CHANGED)


@transaction.atomic
def save_mentor(*, code: str, text: MentorText, by: Any) -> Saved[Mentor]:
    """Make the mentor's public lines read like ``text``; the link to an account stays as it is."""
    return save_row(Mentor, key={"code": code}, content=vars(text), by=by)

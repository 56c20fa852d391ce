"""References as applicants, referees and staff know of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import Signer
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.queries import is_staff
from applications.models import Application, Referee, Reference
from applications.queries.calendar import CycleDates, dates_for, dates_of
from applications.queries.due import own_close
from applications.queries.letters import LetterToRead, letters_by_reference
from applications.states import (
    ENDED,
    HOLDS_PLACE,
    WAITS_FOR_REFEREE,
    ApplicationState,
    ReferenceState,
    Window,
)
from core import clock
from core.deadlines import Deadline
from streams.models import Cycle
from streams.states import ReferenceMoment

A, R = ApplicationState, ReferenceState
#: The applicant may ask for one more mail when the last one is older than this.
REMIND_AFTER = timedelta(days=2)
#: When the referee is reminded, before the deadline.
REMINDERS = {"7d": timedelta(days=7), "2d": timedelta(days=2)}
#: How long after the deadline a link still opens, to read what was sent.
LINK_LIFE = timedelta(days=30)
#: While an application is here (as its applicant knows it), referees may be named.
NAMES_REFEREES = frozenset({A.DRAFT, A.SUBMITTED, A.IN_SCREEN, A.STAGE2})
#: From here on the referees are asked, by the moment that the cycle chose.
ASKED_IN = {
    ReferenceMoment.STAGE2: frozenset({A.STAGE2}),
    ReferenceMoment.SUBMIT: frozenset({A.SUBMITTED, A.IN_SCREEN, A.STAGE2}),
    ReferenceMoment.APPLICANT: frozenset(),
}
_signer = Signer(salt="applications.referee")


def link_token(referee: Referee) -> str:
    """Return what stands in the referee's link: it can be checked, and not made, by somebody who reads the database."""
    return f"{referee.public_id}.{_signer.signature(f'{referee.public_id}:{referee.nonce}')}"


def referee_of_token(token: str) -> Referee | None:
    """Return whose link this is, or ``None``: forged, revoked, or of a cycle whose letters closed long ago."""
    if "\x00" in token:
        return None
    public_id, _, signature = token.partition(".")
    referee = Referee.objects.filter(public_id=public_id[:22]).select_related("cycle").first()
    if referee is None:
        return None
    wanted = link_token(referee).partition(".")[2]
    return referee if constant_time_compare(signature, wanted) and _is_alive(referee) else None


def _is_alive(referee: Referee) -> bool:
    shown = references_of_referee(referee)
    latest = max((letters_due(row.application).closes_at for row in shown), default=None)
    return latest is not None and clock.now() < latest + LINK_LIFE


def references_of_referee(referee: Referee) -> list[Reference]:
    """Return what this referee was asked for and can still see; what was taken back is no longer there."""
    rows = Reference.objects.filter(referee=referee).exclude(state__in=[R.LISTED, R.REPLACED, R.BOUNCED])
    return list(
        rows.exclude(application__released_state=A.WITHDRAWN, submitted_at=None)
        .select_related("application__cycle", "application__person", "referee")
        .order_by("requested_at", "pk")
    )


def letters_due(application: Application, dates: CycleDates | None = None) -> Deadline:
    """Return until when letters for this person are taken."""
    return (dates or dates_for(application)).deadline(Window.REFERENCES)


def referee_can_write(reference: Reference) -> bool:
    """Say whether the referee may write now."""
    return (
        reference.state in {R.STARTED, R.SUBMITTED}
        and reference.application.released_state not in ENDED
        and letters_due(reference.application).takes(clock.arrival())
    )


# --------------------------------------------------------------------------------------------------- the applicant


@dataclass(frozen=True, kw_only=True)
class ReferenceHead:
    """What the applicant and staff alike are told of a referee."""

    public_id: str
    name: str
    email: str
    relation: str
    kind: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ReferenceRow(ReferenceHead):
    """One referee as the applicant sees them: a state and dates, and nothing of the letter."""

    access_waived: bool
    can_replace: bool
    can_remind: bool
    can_request: bool
    remind_from: datetime | None


@dataclass(frozen=True)
class RefereePage:
    """The applicant's page about referees."""

    rows: list[ReferenceRow]
    deadline: Deadline | None
    n_free: int
    maximum: int
    is_open: bool
    asked_on: datetime | None
    asked_by_hand: bool
    n_waiting: int


def reference_words(reference: Reference) -> tuple[str, str]:
    """Return chip kind and words of one reference, for its applicant and for staff."""
    state = R(reference.state)
    if state == R.REQUESTED:
        return "wait", f"Requested {_day(reference.requested_at)}"
    if state == R.SUBMITTED:
        return "done", f"Received {_day(reference.submitted_at)}"
    return {
        R.LISTED: ("none", "Listed"),
        R.STARTED: ("wait", "Started"),
        R.DECLINED: ("warn", "Declined: name someone else"),
        R.BOUNCED: ("warn", "Email bounced: check the address"),
        R.EXPIRED: ("over", "Closed without a letter: your file counts as complete"),
        R.REPLACED: ("over", "No longer asked"),
    }[state]


def _day(moment: datetime | None) -> str:
    return f"{moment.day} {moment:%B}" if moment else ""


def own_references(user: Any) -> QuerySet[Reference]:
    """Return the references that ``user`` named, without those that were replaced."""
    if user.is_anonymous:
        return Reference.objects.none()
    rows = Reference.objects.filter(application__person_id=user.pk).exclude(state=R.REPLACED)
    return rows.select_related("referee", "application__cycle", "application__person")


def referee_page(application: Application) -> RefereePage:
    """Return the applicant's page about referees, in a fixed number of queries."""
    dates = dates_for(application)
    rows = list(own_references(application.person).filter(application=application).order_by("listed_at", "pk"))
    has_date = Window.REFERENCES in dates.by_code
    deadline = letters_due(application, dates) if has_date else None
    is_open = (
        deadline is not None
        and deadline.takes(clock.arrival())
        and application.released_state in NAMES_REFEREES
        and dates.has_begun("general_opens", clock.arrival())
    )
    held = sum(row.state in HOLDS_PLACE for row in rows)
    moment = application.cycle.referees_asked
    return RefereePage(
        rows=[_row(row, is_open=is_open) for row in rows],
        deadline=deadline,
        n_free=max(application.cycle.max_referees - held, 0),
        maximum=application.cycle.max_referees,
        is_open=is_open,
        asked_on=dates.instant("stage2_opens") if moment == ReferenceMoment.STAGE2 else None,
        asked_by_hand=moment == ReferenceMoment.APPLICANT,
        n_waiting=sum(row.state in WAITS_FOR_REFEREE for row in rows),
    )


def _head(row: Reference) -> dict[str, str]:
    kind, state = reference_words(row)
    return {
        "public_id": row.public_id,
        "name": row.name,
        "email": row.referee.email,
        "relation": row.relation,
        "kind": kind,
        "state": state,
    }


def _row(row: Reference, *, is_open: bool) -> ReferenceRow:
    waits = is_open and row.state in WAITS_FOR_REFEREE
    remind_from = row.written_at + REMIND_AFTER if waits and row.written_at else None
    return ReferenceRow(
        **_head(row),
        access_waived=row.access_waived,
        can_replace=is_open and row.state not in {R.SUBMITTED, R.EXPIRED},
        can_remind=remind_from is not None and clock.now() >= remind_from,
        can_request=is_open and can_request(row),
        remind_from=remind_from,
    )


def can_request(row: Reference) -> bool:
    """Say whether the applicant may have this referee asked: where the cycle leaves the moment to them."""
    handed_in = row.application.released_state in NAMES_REFEREES - {A.DRAFT}
    by_hand = row.application.cycle.referees_asked == ReferenceMoment.APPLICANT
    return row.state == R.LISTED and by_hand and handed_in


# ---------------------------------------------------------------------------------------------------- the calendar


def _with_close(cycle: Cycle) -> tuple[QuerySet[Any], CycleDates]:
    """Return the references of a cycle with when each is ``due``, and the cycle's dates."""
    dates = dates_of(cycle)
    if Window.REFERENCES not in dates.by_code:
        return Reference.objects.none(), dates
    due = Application.objects.filter(pk=OuterRef("application_id")).annotate(
        due=own_close(dates.by_code[Window.REFERENCES].starts_at, Window.REFERENCES)
    )
    rows = Reference.objects.filter(application__cycle=cycle).annotate(due=due.values("due")[:1])
    return rows.select_related("referee", "application__cycle", "application__person").order_by("pk"), dates


def references_to_request(cycle: Cycle) -> QuerySet[Reference]:
    """Return the referees who are to be asked now; also those that an earlier beat missed."""
    rows, dates = _with_close(cycle)
    states = ASKED_IN[ReferenceMoment(cycle.referees_asked)]
    now = clock.now()
    # Staff gave more time to somebody who is further on: their referees are asked again.
    again = Q(n_requests__gt=0, application__released_state__in=sorted(set(A) - ENDED))
    wanted = Q(application__released_state__in=sorted(states)) | again
    return rows.filter(wanted, state=R.LISTED, due__gt=now - dates.grace)


def references_to_expire(cycle: Cycle) -> QuerySet[Reference]:
    """Return the references whose time is over."""
    rows, dates = _with_close(cycle)
    open_states = [R.LISTED, R.REQUESTED, R.STARTED, R.BOUNCED]
    return rows.filter(state__in=open_states, due__lte=clock.now() - dates.grace)


def references_to_remind(cycle: Cycle) -> list[tuple[Reference, str]]:
    """Return whom to remind now, with the name of the reminder: of those that are due, the latest one only."""
    rows, _ = _with_close(cycle)
    now = clock.now()
    waiting = rows.filter(state__in=sorted(WAITS_FOR_REFEREE), due__gt=now).exclude(
        application__released_state__in=sorted(ENDED)
    )
    found: dict[int, tuple[Reference, str]] = {}
    for name, lead in REMINDERS.items():  # the earlier one first, so that the later one replaces it
        # Not to somebody whom we wrote to within the day before.
        for row in waiting.filter(due__lte=now + lead, written_at__lt=F("due") - lead - timedelta(days=1)):
            found[row.pk] = (row, name)
    return list(found.values())


# ---------------------------------------------------------------------------------------------- closeness of people


def applicants_who_named(user: Any) -> QuerySet[Application]:
    """Return the applications that name ``user`` as a referee, whether or not they were asked by now."""
    named = Reference.objects.exclude(state=R.REPLACED, requested_at=None).filter(referee__email=user.email.lower())
    return Application.objects.filter(pk__in=named.values("application_id"))


def asked_references() -> QuerySet[Reference]:
    """Return the references whose referee is in conflict with who named them: all but those replaced unasked."""
    return Reference.objects.exclude(state=R.REPLACED, requested_at=None)


def referee_pairs() -> frozenset[tuple[int, int]]:
    """Return (referee, applicant) for each referee who has an account here."""
    named = Reference.objects.exclude(state=R.REPLACED, requested_at=None).values_list(
        "referee__email", "application__person_id"
    )
    accounts = dict(
        User.objects.filter(Exists(Referee.objects.filter(email=OuterRef("email")))).values_list("email", "pk")
    )
    return frozenset((accounts[email], person) for email, person in named if email in accounts)


def referees_of_person(person_id: int) -> set[int]:
    """Return the accounts of the referees of one person."""
    named = Reference.objects.exclude(state=R.REPLACED, requested_at=None).filter(application__person_id=person_id)
    return set(User.objects.filter(email__in=named.values("referee__email")).values_list("pk", flat=True))


# ------------------------------------------------------------------------------------------------------------ staff


def references_visible_to(user: Any) -> QuerySet[Reference]:
    """Return the references that ``user`` may look after: all but the own ones, for staff alone."""
    if user.is_anonymous or not is_staff(user):
        return Reference.objects.none()
    rows = Reference.objects.exclude(application__person_id=user.pk)
    return rows.select_related("referee", "application__cycle", "application__person")


@dataclass(frozen=True, kw_only=True)
class StaffReference(ReferenceHead):
    """One referee as staff see them, with the letter if it is in."""

    decline_reason: str
    letter: LetterToRead | None
    can_bounce: bool
    can_renew: bool


def staff_references(application: Application) -> list[StaffReference]:
    """Return the referees of one application with their letters; callers are staff."""
    rows = list(application.references.select_related("referee").order_by("listed_at", "pk"))
    letters = letters_by_reference(rows)
    return [
        StaffReference(
            **_head(row),
            decline_reason=row.decline_reason,
            letter=letters.get(row.pk),
            can_bounce=row.state == R.REQUESTED,
            can_renew=row.state in WAITS_FOR_REFEREE | {R.SUBMITTED},
        )
        for row in rows
    ]

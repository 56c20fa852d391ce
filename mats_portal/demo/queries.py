"""Whom a visitor can be, and when: what the demo's own page shows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import RoleGrant, User
from accounts.states import Role
from applications.models import Application, Referee, Reference
from applications.queries.references import link_token
from applications.states import WAITS_FOR_REFEREE, ApplicationState
from core.refusals import Refused
from mats_portal.demo.moments import SCENES, Scene
from mats_portal.demo.names import EDGE_PEOPLE
from streams.models import Cycle, KeyDate, Stream, Track

#: Where each role begins to work.
HOME_OF = {
    Role.ADMIN: "/console/",
    Role.STAFF: "/console/",
    Role.OBSERVER: "/console/match/",
    Role.TRACK_LEAD: "/lead/",
    Role.REVIEWER: "/review/",
    Role.MENTOR: "/mentor/",
}
#: The role by which a person is listed, where they hold several.
ORDER = (Role.STAFF, Role.ADMIN, Role.OBSERVER, Role.TRACK_LEAD, Role.REVIEWER, Role.MENTOR)
HEADINGS = {
    Role.STAFF: ("Staff", "Run the cycle: decisions, match, offers, mails."),
    Role.ADMIN: ("Admin", "Configure the portal and give roles."),
    Role.OBSERVER: ("Observer", "Look at results and the record without acting."),
    Role.TRACK_LEAD: ("Track leads", "Follow the review of their track and propose decisions."),
    Role.REVIEWER: ("Reviewers", "Read applications without names and score them."),
    Role.MENTOR: ("Mentors", "Read who applied to their stream and rank them."),
}
FOUND_AT_MOST = 30


@dataclass(frozen=True)
class Account:
    """One invented person whom a visitor can be by one click."""

    public_id: str
    name: str
    email: str
    note: str


@dataclass(frozen=True)
class AccountGroup:
    """The invented people of one role."""

    title: str
    text: str
    accounts: list[Account]


@dataclass(frozen=True)
class Moment:
    """An instant to which the clock can be moved."""

    label: str
    note: str
    at: datetime
    is_past: bool


def demo_people() -> QuerySet[User]:
    """Return the invented people who can be signed in as by one click."""
    if not settings.DEMO_MODE:
        return User.objects.none()
    return User.objects.filter(is_demo=True, is_active=True)


def people_visible_to(user: Any) -> QuerySet[User]:
    """Return whom anybody, signed in or not, may become in the demo: the invented people, and nobody outside it."""
    return demo_people()


def account_groups() -> list[AccountGroup]:
    """Return the invented people who work for the programme, by role."""
    grants = RoleGrant.objects.filter(revoked_at=None).order_by("role", "pk")
    people = demo_people().filter(grants__revoked_at=None, grants__isnull=False).distinct().order_by("pk")
    scopes = _scope_names()
    of_role: dict[str, list[Account]] = {role: [] for role in ORDER}
    for person in people.prefetch_related(Prefetch("grants", grants)):
        held = list(person.grants.all())
        role = next(role for role in ORDER if role in {grant.role for grant in held})
        names = [scopes[grant.scope_key] for grant in held if grant.role == role and grant.scope_key in scopes]
        of_role[role].append(Account(person.public_id, person.display_name, person.email, _listed(names)))
    return [AccountGroup(*HEADINGS[role], of_role[role]) for role in ORDER if of_role[role]]


def _scope_names() -> dict[str, str]:
    return {
        **dict(Track.objects.values_list("public_id", "name")),
        **dict(Stream.objects.values_list("public_id", "title")),
    }


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


#: States in the order in which there is something for the applicant to do.
STATES = (
    ApplicationState.OFFERED,
    ApplicationState.FINAL,
    ApplicationState.STAGE2,
    ApplicationState.DRAFT,
    ApplicationState.SUBMITTED,
    ApplicationState.ACCEPTED,
    ApplicationState.UNDER_REVIEW,
    ApplicationState.IN_SCREEN,
    ApplicationState.CLOSED,
    ApplicationState.WITHDRAWN,
    ApplicationState.LAPSED,
)


def applicant_examples() -> list[Account]:
    """Return up to two invented applicants for each state that applicants are in now."""
    found: dict[str, list[Account]] = {state: [] for state in STATES}
    rows = Application.objects.filter(
        cycle__is_public_current=True, person__is_demo=True, person__is_active=True
    ).select_related("person")
    known = {edge.email: number for number, edge in enumerate(EDGE_PEOPLE)}
    for application in sorted(rows, key=lambda row: (known.get(row.person.email, len(known)), row.pk)):
        if len(found[application.released_state]) < 2:
            found[application.released_state].append(_applicant(application))
    return [account for accounts in found.values() for account in accounts]


def returning_examples() -> list[Account]:
    """Return two invented people who applied to an earlier cycle and not to the public one."""
    again = Application.objects.filter(cycle__is_public_current=True).values("person_id")
    rows = Application.objects.filter(
        cycle__is_public_current=False, person__is_demo=True, person__is_active=True
    ).exclude(person__in=again)
    return [
        replace(_applicant(row), note=f"Applied to {row.cycle}: on 3 June, start again and bring the answers")
        for row in rows.select_related("person", "cycle").order_by("pk")[:2]
    ]


def all_examples() -> list[Account]:
    """Return invented applicants for the demo's own page: one's state each, and those who may come back."""
    return [*applicant_examples(), *returning_examples()]


def sign_in_examples() -> list[Account]:
    """Return one invented person for each role, and a few applicants, for the sign-in page."""
    first = [
        replace(account, note=f"{group.title}: {account.note}" if account.note else group.title)
        for group in account_groups()
        for account in group.accounts[:1]
    ]
    applicants = [replace(account, note=f"Applicant: {account.note}") for account in applicant_examples()[:4]]
    return applicants + first


def applicants_called(words: str) -> list[Account]:
    """Return invented applicants whose name, address or reference contains ``words``."""
    rows = Application.objects.filter(
        Q(person__display_name__icontains=words) | Q(person__email__icontains=words) | Q(reference__iexact=words),
        person__is_demo=True,
        person__is_active=True,
    )
    named = rows.select_related("person").order_by("person__display_name", "pk")
    return [_applicant(row) for row in named[:FOUND_AT_MOST]]


def _applicant(application: Application) -> Account:
    person, state = application.person, ApplicationState(application.released_state)
    return Account(person.public_id, person.display_name, person.email, str(state.label))


def home_of(person: User) -> str:
    """Return the address at which ``person`` begins to work."""
    held = set(RoleGrant.objects.filter(user=person, revoked_at=None).values_list("role", flat=True))
    return next((HOME_OF[role] for role in ORDER if role in held), "/my/")


def public_cycle() -> Cycle | None:
    """Return the cycle shown to the public."""
    return Cycle.objects.filter(is_public_current=True).first()


@dataclass(frozen=True)
class RefereeLink:
    """A page that a referee was sent a link to."""

    name: str
    path: str
    note: str


def referee_links() -> list[RefereeLink]:
    """Return links of invented referees who still have to write: one with a single applicant, one with several.

    Only for the demo, whose mail goes nowhere: anywhere else these links are in nobody's hands but the referees'.
    """
    if not settings.DEMO_MODE:
        return []
    open_ones = Reference.objects.filter(state__in=sorted(WAITS_FOR_REFEREE), application__person__is_demo=True)
    found: list[RefereeLink] = []
    for number in (1, 2):
        referees = Referee.objects.filter(references__in=open_ones).annotate(n=Count("references", distinct=True))
        referee = (referees.filter(n=1) if number == 1 else referees.filter(n__gte=2)).order_by("pk").first()
        row = open_ones.filter(referee=referee).select_related("application__person").first() if referee else None
        if referee and row:
            others = Reference.objects.filter(referee=referee).count() - 1
            note = f"asked by {row.application.person}" + (f" and {others} more" if others else "")
            found.append(RefereeLink(row.name, f"/refer/open/{link_token(referee)}/", note))
    return found


def scenes(cycle: Cycle, now: datetime) -> list[Moment]:
    """Return the instants at which there is much to see."""
    dates = dict(cycle.key_dates.values_list("code", "starts_at"))
    return [
        Moment(scene.label, scene.note, dates[scene.code] + scene.shift, dates[scene.code] + scene.shift <= now)
        for scene in SCENES
        if scene.code in dates
    ]


def instant_of(scene: Scene) -> datetime:
    """Return when ``scene`` is in the public cycle. Raises ``Refused`` where the cycle has no such date."""
    starts = KeyDate.objects.filter(cycle__is_public_current=True, code=scene.code).first()
    if starts is None:
        raise Refused(f"The cycle has no date “{scene.code}”.")
    return starts.starts_at + scene.shift


def calendar(cycle: Cycle, now: datetime) -> list[Moment]:
    """Return every dated event of the cycle in the order in which they happen."""
    dates: Iterable[KeyDate] = cycle.key_dates.order_by("starts_at", "order")
    return [Moment(date.label, date.note, date.starts_at, date.starts_at <= now) for date in dates]


def what_to_try() -> str:
    """Return the lines that the terminal shows: who is there and what a visitor could do first."""
    lines = ["Sign in by one click on /demo/ or on the sign-in page; nobody has a password."]
    lines += [
        f"  {group.title:<12} {account.name} <{account.email}>{f', {account.note}' if account.note else ''}"
        for group in account_groups()
        for account in group.accounts[:1]
    ]
    lines += [
        f"  {'Applicant':<12} {account.name} <{account.email}>, {account.note}" for account in applicant_examples()[:6]
    ]
    lines += [
        "",
        "Try",
        "  1. as an applicant with the mentors: order your streams; then, on /demo/, move the clock to the match",
        "  2. as staff: run the match, look at its certificate, let a second person approve it, release the offers",
        "  3. as an applicant with an offer: accept it",
        "  4. as a mentor: rank the applicants of your stream; as a reviewer (clock at the central review): read",
        "  5. as yourself: move the clock to 3 June, register with any address, apply",
    ]
    return "\n".join(lines)

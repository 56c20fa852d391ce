"""Who holds which role on what, with the names of cycles, tracks and streams; one account as an admin sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet

from accounts.forms.access import Groups
from accounts.models import RoleGrant, User
from accounts.queries import grants_visible_to, has_second_factor, people_visible_to
from accounts.states import Role, ScopeKind
from core import clock
from streams.models import Cycle, Stream, Track

PAGE = 50
N_OTHERS = 10


@dataclass(frozen=True)
class GrantRow:
    """One line of the table of roles."""

    public_id: str
    pk: int
    person: str
    person_id: str
    email: str
    is_suspended: bool
    role: str
    scope: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None
    is_live: bool
    ended_at: datetime | None


@dataclass(frozen=True)
class AccountPage:
    """One account: its state, its second factor, its devices and its roles."""

    public_id: str
    name: str
    email: str
    is_active: bool
    created_at: datetime
    signed_in_at: datetime | None
    has_second_factor: bool
    n_sessions: int
    roles: list[GrantRow]


def grant_rows(
    user: Any, *, q: str = "", role: str = "", over: bool = False, after: int | None = None
) -> list[GrantRow]:
    """Return up to one line more than a page, newest first; the extra line says that there is a next page."""
    rows = _of_people(grants_visible_to(user), q, prefix="user__")
    now = clock.now()
    has_ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=now)
    rows = rows.filter(has_ended) if over else rows.exclude(has_ended)
    if role in Role.values:
        rows = rows.filter(role=role)
    if after:
        rows = rows.filter(pk__lt=after)
    return _rows(rows.order_by("-pk")[: PAGE + 1])


def people_without_role(user: Any, q: str) -> list[User]:
    """Return the first accounts that fit ``q`` and hold no live role, so that an admin finds applicants too."""
    if not q:
        return []
    live = RoleGrant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now()), revoked_at=None)
    people = _of_people(people_visible_to(user), q).exclude(pk__in=live.values("user_id"))
    return list(people.order_by("email")[:N_OTHERS])


def account_page(person: User) -> AccountPage:
    """Return one account."""
    return AccountPage(
        public_id=person.public_id,
        name=str(person),
        email=person.email,
        is_active=person.is_active,
        created_at=person.created_at,
        signed_in_at=person.last_login,
        has_second_factor=has_second_factor(person),
        n_sessions=UserSession.objects.filter(user=person).count(),
        roles=_rows(person.grants.order_by("-pk")),
    )


def grant_row(grant: RoleGrant) -> GrantRow:
    """Return one grant."""
    (row,) = _rows(RoleGrant.objects.filter(pk=grant.pk))
    return row


def scopes() -> Groups:
    """Return what a role can be held on, as groups of a drop-down: everything, then cycles, tracks, streams."""
    cycles = {cycle.pk: cycle for cycle in Cycle.objects.all()}
    tracks = Track.objects.order_by("-cycle__programme_starts_on", "order")
    streams = Stream.objects.order_by("-cycle__programme_starts_on", "title")
    return [
        (str(ScopeKind.ALL.label), [(f"{ScopeKind.ALL}:", "Everything")]),
        ("Cycles", [(f"{ScopeKind.CYCLE}:{cycle.public_id}", cycle.name) for cycle in cycles.values()]),
        ("Tracks", [(f"{ScopeKind.TRACK}:{row.public_id}", f"{row.name}, {cycles[row.cycle_id]}") for row in tracks]),
        (
            "Streams",
            [(f"{ScopeKind.STREAM}:{row.public_id}", f"{row.title}, {cycles[row.cycle_id]}") for row in streams],
        ),
    ]


def scope_row(kind: str, key: str) -> Cycle | Track | Stream | None:
    """Return the row that a chosen scope names; ``None`` for everything."""
    tables: dict[str, Any] = {ScopeKind.CYCLE: Cycle, ScopeKind.TRACK: Track, ScopeKind.STREAM: Stream}
    return tables[kind].objects.get(public_id=key) if kind in tables else None


def _of_people(rows: QuerySet[Any], q: str, prefix: str = "") -> QuerySet[Any]:
    if not q:
        return rows
    return rows.filter(Q(**{f"{prefix}display_name__icontains": q}) | Q(**{f"{prefix}email__icontains": q}))


def _rows(grants: QuerySet[RoleGrant]) -> list[GrantRow]:
    found = list(grants.select_related("user", "granted_by"))
    names, now = _scope_names(found), clock.now()
    return [
        GrantRow(
            public_id=grant.public_id,
            pk=grant.pk,
            person=str(grant.user),
            person_id=grant.user.public_id,
            email=grant.user.email,
            is_suspended=not grant.user.is_active,
            role=grant.get_role_display(),
            scope=names.get(grant.scope_key, "something that is gone") if grant.scope_key else "Everything",
            granted_at=grant.granted_at,
            granted_by=str(grant.granted_by) if grant.granted_by else "the system",
            expires_at=grant.expires_at,
            is_live=grant.revoked_at is None and (grant.expires_at is None or grant.expires_at > now),
            ended_at=grant.revoked_at or grant.expires_at,
        )
        for grant in found
    ]


def _scope_names(grants: Iterable[RoleGrant]) -> dict[str, str]:
    keys = {grant.scope_key for grant in grants if grant.scope_key}
    names = dict(Cycle.objects.filter(public_id__in=keys).values_list("public_id", "name"))
    for row in Track.objects.filter(public_id__in=keys).select_related("cycle"):
        names[row.public_id] = f"{row.name}, {row.cycle}"
    for stream in Stream.objects.filter(public_id__in=keys).select_related("cycle"):
        names[stream.public_id] = f"{stream.title}, {stream.cycle}"
    return names

"""Who holds which role: the one place that reads grants."""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import RoleGrant, User
from accounts.states import Role, ScopeKind
from core import clock
from core.editions import once


def live_grants(user: Any) -> QuerySet[RoleGrant]:
    """Return the grants of ``user`` that hold now."""
    if user.is_anonymous or not user.is_active:
        return RoleGrant.objects.none()
    return RoleGrant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=clock.now()), user_id=user.pk, revoked_at=None
    )


def scope_keys(user: Any, role: str, kind: str) -> QuerySet[RoleGrant, Any]:
    """Return the public ids of the objects of ``kind`` on which ``user`` holds ``role``, as a subquery."""
    return live_grants(user).filter(role=role, scope_kind=kind).values("scope_key")


def held_grants(user: Any) -> tuple[tuple[str, str, str], ...]:
    """Return (role, kind of scope, key of scope) of each grant that holds now; asked once in a request."""
    if user.is_anonymous or not user.is_active:
        return ()
    return once(
        ("grants", user.pk), lambda: tuple(live_grants(user).values_list("role", "scope_kind", "scope_key").order_by())
    )


def roles_of(user: Any) -> frozenset[str]:
    """Return the roles that ``user`` holds anywhere; read once for each user object."""
    if user.is_anonymous:
        return frozenset()
    # By attribute: of a request's lazy user the row behind it is meant, which others may hold without its wrapping.
    cached = getattr(user, "_roles", None)
    if cached is None:
        cached = frozenset(role for role, _, _ in held_grants(user))
        user._roles = cached
    return cached


def has_role(user: Any, *roles: str) -> bool:
    """Say whether ``user`` holds any of ``roles`` anywhere."""
    return bool(roles_of(user) & set(roles))


def is_staff(user: Any) -> bool:
    """Say whether ``user`` works for the programme (staff or admin)."""
    return has_role(user, Role.STAFF, Role.ADMIN)


def holders(role: str, kind: str, key: str) -> QuerySet[User]:
    """Return the active people who hold ``role`` on one object."""
    now = clock.now()
    grants = RoleGrant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), role=role, scope_kind=kind, scope_key=key, revoked_at=None
    )
    return User.objects.filter(is_active=True, pk__in=grants.values("user_id"))


def must_have_second_factor(user: Any) -> bool:
    """Say whether ``user`` sees other people's data, so that a password or a mailbox alone must not open the account.

    The demo signs anybody in with one click and asks for none.
    """
    if not settings.SECOND_FACTOR_REQUIRED or settings.DEMO_MODE or user.is_anonymous:
        return False
    return user.is_staff or user.is_superuser or bool(roles_of(user))


def has_second_factor(user: Any) -> bool:
    """Say whether ``user`` set up an authenticator app or a passkey; recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def people_visible_to(user: Any) -> QuerySet[User]:
    """Return the accounts that ``user`` may open, close and give roles to: all of them to an admin, else none."""
    return User.objects.all() if has_role(user, Role.ADMIN) else User.objects.none()


def grants_visible_to(user: Any) -> QuerySet[RoleGrant]:
    """Return the grants that ``user`` may see and take back: all of them to an admin, else none."""
    return RoleGrant.objects.all() if has_role(user, Role.ADMIN) else RoleGrant.objects.none()


def is_fresh(records: list[dict[str, Any]]) -> bool:
    """Say whether the last of a session's ``records`` of signing in or confirming is recent, by the wall clock."""
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


__all__ = [
    "ScopeKind",
    "grants_visible_to",
    "has_role",
    "has_second_factor",
    "held_grants",
    "holders",
    "is_fresh",
    "is_staff",
    "live_grants",
    "must_have_second_factor",
    "people_visible_to",
    "roles_of",
    "scope_keys",
]

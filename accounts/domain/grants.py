"""Give and take roles."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.domain.sessions import end_sessions
from accounts.models import RoleGrant, User
from accounts.states import SCOPES_OF, Role, ScopeKind
from core import audit, clock
from core.refusals import Refused
from core.transitions import locked


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    by: Any,
    scope: Any = None,
    scope_kind: str = ScopeKind.ALL,
    expires_at: datetime | None = None,
) -> RoleGrant:
    """Give ``user`` a role on ``scope`` (a row with a public id) or on everything; asking twice gives one grant.

    A new grant signs its holder out everywhere. Raises ``Refused`` where the role cannot be held on that kind of scope.
    """
    if scope_kind not in SCOPES_OF[Role(role)]:
        raise Refused(f"{Role(role).label} cannot be granted on {ScopeKind(scope_kind).label.lower()}.")
    user = locked(user)
    key = scope.public_id if scope is not None else ""
    present = RoleGrant.objects.filter(user=user, role=role, scope_kind=scope_kind, scope_key=key, revoked_at=None)
    if grant := present.first():
        if grant.expires_at is None or grant.expires_at > clock.now():
            return grant
        revoke_role(grant=grant, by=by)
    grant = RoleGrant.objects.create(
        user=user, role=role, scope_kind=scope_kind, scope_key=key, granted_by=by, expires_at=expires_at
    )
    audit.record("grant_role", grant, by=by, after=role, scope_kind=scope_kind, scope=key)
    # The next sign-in asks for the second factor that the role may call for.
    end_sessions(user=user)
    return grant


@transaction.atomic
def revoke_role(*, grant: RoleGrant, by: Any) -> RoleGrant:
    """Take a role back and sign its holder out everywhere. Doing it twice changes nothing.

    Raises ``Refused`` for an admin's own role, so that the last one cannot lock everybody out.
    """
    grant = locked(grant, "user")
    if grant.revoked_at:
        return grant
    if by is not None and grant.user_id == by.pk and grant.role == Role.ADMIN:
        raise Refused("Another admin takes this role from you.")
    grant.revoked_at = clock.now()
    grant.save(update_fields=["revoked_at"])
    audit.record("revoke_role", grant, by=by, before=grant.role, scope=grant.scope_key)
    end_sessions(user=grant.user)
    return grant

"""Permissions that depend on a role alone."""

from typing import Any

import rules

from accounts import queries
from accounts.states import Role


@rules.predicate
def is_staff(user: Any) -> bool:
    """Works for the programme."""
    return queries.is_staff(user)


@rules.predicate
def is_observer(user: Any) -> bool:
    """May look at results without acting."""
    return queries.has_role(user, Role.OBSERVER)


@rules.predicate
def is_admin(user: Any) -> bool:
    """Configures the portal."""
    return queries.has_role(user, Role.ADMIN)


@rules.predicate
def asked_for_it(user: Any, job: Any) -> bool:
    """Is the one who asked for the job."""
    return job is not None and job.asked_by_id == user.pk


rules.add_perm("core.view_outbox", is_staff)
rules.add_perm("core.steer_outbox", is_staff)
rules.add_perm("core.view_every_job", is_staff)
rules.add_perm("core.view_job", is_staff | asked_for_it)
rules.add_perm("core.view_audit", is_staff | is_observer)
rules.add_perm("accounts.manage_roles", is_admin)

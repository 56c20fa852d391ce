"""Who holds which role on what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.states import Role, ScopeKind
from core import clock, ids


class RoleGrant(models.Model):
    """A role on a cycle, track or stream (by its public id), until it expires or is revoked."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    scope_kind = models.CharField(max_length=10, choices=ScopeKind.choices)
    scope_key = models.CharField(max_length=22, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="grant_role_known"),
            models.CheckConstraint(condition=Q(scope_kind__in=ScopeKind.values), name="grant_scope_known"),
            models.CheckConstraint(
                condition=Q(scope_kind=ScopeKind.ALL, scope_key="") | (~Q(scope_kind=ScopeKind.ALL) & ~Q(scope_key="")),
                name="grant_names_its_scope",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "scope_kind", "scope_key"],
                condition=Q(revoked_at=None),
                name="grant_once_while_it_lasts",
            ),
        ]
        indexes = [models.Index(fields=["role", "scope_kind", "scope_key"])]

    def __str__(self) -> str:
        return f"{self.role} on {self.scope_kind}"

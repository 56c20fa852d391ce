"""People and their grants."""

from accounts.models.grant import RoleGrant
from accounts.models.user import User

__all__ = ["RoleGrant", "User"]

"""People, their grants and their devices."""

from accounts.models.device import KnownDevice
from accounts.models.grant import RoleGrant
from accounts.models.user import User

__all__ = ["KnownDevice", "RoleGrant", "User"]

"""What people change about themselves."""

from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.transitions import locked


@transaction.atomic
def save_profile(*, user: User, display_name: str, timezone: str, by: Any) -> User:
    """Store name and time zone of ``user``."""
    user = locked(user)
    user.display_name, user.timezone = display_name.strip(), timezone
    user.save(update_fields=["display_name", "timezone"])
    audit.record("save_profile", user, by=by)
    return user

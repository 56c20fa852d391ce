"""What people change about themselves."""

from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.transitions import locked


@transaction.atomic
def save_profile(*, user: User, display_name: str, timezone: str, by: Any, wants_reminders: bool | None = None) -> User:
    """Store name and time zone of ``user``, and whether they want to be reminded (``None``: as before)."""
    user = locked(user)
    user.display_name, user.timezone = display_name.strip(), timezone
    if wants_reminders is not None:
        user.wants_reminders = wants_reminders
    user.save(update_fields=["display_name", "timezone", "wants_reminders"])
    audit.record("save_profile", user, by=by)
    return user

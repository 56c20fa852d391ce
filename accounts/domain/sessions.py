"""End sessions: what a person may do has changed, or somebody else may hold one."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User


@transaction.atomic
def end_sessions(*, user: User, keep: str | None = None) -> int:
    """Delete every session of ``user`` but the one with the key ``keep``. Returns how many there were."""
    # The sign-in library keeps a row for each session of a person, so that we need not decode them all.
    rows = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    ended, _ = Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()
    return ended

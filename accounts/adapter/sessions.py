"""How sessions behave here: what ends the others renews one's own, so that a copy of its cookie dies too."""

from typing import Any

from allauth.core import context as library
from allauth.usersessions.adapter import DefaultUserSessionsAdapter


class PortalUserSessionsAdapter(DefaultUserSessionsAdapter):
    """Sign out all other devices, a stolen copy of this one included."""

    def end_sessions(self, sessions: Any) -> None:
        """End ``sessions``; keep the one that asked under a new key."""
        ended = {session.session_key for session in sessions}
        super().end_sessions(sessions)
        if library.request.session.session_key not in ended:
            renew(library.request)


def renew(request: Any) -> None:
    """Give the session in hand a new key; whoever holds the old one is signed out."""
    old = request.session.session_key
    request.session.cycle_key()
    request.user.usersession_set.filter(session_key=old).update(session_key=request.session.session_key)

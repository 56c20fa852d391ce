"""Roles and the scopes they are granted on."""

from django.db.models import TextChoices


class Role(TextChoices):
    REVIEWER = "reviewer", "Reviewer"
    MENTOR = "mentor", "Mentor"
    TRACK_LEAD = "track_lead", "Track lead"
    STAFF = "staff", "Staff"
    ADMIN = "admin", "Admin"
    OBSERVER = "observer", "Observer"


class ScopeKind(TextChoices):
    ALL = "all", "Everything"
    CYCLE = "cycle", "Cycle"
    TRACK = "track", "Track"
    STREAM = "stream", "Stream"


#: Which scopes each role can be granted on. A reviewer's pool is a track, a mentor's a stream.
SCOPES_OF = {
    Role.REVIEWER: {ScopeKind.TRACK},
    Role.MENTOR: {ScopeKind.STREAM},
    Role.TRACK_LEAD: {ScopeKind.TRACK},
    Role.STAFF: {ScopeKind.ALL, ScopeKind.CYCLE},
    Role.ADMIN: {ScopeKind.ALL},
    Role.OBSERVER: {ScopeKind.ALL, ScopeKind.CYCLE},
}


class AccessReason(TextChoices):
    """Why an account was closed, opened or freed of its second factor: codes, since the record keeps no texts."""

    LEFT = "left", "No longer with the programme"
    OTHER_HANDS = "other_hands", "The account may be in other hands"
    CONDUCT = "conduct", "Conduct"
    ASKED = "asked", "The person asked for it"
    LOST_DEVICE = "lost_device", "Lost device, recognised by other means"
    MISTAKE = "mistake", "An earlier step was a mistake"

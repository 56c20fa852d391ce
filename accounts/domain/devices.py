"""Tell a person when their account is opened from a device that it was not opened from before."""

import hashlib

from django.db import transaction

from accounts.models import KnownDevice, User
from core import clock, deadlines, outbox

#: What a browser says of itself, and how we call it; the first that fits. Most browsers also name older ones.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return a browser in words that outlive its updates, such as ``Firefox on Linux``."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "A browser we do not know")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


@transaction.atomic
def note_sign_in(*, user: User, user_agent: str, session_key: str) -> bool:
    """Remember the device; mail the person if it is a new one. Returns whether it was mailed.

    The first device of an account is no news: its owner has just proved that they read the mail.
    """
    # One sign-in at a time, or two first ones at once would each find the other device.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    now, name = clock.now(), device_name(user_agent)
    if KnownDevice.objects.filter(user=user, name=name).update(last_seen_at=now):
        return False
    is_news = KnownDevice.objects.filter(user=user).exists()
    KnownDevice.objects.create(user=user, name=name, first_seen_at=now, last_seen_at=now)
    if is_news:
        outbox.enqueue(
            # A digest: the session's own key would open it to whoever reads the outbox.
            key=f"account:new-device:{hashlib.sha256(session_key.encode()).hexdigest()[:40]}",
            to=user.email,
            template="accounts/mail/new_device.txt",
            person=user,
            device=name,
            moment=deadlines.written(now, user.timezone or "UTC"),
        )
    return is_news

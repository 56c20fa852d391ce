"""The demo: everything on this machine, invented people, sign-in by one click. It answers this machine alone."""

import os
import secrets
from ipaddress import ip_address
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_VAR = Path(os.environ.get("PORTAL_VAR_DIR") or Path(__file__).resolve().parent.parent.parent / "var")


def _own_secret_key() -> str:
    """Return this copy's own key, drawn once: no key stands in the code, and a restart signs nobody out."""
    keeper = _VAR / "secret-key"
    _VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(os.open(keeper, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as fresh:
            fresh.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return keeper.read_text()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


os.environ.setdefault("SECRET_KEY", _own_secret_key())
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")

from mats_portal.logging import logging_config  # noqa: E402
from mats_portal.settings.background import beat_schedule  # noqa: E402
from mats_portal.settings.base import *  # noqa: E402, F403  (after the values base asks for)
from mats_portal.settings.base import ALLOWED_HOSTS, INSTALLED_APPS  # noqa: E402
from mats_portal.settings.environment import VAR_DIR, env  # noqa: E402

DEMO_MODE = True
DEMO_BIND = env.str("DEMO_BIND", default="127.0.0.1")
for _name, _hosts in {"ALLOWED_HOSTS": ALLOWED_HOSTS, "DEMO_BIND": [DEMO_BIND]}.items():
    if not _hosts or not all(_is_loopback(host) for host in _hosts):
        raise ImproperlyConfigured(
            f"{_name} is {','.join(_hosts)!r}: the demo signs anybody in with one click, so it answers localhost only."
        )

INSTALLED_APPS = [*INSTALLED_APPS, "mats_portal.demo"]
CELERY_BEAT_SCHEDULE = beat_schedule(move_phases_every=5.0)
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mailbox"
LOGGING = logging_config(readable=True, level=env.str("LOG_LEVEL", default="INFO"))

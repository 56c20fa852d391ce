"""Production. Whatever is missing or unsafe is listed by name, and the portal does not start."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from mats_portal.settings import storage
from mats_portal.settings.base import *  # noqa: F403
from mats_portal.settings.base import ALLOWED_HOSTS, PORTAL_BASE_URL, SECRET_KEY
from mats_portal.settings.environment import env, needed

_MAIL_THAT_GOES_NOWHERE = ("console", "dummy", "filebased", "locmem")


def _unsafe_values() -> list[str]:
    """Return a sentence for each value that must not reach the public."""
    found = []
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or "insecure" in SECRET_KEY:
        found.append("SECRET_KEY is too short or guessable: use 50 random characters or more.")
    if env.bool("DEBUG", default=False):
        found.append("DEBUG is on: error pages would show settings and personal data.")
    if env.bool("DEMO_MODE", default=False):
        found.append(
            "DEMO_MODE is on: it lets anybody sign in as anybody. Use mats_portal.settings.demo on one machine."
        )
    if not ALLOWED_HOSTS:
        found.append("ALLOWED_HOSTS is not set. It lists the names the portal answers to, with commas.")
    if any("*" in host or host.startswith(".") for host in ALLOWED_HOSTS):
        found.append("ALLOWED_HOSTS has a wildcard: write each name out.")
    if not os.environ.get("PORTAL_BASE_URL"):
        found.append("PORTAL_BASE_URL is not set. Links in mails begin with it, such as https://portal.example.org.")
    elif urlsplit(PORTAL_BASE_URL).scheme != "https":
        found.append("PORTAL_BASE_URL must begin with https://.")
    if not os.environ.get("DEFAULT_FROM_EMAIL"):
        found.append("DEFAULT_FROM_EMAIL is not set. It is the sender of every mail.")
    if not os.environ.get("SUPPORT_EMAIL"):
        found.append("SUPPORT_EMAIL is not set. It stands on every page for people who are stuck.")
    if any(word in EMAIL["EMAIL_BACKEND"] for word in _MAIL_THAT_GOES_NOWHERE):
        found.append("EMAIL_URL sends mail nowhere: name an SMTP server, such as smtp+tls://user:password@host:587.")
    if not os.environ.get("TRUSTED_PROXY_COUNT"):
        found.append("TRUSTED_PROXY_COUNT is not set. It is the exact number of proxies in front, 0 for none.")
    return found + storage.unsafe_values()


needed("EMAIL_URL", "the mail server, such as smtp+tls://user:password@host:587")
try:
    EMAIL = env.email_url("EMAIL_URL")
except ImproperlyConfigured as error:
    raise ImproperlyConfigured(f"EMAIL_URL: {error}. Use smtp+tls://, smtp+ssl:// or smtp://.") from None
if _problems := _unsafe_values():
    raise ImproperlyConfigured("The portal does not start:\n- " + "\n- ".join(_problems))
# The names Django reads: EMAIL_HOST, EMAIL_PORT and so on.
globals().update({name: value for name, value in EMAIL.items() if name.startswith("EMAIL_")})

CSRF_TRUSTED_ORIGINS = [PORTAL_BASE_URL]
# The proxy in front ends TLS and must set this header itself on every request.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# Not to whatever name the request gives: a wrong one would end as an error before the headers are set.
SECURE_SSL_HOST = urlsplit(PORTAL_BASE_URL).netloc
# Probes come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# A browser takes a __Host- cookie only over TLS, from this host, for the whole site: no subdomain can plant one.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

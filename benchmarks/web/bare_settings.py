"""The limit of this machine: Django with nothing but session, user and CSRF check."""

from benchmarks.web.settings import *  # noqa: F403 -- a settings module is its star import
from benchmarks.web.settings import BASE_DIR, TEMPLATES

ROOT_URLCONF = "benchmarks.web.bare"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # The library of the sign-in pages does not start without it; it does next to nothing on other pages.
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        **TEMPLATES[0],
        "DIRS": [BASE_DIR / "benchmarks" / "web"],
        "OPTIONS": {},
    }
]

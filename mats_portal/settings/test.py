"""The test suite: real PostgreSQL and Redis from the launcher, plain static files, mail kept in memory."""

import os
import secrets

# A new key for each run; worker processes that a test starts inherit it.
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
# A debugger or a busy machine may hold a statement for long; what a test says about timeouts it sets itself.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "60s")
os.environ.setdefault("DATABASE_LOCK_TIMEOUT", "10s")
# Playwright's synchronous interface runs an event loop in the test's own thread, which Django would refuse.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

from mats_portal.logging import logging_config
from mats_portal.settings.base import *  # noqa: F403  (after the values base asks for)
from mats_portal.settings.base import DATABASES, INSTALLED_APPS, STORAGES

# The suite's own web server keeps no connection that a later test, or the end of the test database, would meet.
DATABASES = {"default": DATABASES["default"] | {"CONN_MAX_AGE": 0}}
DEMO_MODE = True
INSTALLED_APPS = [*INSTALLED_APPS, "mats_portal.demo"]
# Argon2 is slow on purpose; a suite signs in a thousand times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Served from where they lie: nothing is collected for a test.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = logging_config(readable=True, level="WARNING")

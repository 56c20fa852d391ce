"""What holds wherever the portal runs. A needed value that is missing is named and stops the start."""

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from whitenoise.compress import Compressor

from mats_portal.logging import logging_config
from mats_portal.settings import storage
from mats_portal.settings.background import *  # noqa: F403  (these are settings too, each for one subject)
from mats_portal.settings.environment import BASE_DIR, VAR_DIR, env, needed
from mats_portal.settings.servers import REDIS_PURPOSE, database, redis_url
from mats_portal.settings.sign_in import *  # noqa: F403

DEBUG = False
DEMO_MODE = False
SECRET_KEY = needed("SECRET_KEY", "the key that signs sessions and tokens: 50 random characters or more")
# Former keys, while one is being replaced: sessions, tokens and the secrets of second factors stay readable.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="help@example.org")
# Who fills the top bar: core knows no app above it.
PORTAL_NAVIGATION = "mats_portal.desk.navigation.navigation"
# Where links in mails point to: no trailing slash.
PORTAL_BASE_URL = env.str("PORTAL_BASE_URL", default="http://localhost:8000").rstrip("/")

# --- Apps and the way of a request ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "mats_portal.apps.PortalConfig",
    "mats_portal.desk",
    "matching",
    "reviews",
    "applications",
    "streams",
    "questions",
    "accounts",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "mats_portal.apps.PortalStaticFilesConfig",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rules",
    "pgtrigger",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "heroicons",
    "bootstrap",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    # First, since it notes when the request arrived: a deadline is decided by arrival, not by how long we took.
    "core.middleware.RequestContextMiddleware",
    "mats_portal.request_log.RequestLogMiddleware",
    # Around the one that sends plain requests to TLS, which answers itself: these headers stand on that answer too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.ClosedRoutesMiddleware",
    "core.middleware.SignedOutMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.views.second_factor.SecondFactorMiddleware",
    "core.middleware.RefusedMiddleware",
]

ROOT_URLCONF = "mats_portal.urls"
WSGI_APPLICATION = "mats_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.portal",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- PostgreSQL: the record -------------------------------------------------------------------------------------

# What opens an account, and the seed of a lottery that is still to come, is not for reports (core.database_roles).
DATABASE_READER_SEES_NO_TABLE = [
    "sessions.Session",
    "mfa.Authenticator",
    "usersessions.UserSession",
    "core.OutboxMail",
    "matching.LotteryCommitment",
]
DATABASE_READER_SEES_NO_COLUMN = {"accounts.User": ["password"]}
DATABASES = {"default": database(statement_timeout="10s", lock_timeout="2s")}

# --- Redis: a doorbell. Losing it loses nothing -----------------------------------------------------------------

# One server with two numbered databases will do. CACHE_URL puts the cache on a server of its own.
CACHE_ADDRESS = redis_url("CACHE_URL" if os.environ.get("CACHE_URL") else "REDIS_URL", 1, REDIS_PURPOSE)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_ADDRESS,
        "KEY_PREFIX": "portal",
        "TIMEOUT": 300,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

# --- Sessions, cookies, headers ---------------------------------------------------------------------------------

# In the database alone: Redis going away signs nobody out, and a session that was ended lives on in no cache.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 7 * 24 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": Django's CSRF check over HTTPS needs the Referer of our own pages.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: for the small drawings inside Bootstrap's own style sheet.
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- What people send us ----------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
#: One file; a little over what is taken, so that the answer to a larger one is a sentence beside the field.
UPLOAD_MAX_BYTES = 11 * 1024 * 1024
#: Providers of tests and the secrets with which their calls are signed: ``provider=secret,other=secret``.
SCORE_HOOK_SECRETS: dict[str, str] = env.dict("SCORE_HOOK_SECRETS", default={})
#: The same of mail services that report mails that came back.
BOUNCE_HOOK_SECRETS: dict[str, str] = env.dict("BOUNCE_HOOK_SECRETS", default={})
FILE_UPLOAD_HANDLERS = [
    "core.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Private documents, unless a bucket is named (STORAGES below): outside everything the web server serves. Views hand
# them out after a policy check.
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT") or VAR_DIR / "media")

# --- Static files, language, mail, logs -------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": storage.default_storage(),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are for a developer's tools: not worth their seconds of compression at every start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="MATS selection portal <portal@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The right-hand side of every Message-ID.
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
EMAIL_TIMEOUT = 20

# A task's log lines carry the id of the request that asked for it.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = logging_config(readable=False, level=env.str("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"

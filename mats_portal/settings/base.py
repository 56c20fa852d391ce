"""What holds wherever the portal runs. A needed value that is missing is named and stops the start."""

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue
from whitenoise.compress import Compressor

from mats_portal.logging import logging_config
from mats_portal.settings import storage

env = environ.Env()


def needed(name: str, purpose: str) -> str:
    """Return the environment's value, or stop and say which one is missing and what it is for."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. It is {purpose}.")
    return value


BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("PORTAL_VAR_DIR") or BASE_DIR / "var")

DEBUG = False
DEMO_MODE = False
SECRET_KEY = needed("SECRET_KEY", "the key that signs sessions and tokens: 50 random characters or more")
# Former keys, while one is being replaced: sessions, tokens and the secrets of second factors stay readable.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PORTAL_NAME = env.str("PORTAL_NAME", default="MATS selection portal")
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


def database(statement_timeout: str, lock_timeout: str) -> dict[str, Any]:
    """Return the database of DATABASE_URL with limits that keep one slow statement from stopping everybody."""
    needed("DATABASE_URL", "the PostgreSQL database, such as postgresql://user:password@host:5432/name")
    settings = env.db_url("DATABASE_URL")
    if settings["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: the portal runs on no other.")
    options = settings.setdefault("OPTIONS", {})
    # A socket directory cannot stand in the host part of an address, so it comes as ?host=.
    settings["HOST"] = options.pop("host", None) or settings["HOST"]
    limits = {
        "statement_timeout": env.str("DATABASE_STATEMENT_TIMEOUT", default=statement_timeout),
        "lock_timeout": env.str("DATABASE_LOCK_TIMEOUT", default=lock_timeout),
        "idle_in_transaction_session_timeout": "30s",
    }
    options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return settings | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}


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


def redis_url(name: str, database: int, purpose: str) -> str:
    """Return the address in the named variable, pointed at one of the server's numbered databases."""
    parts = urlsplit(needed(name, purpose))
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={database}"
    if parts.scheme in {"redis", "rediss"}:
        return urlunsplit(parts._replace(path=f"/{database}"))
    raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")


def broker_url(address: str) -> str:
    """Return the address as Celery spells it: it has its own words for a socket."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host={parts.query.removeprefix('db=')}"
    return address


_REDIS_PURPOSE = "the Redis server for tasks and the cache, such as redis://host:6379 or unix:///path/redis.sock"
# One server with two numbered databases will do. CACHE_URL puts the cache on a server of its own.
CACHE_ADDRESS = redis_url("CACHE_URL" if os.environ.get("CACHE_URL") else "REDIS_URL", 1, _REDIS_PURPOSE)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_ADDRESS,
        "KEY_PREFIX": "portal",
        "TIMEOUT": 300,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

CELERY_BROKER_URL = broker_url(redis_url("REDIS_URL", 0, _REDIS_PURPOSE))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The visibility timeout must stay above four times the longest task, or Redis hands out a running task again.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2}
# A caller that finds the broker down goes on at once: the row is the record and the sweeps ring again.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
# Without it, a task whose process was killed counts as done.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 570
CELERY_TIMEZONE = "UTC"
CELERY_TASK_QUEUES = [Queue("default"), Queue("mail"), Queue("match")]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "core.tasks.sweep_outbox": {"queue": "mail"},
    "core.tasks.deliver*": {"queue": "mail"},
    "matching.tasks.*": {"queue": "match"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")


def beat_schedule(move_phases_every: float) -> dict[str, dict[str, Any]]:
    """Return what happens without being asked, each as often as its page can wait."""
    every = {
        "core.tasks.sweep_outbox": 30.0,
        "mats_portal.desk.tasks.move_phases": move_phases_every,
        "core.tasks.sweep_jobs": 60.0,
        "core.tasks.seal_record": 60.0,
        "mats_portal.desk.tasks.forget_exports": 600.0,
        "mats_portal.desk.tasks.count_silence": 3600.0,
        "mats_portal.desk.tasks.keep_privacy": 600.0,
        "applications.tasks.forget_lost_files": 3600.0,
        "core.tasks.heartbeat": 15.0,
    }
    # A beat nobody heard is dropped once the next one is due: a worker that was away does not find a pile.
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds}} for task, seconds in every.items()
    }


CELERY_BEAT_SCHEDULE = beat_schedule(move_phases_every=20.0)

# --- Who signs in, and how --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/my/"

ACCOUNT_ADAPTER = "accounts.adapter.account.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
# The password is optional: the code is the way in, and a password may be set later.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
# Only "mandatory" keeps sign-up from telling whether an address is known.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Codes, not links: mail scanners follow links, and a code proves that the person reads the mail.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The time limit comes from SESSION_COOKIE_AGE alone; no "remember me" box.
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT") or 0)
ACCOUNT_FORMS = {
    name: f"accounts.forms.sign_in.{form}"
    for name, form in {
        "login": "LoginForm",
        "signup": "PlainSignupForm",
        "add_email": "AddEmailForm",
        "change_password": "ChangePasswordForm",
        "set_password": "SetPasswordForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "NewPasswordForm",
        "request_login_code": "RequestLoginCodeForm",
        "confirm_login_code": "ConfirmLoginCodeForm",
        "confirm_email_verification_code": "ConfirmEmailForm",
        "confirm_password_reset_code": "ConfirmResetForm",
        "change_email": "ChangeEmailForm",
        "reauthenticate": "ReauthenticateForm",
    }.items()
}
# Everybody who holds a role sets up a second factor before they see a page of theirs. Never asked for in the demo.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
MFA_ADAPTER = "accounts.adapter.second_factor.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A passkey replaces password and second factor: the device has asked for a fingerprint or a PIN.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PORTAL_NAME
# One step of 30 seconds early or late: clocks of phones differ.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    name: f"accounts.forms.second_factor.{form}"
    for name, form in {
        "authenticate": "AuthenticateForm",
        "reauthenticate": "ReauthenticateForm",
        "activate_totp": "ActivateAppForm",
        "add_webauthn": "AddPasskeyForm",
        "edit_webauthn": "RenamePasskeyForm",
    }.items()
}
USERSESSIONS_ADAPTER = "accounts.adapter.sessions.PortalUserSessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False

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

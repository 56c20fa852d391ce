"""Settings of the measured servers: production's shape, on loopback, without TLS and second factor."""

from mats_portal.logging import logging_config
from mats_portal.settings.base import *  # noqa: F403 -- a settings module is its star import
from mats_portal.settings.base import STORAGES
from mats_portal.settings.environment import BASE_DIR

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Nothing is collected for a measurement; the server only wants a folder that exists.
STATIC_ROOT = BASE_DIR / "static"
# The sessions of the generator are written by the seeding; it types no codes.
SECOND_FACTOR_REQUIRED = False
LOGGING = logging_config(readable=True, level="ERROR")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

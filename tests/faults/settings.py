"""Test settings for worker processes: mail goes to a folder that outlives the process."""

import os

from mats_portal.settings.test import *  # noqa: F403 -- a settings module is its star import

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["TEST_MAILBOX"]

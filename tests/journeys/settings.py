"""Demo settings for the processes of a browser journey: quick beat, files straight from their folders."""

from mats_portal.settings.demo import *  # noqa: F403 -- a settings module is its star import
from mats_portal.settings.demo import STORAGES, beat_schedule

CELERY_BEAT_SCHEDULE = beat_schedule(move_phases_every=1.0)
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# A journey signs more people in within a minute than anybody does by hand.
ACCOUNT_RATE_LIMITS = False

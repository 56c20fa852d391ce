"""The Celery application; its configuration stands in settings/background.py under CELERY_."""

import logging.config
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

app = Celery("mats_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def use_the_portals_logging(**_: Any) -> None:
    """Keep Celery from installing its own log format: one format for web and worker."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)

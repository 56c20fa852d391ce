"""The project: settings, addresses, and what needs several apps at once."""

from mats_portal.celery import app as celery_app

__all__ = ["celery_app"]

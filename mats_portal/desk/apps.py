"""The desk as an app, for its commands."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages and jobs that need several apps."""

    name = "mats_portal.desk"
    label = "desk"

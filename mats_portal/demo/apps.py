"""The demo as an app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed in the demo and in tests only."""

    name = "mats_portal.demo"
    label = "demo"

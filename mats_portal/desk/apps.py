"""The desk as an app, for its commands and permissions."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages and jobs that need several apps."""

    name = "mats_portal.desk"
    label = "desk"

    def ready(self) -> None:
        """Register the permissions and the jobs of all apps."""
        from mats_portal.desk import reading, rules, tasks  # noqa: F401 -- importing registers them

"""What people hand in."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """Load the permissions."""

    name = "applications"

    def ready(self) -> None:
        from applications import rules  # noqa: F401 -- importing registers the permissions

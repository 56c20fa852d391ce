"""Preferences, the match and offers."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Load the permissions and the kind of job."""

    name = "matching"

    def ready(self) -> None:
        from matching import (
            rules,  # noqa: F401
            tasks,  # noqa: F401
        )

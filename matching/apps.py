"""Preferences, the match and offers."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Load the permissions."""

    name = "matching"

    def ready(self) -> None:
        from matching import rules  # noqa: F401, PLC0415 -- importing registers the permissions

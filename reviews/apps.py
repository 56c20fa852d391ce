"""Reading, scoring and deciding."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Load the permissions."""

    name = "reviews"

    def ready(self) -> None:
        from reviews import rules  # noqa: F401 -- importing registers the permissions

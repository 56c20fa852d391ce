"""Reading, scoring and deciding."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Load the permissions and the kinds of jobs, whose names pages show."""

    name = "reviews"

    def ready(self) -> None:
        from reviews import rules, tasks  # noqa: F401 -- importing registers them

"""Reading, scoring and deciding."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Load the permissions and the kinds of jobs, whose names pages show; tell tracks who knows their criteria."""

    name = "reviews"

    def ready(self) -> None:
        from reviews import rules, tasks  # noqa: F401 -- importing registers them
        from reviews.queries.rubric_public import public_rubric
        from streams.queries.tracks import criteria_come_from

        criteria_come_from(public_rubric)

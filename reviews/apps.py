"""Reading, scoring and deciding."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Load the permissions and the kinds of jobs, whose names pages show; tell lower apps what is known here.

    Tracks get to know their criteria, and everybody's lists from whose files a person is kept.
    """

    name = "reviews"

    def ready(self) -> None:
        from core.access import keep_apart
        from reviews import rules, tasks  # noqa: F401 -- importing registers them
        from reviews.queries.access import people_kept_from
        from reviews.queries.rubric_public import public_rubric
        from streams.queries.tracks import criteria_come_from

        keep_apart(people_kept_from)
        criteria_come_from(public_rubric)

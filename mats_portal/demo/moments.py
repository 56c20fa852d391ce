"""Moments of the calendar at which there is much to see."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Scene:
    """A moment that lies ``shift`` after (or before) the key date ``code``."""

    name: str
    label: str
    note: str
    code: str
    shift: timedelta


SCENES = (
    Scene(
        "applications_open",
        "Applications open",
        "Register and apply with an address of your own.",
        "general_opens",
        timedelta(days=22),
    ),
    Scene("stage_two", "Stage 2", "Choose streams and do the track tasks.", "stage2_opens", timedelta(days=5)),
    Scene("central_review", "Central review", "Reviewers read without names.", "review_opens", timedelta(days=7)),
    Scene("ranking", "Ranking", "Mentors and applicants rank each other.", "rankings_close", timedelta(days=-2)),
    Scene(
        "matched",
        "Match",
        "The lists are locked. Run the match, then have a second person approve it.",
        "match_run",
        timedelta(hours=1),
    ),
    Scene("offers_out", "Offers", "Offers are out, and replies are due.", "offers_sent", timedelta(days=1)),
)
BY_NAME = {scene.name: scene for scene in SCENES}

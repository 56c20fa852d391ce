"""Live one cycle: each act at its own instant, by the same functions that people's pages call."""

from datetime import datetime

from core import clock
from mats_portal.demo import domain
from mats_portal.demo.story.applying import Applying
from mats_portal.demo.story.gates import Gates
from mats_portal.demo.story.matching import Matching
from mats_portal.demo.story.reviewing import Reviewing
from mats_portal.demo.story.second_stage import SecondStage

__all__ = ["Story"]


class Story(Applying, Gates, SecondStage, Reviewing, Matching):
    """One cycle as it is lived, up to now. Phases are told in the order of the calendar, each up to an instant."""

    def deliver(self, moment: datetime) -> None:
        """Deliver the post of the time up to ``moment``."""
        with clock.at(moment):
            domain.deliver_past_mail()

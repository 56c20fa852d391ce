"""Build a named moment of the calendar in an empty database, or move the clock of an inhabited one to it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.refusals import Refused
from mats_portal.demo import domain, moments, queries, scenarios, seeding


class Command(BaseCommand):
    """Go to a moment."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(scenarios.BUILDERS))
        parser.add_argument("--applicants", type=int, default=scenarios.APPLICANTS)
        parser.add_argument("--seed", type=int, default=scenarios.SEED)

    def handle(self, *args: Any, name: str, applicants: int, seed: int, **options: Any) -> None:
        try:
            if scenarios.is_inhabited():
                moment = queries.instant_of(moments.BY_NAME[name])
                domain.move_clock(to=moment, by=None)
                self.stdout.write(f"The clock shows {moment:%d %B %Y %H:%M} UTC; the people's states stay as they are.")
                return
            world = seeding.seed(name, n=applicants, seed=seed)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{len(world.applicants)} applicants; the clock shows {world.moment:%d %B %Y %H:%M} UTC.")

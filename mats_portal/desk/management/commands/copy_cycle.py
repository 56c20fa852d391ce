"""Make a new cycle from an earlier one: same tracks, forms, rubrics and streams, dates moved, nobody in it."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.refusals import Refused
from mats_portal.desk.catalogue.copying import NewCycle, copy_cycle
from mats_portal.desk.catalogue.reading import Mistakes
from streams.models import Cycle


class Command(BaseCommand):
    """All of it or nothing."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", required=True, help="the slug of the cycle to copy, such as autumn-2026")
        parser.add_argument("--slug", required=True, help="of the new one, such as spring-2027")
        parser.add_argument("--code", required=True, help="in references, such as 27S")
        parser.add_argument("--name", required=True, help="such as 'Spring 2027'")
        parser.add_argument("--starts", required=True, type=date.fromisoformat, help="first day, such as 2027-03-29")

    def handle(self, *args: Any, **asked: Any) -> None:
        source = Cycle.objects.filter(slug=asked["cycle"]).first()
        if source is None:
            raise CommandError(f"There is no cycle “{asked['cycle']}”.")
        new = NewCycle(asked["slug"], asked["code"], asked["name"], asked["starts"])
        try:
            made = copy_cycle(source=source, new=new, by=None)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from refusal
        except Mistakes as wrong:
            lines = "\n".join(f"  {mistake}" for mistake in wrong.found)
            raise CommandError(f"{source} breaks rules of the catalogue; nothing was changed.\n{lines}") from wrong
        self.stdout.write(f"{made}: {made.tracks.count()} tracks, {made.streams.count()} streams as drafts, nobody.")

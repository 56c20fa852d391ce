"""Write the list of offers into a file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.domain.exports import offer_lines, record_export
from streams.models import Cycle


class Command(BaseCommand):
    """The same lines as the download in the console."""

    help = "Write all offers of a cycle as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the cycle, the format and the file."""
        parser.add_argument("--cycle", required=True, metavar="SLUG")
        parser.add_argument("--format", choices=["csv"], default="csv")
        parser.add_argument("--output", required=True, metavar="FILE", help="a path, or - for standard output")

    def handle(self, *args: Any, cycle: str, output: str, **options: Any) -> None:
        """Write the file and note it on the record."""
        found = Cycle.objects.filter(slug=cycle).first()
        if found is None:
            raise CommandError(f"There is no cycle called {cycle!r}.")
        record_export(cycle=found, by=None)
        if output == "-":
            sys.stdout.writelines(offer_lines(found))
            return
        path = Path(output)
        # Names and addresses: for the caller alone.
        path.touch(mode=0o600)
        with path.open("w", encoding="utf-8", newline="") as file:
            n_lines = 0
            for line in offer_lines(found):
                file.write(line)
                n_lines += 1
        self.stdout.write(f"{n_lines - 1} offers written to {path}")

"""Write a cycle's catalogue from the database to TOML files: importing them again changes nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.refusals import Refused
from mats_portal.desk.catalogue.exporting import export_catalogue
from mats_portal.desk.catalogue.reading import Mistakes


class Command(BaseCommand):
    """Write all of it or nothing."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", required=True, help="the cycle's slug, such as autumn-2026")
        parser.add_argument("--output", type=Path, required=True, help="a folder, or a file that ends in .toml")

    def handle(self, *args: Any, cycle: str, output: Path, **options: Any) -> None:
        try:
            files = export_catalogue(slug=cycle, output=output)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was written.") from refusal
        except Mistakes as mistakes:
            lines = "\n".join(f"  {mistake}" for mistake in mistakes.found)
            told = f"The database breaks rules of the catalogue in {len(mistakes.found)} places; nothing was written."
            raise CommandError(f"{told}\n{lines}") from mistakes
        for file in files:
            self.stdout.write(str(file))

"""Bring a catalogue (cycle, dates, tracks, forms, rubrics, mentors, streams) from TOML files into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import Mistakes
from questions.domain.rows import Change


class Command(BaseCommand):
    """Import all of it or nothing; a second run changes nothing and says so."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a .toml file, or a folder of them")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            counts = import_catalogue(path=path, by=None)
        except Mistakes as mistakes:
            lines = "\n".join(f"  {mistake}" for mistake in mistakes.found)
            noun = "mistake" if len(mistakes.found) == 1 else "mistakes"
            raise CommandError(f"{len(mistakes.found)} {noun}; nothing was imported.\n{lines}") from mistakes
        touched = {noun for noun, change in counts if change is not Change.UNCHANGED}
        if not touched:
            self.stdout.write(f"{path}: nothing to change; {sum(counts.values())} entries are as the catalogue says.")
            return
        for noun in dict.fromkeys(noun for noun, _ in counts):
            said = ", ".join(f"{counts[noun, change]} {change}" for change in Change if counts[noun, change])
            self.stdout.write(f"{noun}: {said}")

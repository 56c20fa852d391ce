"""Bring the demo's database and static files up to date; safe to run at every start."""

import hashlib
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core import clock
from mats_portal.demo import queries, scenarios, seeding


class Command(BaseCommand):
    """Migrate, import the catalogue, seed the cohort once, collect static files when they have changed."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--applicants", type=int, default=scenarios.APPLICANTS)
        parser.add_argument("--answer-to", type=int, help="a file descriptor for the lines about whom to try")

    def handle(self, *args: Any, applicants: int, answer_to: int | None, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("This database is not a demo's: DEMO_MODE is off.")
        call_command("migrate", verbosity=0, interactive=False)
        self._say("The database is up to date.")
        if scenarios.is_inhabited():
            self._import_catalogue()
            self._say("The demo people are there already.")
        else:
            # A catalogue that is imported only now must not stand in the record after the acts of the cohort.
            with clock.at(scenarios.BEFORE_EVERYTHING):
                self._import_catalogue()
            self._say("Inventing people and running their cycle up to the ranking; this takes about a minute ...")
            world = seeding.seed_demo(n=applicants)
            self._say(f"{len(world.applicants)} applicants are there.")
        self._collect_static()
        if answer_to is not None:
            with os.fdopen(answer_to, "w") as told:
                told.write(queries.what_to_try())

    def _import_catalogue(self) -> None:
        for cycle in sorted(path for path in (settings.BASE_DIR / "catalogue").iterdir() if path.is_dir()):
            call_command("import_catalogue", cycle, stdout=self.stdout)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _collect_static(self) -> None:
        """Collect and compress only what differs from the last time: it takes seconds."""
        stamp, now = Path(settings.STATIC_ROOT) / ".collected", _fingerprint()
        if stamp.exists() and stamp.read_text() == now:
            return
        self._say("Collecting style sheets and scripts ...")
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(now)


def _fingerprint() -> str:
    """Return what changes when any static file does."""
    parts = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            parts.append(f"{name}:{status.st_size}:{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()

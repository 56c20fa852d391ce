"""Invent a cohort of any size in an empty database and run its cycle up to the ranking.

The demo's 220 live it through the functions that pages call; more are copies of them under other names.
"""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.refusals import Refused
from mats_portal.demo import scenarios, seeding


class Command(BaseCommand):
    """Seed."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--applicants", type=int, default=scenarios.APPLICANTS)
        parser.add_argument("--seed", type=int, default=scenarios.SEED)

    def handle(self, *args: Any, applicants: int, seed: int, **options: Any) -> None:
        begun = time.monotonic()
        try:
            there = seeding.seed_many(n=applicants, drawn_from=seed)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{there} applicants in {time.monotonic() - begun:.1f} s.")

"""Check that no line of the audit log was changed, removed or moved since it was sealed. Ends with 1 if one was."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import chain


class Command(BaseCommand):
    """Verify."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--kept", default="", metavar="NUMBER:HASH", help="a head that was written down earlier, or is in the logs"
        )

    def handle(self, *args: Any, kept: str, **options: Any) -> None:
        verdict = chain.verify(kept=kept)
        for problem in verdict.problems:
            self.stdout.write(f"BROKEN  {problem}")
        if verdict.problems:
            raise CommandError("The record is not what was sealed.", returncode=1)
        self.stdout.write(
            f"{verdict.n_sealed} lines are as they were sealed; {verdict.n_unsealed} wait for their seal."
        )
        self.stdout.write(f"Head, to be kept elsewhere: {verdict.head}")

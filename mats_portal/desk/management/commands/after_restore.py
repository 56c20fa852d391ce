"""Make a restored database safe to work with, before any worker runs: no mail twice, no file missing, nobody back."""

from argparse import ArgumentParser, FileType
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core import outbox
from mats_portal.desk.restored import delete_again, file_problems


class Command(BaseCommand):
    """Run each step, also after one that found something, and end with 1 if any did."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what was kept outside the database."""
        parser.add_argument("--kept", default="", metavar="NUMBER:HASH", help="a head of the record from the logs")
        parser.add_argument(
            "--deleted",
            type=FileType("r"),
            metavar="FILE",
            help="people deleted since: one public id a line, from the log lines person_deleted",
        )

    def handle(self, *args: Any, kept: str, deleted: Any, **options: Any) -> None:
        """Hold mails first: that is the step which must not wait for the others."""
        self.stdout.write(f"{outbox.doubt_waiting()} mails that may have left are held; the outbox lists them.")
        broken = [
            not self._list("files", file_problems()),
            not self._list("deletions", delete_again([line.strip() for line in deleted or () if line.strip()])),
            not self._passes("record", lambda: call_command("verify_record", kept=kept, stdout=self.stdout)),
            not self._passes("statements", lambda: call_command("checkinvariants", stdout=self.stdout)),
        ]
        if any(broken):
            raise CommandError("Something above needs a person before the workers start.", returncode=1)
        self.stdout.write("Workers may start.")

    def _list(self, step: str, problems: Iterable[str]) -> bool:
        found = list(problems)
        for problem in found:
            self.stdout.write(f"BROKEN  {step}: {problem}")
        if not found:
            self.stdout.write(f"{step}: all right")
        return not found

    def _passes(self, step: str, run: Callable[[], Any]) -> bool:
        try:
            run()
        except CommandError as error:
            self.stdout.write(f"BROKEN  {step}: {error}")
            return False
        return True

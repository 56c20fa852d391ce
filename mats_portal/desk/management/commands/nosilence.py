"""``manage.py nosilence``: is anybody waiting without a date? Ends with 1 if so."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mats_portal.desk.silence import count_silence, silent_rows
from streams.models import Cycle


class Command(BaseCommand):
    """Print who has no dated next event."""

    help = "Find live applications without a dated next event; exit with 1 and a list when there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        """Count over all cycles that still run."""
        count = count_silence()
        for cycle in Cycle.objects.order_by("pk") if count else ():
            for row in silent_rows(cycle, size=20):
                self.stdout.write(f"{row.reference}  {row.released}")
        if count:
            raise CommandError(f"{count} applications have no dated next event.", returncode=1)
        self.stdout.write("Everybody has a dated next event.")

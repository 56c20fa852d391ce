"""Check the statements that must always hold, in every app. Ends with 1 when one is broken."""

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

#: How many broken rows of one statement are named.
SHOWN = 5


def statements() -> dict[str, Callable[[], Iterable]]:
    """Return the statements of every installed app that has any, by their full names."""
    found: dict[str, Callable[[], Iterable]] = {}
    for config in apps.get_app_configs():
        module = f"{config.name}.domain.invariants"
        if _is_there(module):
            found |= {f"{config.label}.{check.__name__}": check for check in import_module(module).ALL}
    return found


def _is_there(module: str) -> bool:
    """Say whether a module exists, without hiding a fault inside it."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # no package above it, or a module where a package would be
        return False


class Command(BaseCommand):
    """Print what holds and what is broken."""

    help = "Check the statements that must always hold; exit with 1 and a list when one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every statement, also after a broken one."""
        broken = 0
        for name, check in statements().items():
            rows = list(islice(check(), SHOWN + 1))
            if rows:
                broken += 1
                self.stdout.write(f"BROKEN  {name}: {(check.__doc__ or '').strip().splitlines()[0]}")
                for row in rows[:SHOWN]:
                    self.stdout.write(f"        {row._meta.label} {getattr(row, 'public_id', row.pk)}")
                if len(rows) > SHOWN:
                    self.stdout.write("        and more")
            elif options["verbosity"] > 1:
                self.stdout.write(f"holds   {name}")
        if broken:
            raise CommandError(f"{broken} of {len(statements())} statements are broken.", returncode=1)
        self.stdout.write(f"{len(statements())} statements hold.")

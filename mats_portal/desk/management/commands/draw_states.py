"""``manage.py draw_states`` writes docs/states.md out of the tables of moves."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import models
from django.utils.text import capfirst

from core.transitions import MoveTable

PAGE = settings.BASE_DIR / "docs" / "states.md"
HEAD = """# States and moves

Drawn from the tables in each app's `states.py` by `python manage.py draw_states`; a test compares this page with them,
so a change of a table shows as a change here. A word on an arrow is the verb of the move: the same word stands in the
audit log. Where staff and applicants see different layers, the diagram is that of the staff's layer
([decision 2](decisions/002-two-layers-of-state.md)).
"""


class Command(BaseCommand):
    """Write the page."""

    help = "Draw the state diagrams in docs/states.md anew."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, and say how many tables there are."""
        PAGE.write_text(states_page(), encoding="utf-8")
        self.stdout.write(f"{len(list(machines()))} tables drawn.")


def machines() -> Iterator[tuple[type[models.Model], MoveTable]]:
    """Yield every model that has states, with its table of moves."""
    for model in apps.get_models():
        table = getattr(model, "MOVES", None)
        if table is not None:
            yield model, table


def first_state(model: type[models.Model], table: MoveTable) -> str:
    """Return the state in which a new row begins."""
    field: Any = model._meta.get_field(table.field)
    return str(field.get_default())


def states_page() -> str:
    """Return docs/states.md as the tables have it."""
    parts = [HEAD]
    for model, table in sorted(machines(), key=lambda pair: pair[0]._meta.label):
        head, *moves = table.mermaid().splitlines()
        names = ", ".join(f"`{value}` {label}" for value, label in table.states.choices)
        diagram = "\n".join([head, f"    [*] --> {first_state(model, table)}", *moves])
        title = f"## {capfirst(str(model._meta.verbose_name))}"
        parts.append(f"{title}\n\n`{model._meta.label}`: {names}.\n\n```mermaid\n{diagram}\n```\n")
    return "\n".join(parts)

"""What can be said of one model that leads to a person: the ways there, what becomes of its rows, what is copied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet

#: What stands where somebody's words about the person stood and a rule wants that there are some.
ERASED_WORDS = "Deleted with the person's account."


class Treatment(Enum):
    """What becomes of a row when its person is deleted."""

    DELETE = "deleted"
    EMPTY = "kept without its texts"
    KEEP = "kept"


@dataclass(frozen=True)
class Holding:
    """One model: the ways from its rows to the person, what becomes of them, and why.

    ``empties`` are the columns that lose their content; ``plain`` the text columns which hold nothing personal;
    ``copied`` the columns of the person's copy, of the rows that ``told`` lets through; ``files`` names the column
    with the name of a stored file that goes with its row.
    """

    model: str
    paths: tuple[str, ...]
    treatment: Treatment
    why: str
    empties: Mapping[str, Any] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    copied: tuple[str, ...] = ()
    told: Q = field(default_factory=Q)
    withheld: str = ""
    files: str = ""

    @property
    def model_class(self) -> type[Model]:
        """The model."""
        return apps.get_model(self.model)

    def rows_of(self, person_id: int) -> QuerySet:
        """Return the rows about the person (a primary key)."""
        about = Q()
        for path in self.paths:
            about |= Q(**{path: person_id})
        return self.model_class._base_manager.filter(about)


def value_for(row: Any, new: Any) -> Any:
    """Return what a column gets: a value, or what a function makes of the row."""
    if isinstance(new, type):
        return new()
    return new(row) if callable(new) else new

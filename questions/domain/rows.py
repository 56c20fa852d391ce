"""Write rows of configuration: the same content twice is one row and no change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import ProtectedError

from core import audit
from core.refusals import Refused

Row = TypeVar("Row", bound=models.Model)


class Change(StrEnum):
    """What saving a row came to."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True)
class Saved(Generic[Row]):
    """A row of configuration as it now stands, and what had to be done for it."""

    row: Row
    change: Change


def save_row(model: type[Row], *, key: Mapping[str, Any], content: Mapping[str, Any], by: Any) -> Saved[Row]:
    """Make the row with the natural ``key`` hold ``content``; writes and audits only what differs.

    Locks an existing row, so two imports of different files cannot interleave on it.
    """
    rows = model._base_manager.select_for_update(of=("self",), no_key=True)
    row = rows.filter(**key).first()
    if row is None:
        row = model._base_manager.create(**key, **content)
        audit.record("create", row, by=by)
        return Saved(row, Change.CREATED)
    different = [name for name, value in content.items() if getattr(row, name) != value]
    if not different:
        return Saved(row, Change.UNCHANGED)
    for name in different:
        setattr(row, name, content[name])
    row.save(update_fields=different)
    audit.record("change", row, by=by, fields=sorted(different))
    return Saved(row, Change.CHANGED)


def save_children(
    model: type[Row], *, parent: Mapping[str, Any], key: str, contents: Iterable[Mapping[str, Any]]
) -> Change:
    """Make ``parent`` have exactly the children ``contents``, told apart by the field ``key``.

    Children have no life of their own: the caller audits the parent. Existing children keep their primary key.
    Raises ``Refused`` where one that is to go is still referred to.
    """
    contents = list(contents)
    stored = {getattr(child, key): child for child in model._base_manager.filter(**parent)}
    change = Change.UNCHANGED
    gone = [child.pk for value, child in stored.items() if value not in {content[key] for content in contents}]
    if gone:
        try:
            model._base_manager.filter(pk__in=gone).delete()
        except ProtectedError as error:
            raise Refused(f"A {model._meta.verbose_name} cannot be removed: it is in use.") from error
        change = Change.CHANGED
    for content in contents:
        child = stored.get(content[key])
        if child is None:
            model._base_manager.create(**parent, **content)
            change = Change.CHANGED
            continue
        different = [name for name, value in content.items() if getattr(child, name) != value]
        if different:
            for name in different:
                setattr(child, name, content[name])
            child.save(update_fields=different)
            change = Change.CHANGED
    return change

"""What changed for an application when its form was moved to a newer version, and who fills in which version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from applications.models import Application, FormUse
from applications.queries.sheets import Place
from questions.models import FormItem, FormVersion


@dataclass(frozen=True)
class FormChange:
    """What a new version asks that the old one did not, and the other way round."""

    title: str
    moved_at: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def form_changes(application: Application, places: Sequence[Place]) -> list[FormChange]:
    """Return what changed in the forms of ``places`` since the person began, newest first."""
    wanted = {(place.scope, place.scope_key): place.title for place in places}
    uses = FormUse.objects.filter(application=application, moved_at__isnull=False)
    moved = [use for use in uses.select_related("version", "moved_from") if (use.scope, use.scope_key) in wanted]
    versions = {pk for use in moved for pk in (use.version_id, use.moved_from_id)}
    items: dict[int, dict[int, FormItem]] = {}
    for item in FormItem.objects.filter(version__in=versions).select_related("question").order_by("order"):
        items.setdefault(item.version_id, {})[item.question_id] = item
    return [
        _change(wanted[use.scope, use.scope_key], use, items)
        for use in sorted(moved, key=lambda one: one.moved_at or one.began_at, reverse=True)
    ]


def _change(title: str, use: FormUse, items: dict[int, dict[int, FormItem]]) -> FormChange:
    before, after = items.get(use.moved_from_id or 0, {}), items.get(use.version_id, {})
    return FormChange(
        title,
        use.moved_at or use.began_at,
        tuple(item.text for key, item in after.items() if key not in before),
        tuple(item.text for key, item in before.items() if key not in after),
        tuple(item.text for key, item in after.items() if key in before and _terms(item) != _terms(before[key])),
    )


def _terms(item: FormItem) -> tuple[object, ...]:
    return item.wording, item.required, item.max_words, item.visible_if


def uses_of(versions: Sequence[FormVersion]) -> dict[int, int]:
    """Return how many applications fill in, or have filled in, each version."""
    rows = FormUse.objects.filter(version__in=versions).values_list("version").annotate(n=Count("pk")).order_by()
    return dict(rows)

"""Write the help: staff on a page, or the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core import clock
from core.refusals import Refused, Stale
from core.transitions import locked
from questions.domain.rows import Change, Saved, save_row
from streams.models import HelpEntry
from streams.states import HelpStep


@dataclass(frozen=True)
class HelpText:
    """Everything that an entry says, and where it stands."""

    title: str
    summary: str
    body: str
    topic: str
    steps: Sequence[str] = ()
    order: int = 100
    is_public: bool = True


@transaction.atomic
def save_help_entry(*, slug: str, text: HelpText, by: Any) -> Saved[HelpEntry]:
    """Make the entry ``slug`` say ``text``; the same twice changes nothing."""
    # In the order of the way, so that two ways of ticking are one list.
    steps = [step for step in HelpStep.values if step in text.steps]
    saved = save_row(HelpEntry, key={"slug": slug}, content={**vars(text), "steps": steps}, by=by)
    if saved.change is Change.CHANGED:
        saved.row.updated_at = clock.now()
        saved.row.save(update_fields=["updated_at"])
    return saved


@transaction.atomic
def add_help_entry(*, slug: str, text: HelpText, by: Any) -> HelpEntry:
    """Add an entry. Raises ``Refused`` if its address is taken: nobody overwrites a text that they have not read."""
    if HelpEntry.objects.filter(slug=slug).exists():
        raise Refused("There is an entry with this address. Choose another one, or change that entry.")
    return save_help_entry(slug=slug, text=text, by=by).row


@transaction.atomic
def change_help_entry(*, entry: HelpEntry, text: HelpText, seen_at: str, by: Any) -> HelpEntry:
    """Change an entry that was read as of ``seen_at`` (its ``version_of``).

    Raises ``Stale`` if somebody else has changed it since; their text stays.
    """
    entry = locked(entry)
    if version_of(entry) != seen_at:
        raise Stale("Somebody else has changed this entry since you opened it. Save again to replace theirs.", entry)
    return save_help_entry(slug=entry.slug, text=text, by=by).row


def version_of(entry: HelpEntry) -> str:
    """Return what tells one saved state of an entry from the next."""
    return entry.updated_at.isoformat()

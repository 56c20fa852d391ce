"""An applicant orders the streams they applied to."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from applications.models import Application, StreamApplication
from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked
from matching.domain.ordering import rearranged
from matching.models import PreferenceEntry, PreferenceList
from matching.queries import dates
from matching.queries.preferences import order_of


@transaction.atomic
def sync_preferences(*, application: Application, by: Any) -> PreferenceList:
    """Write down the order as it stands: streams that are not on the list yet come last. Safe to repeat."""
    kept = _own_list(application)
    if kept.locked_at is None:
        order = order_of(application)
        _store(kept, order.on, order.below)
    return kept


@transaction.atomic
def move_preference(
    *, application: Application, entry: str, act: str, version: int, by: Any, place: int | None = None
) -> PreferenceList:
    """Move the stream application with public id ``entry`` one step (``ordering.ACTS``); ``place`` counts from 1.

    Raises ``Stale`` when ``version`` is not the stored one, ``Refused`` after the lock.
    """
    kept = _open_list(application, version)
    before = order_of(application)
    on, below = rearranged(before.on, before.below, entry, act, place)
    return _replace(kept, on, below, by=by, previous={"on": before.on, "below": before.below})


@transaction.atomic
def set_preferences(
    *, application: Application, on: Sequence[str], below: Sequence[str], version: int, by: Any
) -> PreferenceList:
    """Take a whole order at once (public ids of stream applications). Raises as ``move_preference`` does."""
    kept = _open_list(application, version)
    before = order_of(application)
    if sorted([*on, *below]) != sorted([*before.on, *before.below]):
        raise Refused(_("Your list of streams has changed in the meantime. Look at it again, then order it."))
    return _replace(kept, on, below, by=by, previous={"on": before.on, "below": before.below})


@transaction.atomic
def undo_preference_move(*, application: Application, version: int, by: Any) -> PreferenceList:
    """Go back to the order before the last move. Raises ``Refused`` if there is none."""
    kept = _open_list(application, version)
    if not kept.previous:
        raise Refused(_("There is no move to undo."))
    now = order_of(application)
    names = set(now.on) | set(now.below)
    on = [name for name in kept.previous["on"] if name in names]
    below = [name for name in kept.previous["below"] if name in names]
    on += [name for name in now.on if name not in {*on, *below}]
    return _replace(kept, on, below, by=by, previous={})


@transaction.atomic
def confirm_preferences(*, application: Application, version: int, by: Any) -> PreferenceList:
    """Record that the person stands by this order. Raises as ``move_preference`` does."""
    kept = _open_list(application, version)
    if not order_of(application).on:
        raise Refused(_("Put at least one stream on your list, or withdraw your application."))
    kept.confirmed_at = clock.now()
    kept.save(update_fields=["confirmed_at"])
    audit.record("confirm", kept, by=by, version=kept.version)
    return kept


@transaction.atomic
def lock_preferences(*, application: Application, by: Any) -> PreferenceList:
    """Close the list with the order it has. Doing it twice changes nothing."""
    kept = sync_preferences(application=application, by=by)
    if kept.locked_at is None:
        kept.locked_at = clock.now()
        kept.save(update_fields=["locked_at"])
        audit.record("lock", kept, by=by, version=kept.version)
    return kept


def _own_list(application: Application) -> PreferenceList:
    """Return the list, locked. The application's lock serialises the first writes of two tabs."""
    locked(application)
    kept, _made = PreferenceList.objects.get_or_create(application=application, defaults={"version": 0})
    return locked(kept)


def _open_list(application: Application, version: int) -> PreferenceList:
    kept = _own_list(application)
    closes = dates.deadline(application.cycle, dates.PREFERENCES_CLOSE)
    if kept.locked_at or (closes is not None and not closes.takes(clock.arrival())):
        raise Refused(_("The lists are locked. Your order was taken as it stood then."))
    if kept.version != version:
        raise Stale(_("Your order was changed in another window."), kept)
    return kept


def _replace(
    kept: PreferenceList, on: Sequence[str], below: Sequence[str], *, by: Any, previous: dict[str, Sequence[str]]
) -> PreferenceList:
    if previous and (list(on), list(below)) == (list(previous["on"]), list(previous["below"])):
        return kept
    _store(kept, on, below)
    kept.version += 1
    kept.previous, kept.confirmed_at, kept.saved_at = previous, None, clock.now()
    kept.save(update_fields=["version", "previous", "confirmed_at", "saved_at"])
    # Ids only: every earlier order can be told from the record.
    audit.record("reorder", kept, by=by, version=kept.version, on=list(on), below=list(below))
    return kept


def _store(kept: PreferenceList, on: Sequence[str], below: Sequence[str]) -> None:
    rows = {row.public_id: row for row in StreamApplication.objects.filter(application_id=kept.application_id)}
    wanted = [(rows[name], True) for name in on] + [(rows[name], False) for name in below]
    # Streams that no longer count keep their entry behind the others: a reopened one finds its way back.
    present = {row.pk for row, _acceptable in wanted}
    resting = kept.entries.exclude(stream_application__in=present).select_related("stream_application")
    wanted += [(entry.stream_application, entry.acceptable) for entry in resting]
    PreferenceEntry.objects.bulk_create(
        [
            PreferenceEntry(preference_list=kept, stream_application=row, position=position, acceptable=acceptable)
            for position, (row, acceptable) in enumerate(wanted, start=1)
        ],
        update_conflicts=True,
        unique_fields=["stream_application"],
        update_fields=["position", "acceptable"],
    )

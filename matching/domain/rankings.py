"""A stream's mentors put their people in tiers."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.refusals import Refused, Stale
from core.transitions import locked, transition
from matching.domain.preferences import lock_preferences
from matching.models import RankEntry, RankOrderList
from matching.queries import dates
from matching.queries.preferences import unlocked_applications
from matching.queries.rankings import people_of, tiers_of, unlocked_lists
from matching.states import IfLate, ListState
from streams.models import Cycle, Stream


@transaction.atomic
def ensure_rank_list(*, stream: Stream, by: Any) -> RankOrderList:
    """Return the stream's rank order list, made if there is none yet."""
    locked(stream)
    rank_list, made = RankOrderList.objects.get_or_create(stream=stream)
    if made:
        audit.record("open", rank_list, by=by)
    return rank_list


@transaction.atomic
def save_ranking(
    *,
    rank_list: RankOrderList,
    tiers: Sequence[Sequence[str]],
    version: int,
    by: Any,
    not_acceptable: Sequence[str] = (),
) -> RankOrderList:
    """Keep the order: ``tiers`` are public ids of stream applications, best tier first; the same tier is a tie.

    Who is in no tier is not acceptable; ``not_acceptable`` says so aloud. Empty tiers close up.
    Raises ``Stale`` when ``version`` is not the stored one, ``Refused`` once the list is submitted or locked.
    """
    rank_list = locked(rank_list, "stream__cycle", "saved_by")
    _check_open(rank_list)
    if rank_list.version != version:
        raise Stale(_("This list was saved elsewhere in the meantime."), rank_list)
    people = {row.public_id: row for row in people_of(rank_list.stream)}
    wanted = [list(names) for names in tiers if names]
    named = [name for names in wanted for name in names] + list(not_acceptable)
    if len(named) != len(set(named)):
        raise Refused(_("Somebody stands on the list twice."))
    if unknown := set(named) - set(people):
        raise Refused(_("%(n)d of these people are no longer with this stream.") % {"n": len(unknown)})
    if any(people[name].application.person_id == getattr(by, "pk", None) for name in named):
        raise Refused(_("You cannot rank yourself."))
    if (wanted, list(not_acceptable)) == tiers_of(rank_list):
        return rank_list
    rank_list.entries.all().delete()
    RankEntry.objects.bulk_create(
        RankEntry(rank_list=rank_list, stream_application=people[name], tier=tier, position=position)
        for tier, names in [*enumerate(wanted, start=1), (None, not_acceptable)]
        for position, name in enumerate(names, start=1)
    )
    rank_list.version += 1
    rank_list.saved_at, rank_list.saved_by = clock.now(), by
    rank_list.save(update_fields=["version", "saved_at", "saved_by"])
    # Ids only: every earlier order can be told from the record.
    audit.record("rank", rank_list, by=by, version=rank_list.version, tiers=wanted, refused=list(not_acceptable))
    return rank_list


@transaction.atomic
def choose_late_rule(*, rank_list: RankOrderList, if_late: str, by: Any) -> RankOrderList:
    """Say what happens with a draft that nobody submits before the lock. Raises ``Refused`` after it."""
    rank_list = locked(rank_list, "stream__cycle")
    _check_open(rank_list)
    rank_list.if_late = IfLate(if_late)
    rank_list.save(update_fields=["if_late"])
    audit.record("choose_late_rule", rank_list, by=by, after=rank_list.if_late)
    return rank_list


@transaction.atomic
def submit_ranking(*, rank_list: RankOrderList, by: Any, version: int | None = None) -> RankOrderList:
    """Hand the list in. Raises ``Refused`` for an empty one and after the lock, ``Stale`` for another version."""
    rank_list = locked(rank_list, "stream__cycle", "saved_by")
    _check_dates(rank_list)
    if version is not None and rank_list.version != version:
        raise Stale(_("This list was saved elsewhere in the meantime."), rank_list)
    tiers, _refused = tiers_of(rank_list)
    if not tiers:
        raise Refused(_("Rank at least one person. To take nobody, choose “leave us out” and write to staff."))
    return transition(rank_list, "submit", by=by, submitted_at=clock.now())


@transaction.atomic
def take_back_ranking(*, rank_list: RankOrderList, by: Any) -> RankOrderList:
    """Open a submitted list again. Raises ``Refused`` after the lock."""
    rank_list = locked(rank_list, "stream__cycle")
    _check_dates(rank_list)
    return transition(rank_list, "take_back", by=by, submitted_at=None)


@transaction.atomic
def lock_lists(*, cycle: Cycle, by: Any = None) -> int:
    """Lock the lists of both sides whose date has passed, grace included. Returns how many; safe to repeat.

    Raises ``Refused`` when neither date has passed.
    """
    now = clock.now()
    rankings_over = dates.is_over(cycle, dates.RANKINGS_CLOSE, now)
    preferences_over = dates.is_over(cycle, dates.PREFERENCES_CLOSE, now)
    if not rankings_over and not preferences_over:
        raise Refused(_("The lists are still open."))
    n_locked = 0
    if preferences_over:
        for application in unlocked_applications(cycle).select_related("cycle").order_by("pk"):
            lock_preferences(application=application, by=by)
            n_locked += 1
    if rankings_over:
        for rank_list in unlocked_lists(cycle).order_by("pk"):
            transition(locked(rank_list), "lock", by=by)
            n_locked += 1
    return n_locked


def _check_open(rank_list: RankOrderList) -> None:
    _check_dates(rank_list)
    if rank_list.state == ListState.SUBMITTED:
        raise Refused(_("This list is submitted. Take it back to change it."))


def _check_dates(rank_list: RankOrderList) -> None:
    closes = dates.deadline(rank_list.stream.cycle, dates.RANKINGS_CLOSE)
    if rank_list.state == ListState.LOCKED or (closes is not None and not closes.takes(clock.arrival())):
        raise Refused(_("The rank order lists are locked."))

"""What applicants and mentors have to do here: for their dashboards."""

from typing import Any

from django.urls import reverse

from applications.models import Application
from applications.states import ApplicationState
from core import clock
from core.moves import OpenMove
from matching.models import PreferenceList, RankOrderList
from matching.queries import dates
from matching.queries.offers import own_offer_rows
from matching.queries.preferences import wishes
from matching.queries.rankings import people_of, streams_of_mentor
from matching.states import ListState, OfferState

#: States in which an applicant's order still counts.
ORDERING = frozenset({ApplicationState.STAGE2, ApplicationState.UNDER_REVIEW, ApplicationState.FINAL})


def moves_of(application: Application) -> list[OpenMove]:
    """Return what the person has to do about offers and their order of streams; reads released states alone."""
    return [*_offer_moves(application), *_order_moves(application)]


def moves_of_mentor(user: Any) -> list[OpenMove]:
    """Return what a mentor has to do: one line for each rank order list."""
    streams = list(streams_of_mentor(user).select_related("cycle").order_by("title"))
    lists = {kept.stream_id: kept for kept in RankOrderList.objects.filter(stream__in=streams)}
    return [move for stream in streams if (move := _rank_move(stream, lists.get(stream.pk)))]


def _offer_moves(application: Application) -> list[OpenMove]:
    if application.released_state not in {ApplicationState.OFFERED, ApplicationState.ACCEPTED}:
        return []
    rows = own_offer_rows(application.person, clock.now())
    return [
        OpenMove(
            label=f"Reply to the offer from {row.stream}" if row.can_answer else f"Offer from {row.stream}",
            url=reverse("matching:offer", args=[row.public_id]),
            state=row.state_label,
            kind="move" if row.can_answer else row.kind,
            minutes=5 if row.can_answer else None,
            due_at=row.reply_by.closes_at if row.can_answer else None,
            due_zone=row.reply_by.zone,
        )
        for row in rows
        if row.state in {OfferState.SENT, OfferState.ACCEPTED}
    ]


def _order_moves(application: Application) -> list[OpenMove]:
    if application.released_state not in ORDERING or wishes([application]).count() < 2:
        return []
    kept = PreferenceList.objects.filter(application=application).first()
    locks = dates.deadline(application.cycle, dates.PREFERENCES_CLOSE)
    url = reverse("matching:preferences")
    if (kept and kept.locked_at) or (locks is not None and not locks.takes(clock.now())):
        return [OpenMove("Order of your streams", url, "Locked", kind="done")]
    state, kind = ("Confirmed", "done") if kept and kept.confirmed_at else ("Not confirmed", "move")
    return [
        OpenMove(
            "Order your streams",
            url,
            state,
            kind=kind,
            minutes=5,
            due_at=locks.closes_at if locks else None,
            due_zone=locks.zone if locks else "AoE",
        )
    ]


def _rank_move(stream: Any, kept: RankOrderList | None) -> OpenMove | None:
    n_people = people_of(stream).count()
    locks = dates.deadline(stream.cycle, dates.RANKINGS_CLOSE)
    url = reverse("matching:ranking", args=[stream.public_id])
    if kept and kept.state == ListState.LOCKED:
        return OpenMove(f"Rank order list of {stream.title}", url, "Locked", kind="done")
    if n_people == 0:
        return None
    handed_in = bool(kept and kept.state == ListState.SUBMITTED)
    return OpenMove(
        f"Rank {n_people} people for {stream.title}",
        url,
        "Submitted" if handed_in else "Not submitted",
        kind="done" if handed_in else "move",
        minutes=None if handed_in else 5 * n_people,
        due_at=locks.closes_at if locks else None,
        due_zone=locks.zone if locks else "AoE",
    )

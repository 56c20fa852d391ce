"""A stream's people and its rank order list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.queries import holders, is_staff, scope_keys
from accounts.states import Role, ScopeKind
from applications.models import StreamApplication
from applications.queries.areas import area_names, chosen_in_stream
from applications.states import StreamApplicationState
from core.deadlines import Deadline
from matching.models import RankEntry, RankOrderList
from matching.queries import dates
from matching.states import ListState
from reviews.models import ConflictOfInterest
from streams.models import Cycle, Stream


@dataclass(frozen=True)
class RankedPerson:
    """One line of a rank order list."""

    id: str
    name: str
    note: str
    tier: int | None
    #: The areas of the stream (primary keys) that they chose, and their titles.
    area_ids: tuple[int, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tier:
    """The people that are equal to the stream."""

    number: int
    people: list[RankedPerson]


@dataclass(frozen=True)
class Check:
    """One line under the list: state is ok, warn or bad."""

    state: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class RankingPage:
    """What the page of a rank order list shows."""

    tiers: list[Tier]
    not_ranked: list[RankedPerson]
    not_acceptable: list[RankedPerson]
    version: int
    state: str
    state_label: str
    if_late: str
    saved_at: datetime | None
    saved_by: str
    submitted_at: datetime | None
    locks: Deadline | None
    is_locked: bool
    seats: int
    checks: list[Check]

    @property
    def n_ranked(self) -> int:
        """How many people are in a tier."""
        return sum(len(tier.people) for tier in self.tiers)

    @property
    def can_change(self) -> bool:
        """Whether the buttons act."""
        return self.state == ListState.DRAFT and not self.is_locked


def streams_of_mentor(user: Any) -> QuerySet[Stream]:
    """Return the streams in which ``user`` mentors."""
    return Stream.objects.filter(public_id__in=scope_keys(user, Role.MENTOR, ScopeKind.STREAM))


def people_of(stream: Stream) -> QuerySet[StreamApplication]:
    """Return the applications that reached the mentors of ``stream``, by name."""
    return (
        StreamApplication.objects.filter(stream=stream, internal_state=StreamApplicationState.IN_STREAM_REVIEW)
        .select_related("application__person", "rank_entry")
        .annotate(area_ids=chosen_in_stream())
        .order_by("application__person__display_name", "pk")
    )


def people_visible_to(user: Any) -> QuerySet[StreamApplication]:
    """Return the applications that reached the mentors of a stream of ``user``; never their own."""
    return StreamApplication.objects.filter(
        internal_state=StreamApplicationState.IN_STREAM_REVIEW, stream__in=streams_of_mentor(user)
    ).exclude(application__person_id=user.pk)


def rank_lists_visible_to(user: Any) -> QuerySet[RankOrderList]:
    """Return the rank order lists that ``user`` may know of: their streams', and all for staff."""
    if user.is_anonymous:
        return RankOrderList.objects.none()
    if is_staff(user):
        return RankOrderList.objects.all()
    return RankOrderList.objects.filter(stream__in=streams_of_mentor(user))


def tiers_of(rank_list: RankOrderList) -> tuple[list[list[str]], list[str]]:
    """Return the public ids in each tier, best first, and those declared not acceptable; only people still there."""
    entries = (
        rank_list.entries.filter(stream_application__internal_state=StreamApplicationState.IN_STREAM_REVIEW)
        .select_related("stream_application")
        .order_by("tier", "position", "pk")
    )
    tiers: dict[int, list[str]] = {}
    refused: list[str] = []
    for entry in entries:
        names = refused if entry.tier is None else tiers.setdefault(entry.tier, [])
        names.append(entry.stream_application.public_id)
    return [tiers[number] for number in sorted(tiers)], refused


def ranking_page(stream: Stream, moment: datetime) -> RankingPage:
    """Return what the page shows at ``moment``; a list that does not exist yet is implied, not written."""
    kept = RankOrderList.objects.select_related("saved_by").filter(stream=stream).first()
    people = {row.public_id: row for row in people_of(stream)}
    tiers, refused = tiers_of(kept) if kept else ([], [])
    notes = _notes(people.values())
    shown = [
        Tier(number, [_person(people[name], notes, number) for name in names if name in people])
        for number, names in enumerate(tiers, start=1)
    ]
    placed = {name for names in tiers for name in names}
    locks = dates.deadline(stream.cycle, dates.RANKINGS_CLOSE)
    is_locked = bool(kept and kept.state == ListState.LOCKED) or (locks is not None and not locks.takes(moment))
    return RankingPage(
        tiers=[tier for tier in shown if tier.people],
        not_ranked=[_person(row, notes) for name, row in people.items() if name not in placed and name not in refused],
        not_acceptable=[_person(people[name], notes) for name in refused if name in people],
        version=kept.version if kept else 0,
        state=kept.state if kept else ListState.DRAFT,
        state_label=kept.get_state_display() if kept else ListState.DRAFT.label,
        if_late=kept.if_late if kept else RankOrderList._meta.get_field("if_late").default,
        saved_at=kept.saved_at if kept else None,
        saved_by=str(kept.saved_by) if kept and kept.saved_by else "",
        submitted_at=kept.submitted_at if kept else None,
        locks=locks,
        is_locked=is_locked,
        seats=stream.seats_granted,
        checks=_checks(stream, [people[name] for name in placed if name in people], len(people)),
    )


def missing_lists(cycle: Cycle) -> list[str]:
    """Return the titles of streams that have people and no list that a run can read: none, empty, or left out."""
    with_people = StreamApplication.objects.filter(
        stream__cycle=cycle, internal_state=StreamApplicationState.IN_STREAM_REVIEW
    ).values("stream_id")
    return list(
        Stream.objects.filter(cycle=cycle, pk__in=with_people)
        .exclude(pk__in=readable_lists(cycle).values("stream_id"))
        .order_by("title")
        .values_list("title", flat=True)
    )


def readable_lists(cycle: Cycle) -> QuerySet[RankOrderList]:
    """Return the locked lists that a run reads: handed in, or a draft whose mentors said that it should count."""
    ranked = RankEntry.objects.filter(tier__isnull=False).values("rank_list_id")
    return RankOrderList.objects.filter(stream__cycle=cycle, state=ListState.LOCKED, pk__in=ranked).exclude(
        submitted_at__isnull=True, if_late="leave_out"
    )


def list_counts(cycle: Cycle) -> dict[str, int]:
    """Return how many rank order lists of ``cycle`` are in each state."""
    counted = RankOrderList.objects.filter(stream__cycle=cycle).values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(ListState.values, 0) | dict(counted)


def unlocked_lists(cycle: Cycle) -> QuerySet[RankOrderList]:
    """Return the rank order lists of ``cycle`` that are still open."""
    return RankOrderList.objects.filter(~Q(state=ListState.LOCKED), stream__cycle=cycle)


def mentors_of(stream: Stream) -> QuerySet[User]:
    """Return the people who mentor in ``stream``."""
    return holders(Role.MENTOR, ScopeKind.STREAM, stream.public_id)


def _person(row: StreamApplication, notes: dict[int, str], tier: int | None = None) -> RankedPerson:
    names, chosen = area_names(), getattr(row, "area_ids", [])
    return RankedPerson(
        id=row.public_id,
        name=str(row.application.person),
        note=notes.get(row.pk, ""),
        tier=tier,
        area_ids=tuple(chosen),
        areas=tuple(name.title for pk, name in names.items() if pk in chosen),
    )


def _notes(rows: Any) -> dict[int, str]:
    """Return one short line for each person: the reference by which mentors and staff speak of them."""
    return {row.pk: row.application.reference for row in rows}


def _checks(stream: Stream, placed: Sequence[StreamApplication], n_people: int) -> list[Check]:
    seats, n_placed = stream.seats_granted, len(placed)
    if n_placed == 0:
        found = [Check("bad", "Nobody is ranked yet: as it stands, no place can be filled.")]
    elif n_placed < seats:
        found = [Check("warn", f"{n_placed} ranked for {seats} seats: {seats - n_placed} cannot be filled.")]
    elif n_placed < 3 * seats:
        found = [Check("warn", f"{n_placed} ranked for {seats} seats. {3 * seats} or more is safer.")]
    else:
        found = [Check("ok", f"{n_placed} ranked for {seats} seats.")]
    if left := n_people - n_placed:
        found.append(Check("warn", f"{left} not ranked: not acceptable in this round."))
    conflicts = ConflictOfInterest.objects.filter(
        reviewer__in=mentors_of(stream), person__in=[row.application.person_id for row in placed]
    ).count()
    if conflicts:
        return [*found, Check("bad", f"{conflicts} ranked with a declared conflict of interest: write to staff.")]
    return [*found, Check("ok", "No conflicts of interest.")]

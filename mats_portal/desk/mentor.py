"""What a mentor's home shows: their streams, their people, their moves."""

from dataclasses import dataclass
from typing import Any

from applications.queries.areas import AreaChip, area_called, area_chips
from core import clock
from core.moves import OpenMove
from matching.queries import moves_of_mentor
from matching.queries.rankings import RankedPerson, RankingPage, ranking_page, streams_of_mentor
from streams.models import Stream


@dataclass(frozen=True)
class MentorStream:
    """One stream of a mentor."""

    public_id: str
    title: str
    cycle: str
    page: RankingPage
    people: list[RankedPerson]
    #: The areas by which the people can be filtered; how many people there are in all.
    areas: tuple[AreaChip, ...]
    n_people: int


def mentor_streams(user: Any, area: str = "") -> list[MentorStream]:
    """Return the streams in which ``user`` mentors, with their people and the state of their lists.

    With an ``area`` (its key), only those people of its stream who chose it.
    """
    streams = streams_of_mentor(user).select_related("cycle").order_by("title")
    return [_stream(stream, area) for stream in streams]


def _stream(stream: Stream, area: str) -> MentorStream:
    page = ranking_page(stream, clock.arrival())
    people = [person for tier in page.tiers for person in tier.people] + page.not_ranked + page.not_acceptable
    chips = area_chips((person.area_ids for person in people), area, all_words="Everybody", one_stream=True)
    wanted = area_called(area) if any(chip.on and chip.key for chip in chips) else None
    shown = [person for person in people if wanted is None or wanted in person.area_ids]
    return MentorStream(stream.public_id, stream.title, stream.cycle.name, page, shown, tuple(chips), len(people))


def mentor_moves(user: Any) -> list[OpenMove]:
    """Return what the mentor has to do, the earliest date first."""
    moves = moves_of_mentor(user)
    return sorted(moves, key=lambda move: (not move.is_open, move.due_at is None, move.due_at or clock.now()))

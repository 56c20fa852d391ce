"""What a mentor's home shows: their streams, their people, their moves."""

from dataclasses import dataclass
from typing import Any

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


def mentor_streams(user: Any) -> list[MentorStream]:
    """Return the streams in which ``user`` mentors, with their people and the state of their lists."""
    streams = streams_of_mentor(user).select_related("cycle").order_by("title")
    return [_stream(stream) for stream in streams]


def _stream(stream: Stream) -> MentorStream:
    page = ranking_page(stream, clock.arrival())
    people = [person for tier in page.tiers for person in tier.people] + page.not_ranked + page.not_acceptable
    return MentorStream(stream.public_id, stream.title, stream.cycle.name, page, people)


def mentor_moves(user: Any) -> list[OpenMove]:
    """Return what the mentor has to do, the earliest date first."""
    moves = moves_of_mentor(user)
    return sorted(moves, key=lambda move: (not move.is_open, move.due_at is None, move.due_at or clock.now()))

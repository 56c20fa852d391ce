"""What a stored run would have given under one change: computed for a page, never stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from applications.models import Application
from matching.engine import Diff, Instance, capacity_plus_one_each, match, what_if
from matching.models import MatchRun
from matching.queries.runs import digest
from streams.models import Stream

PLUS_ONE = "capacity_plus_one"
WITHDRAWN = "stream_withdrawn"


@dataclass(frozen=True)
class Move:
    """One person who would be elsewhere, and what set them moving.

    ``cause``: ``change`` (the change itself), ``freed`` (somebody left ``because_of``), ``displaced`` (somebody came to
    ``because_of``), ``limit`` (a limit on places across streams).
    """

    public_id: str
    reference: str
    name: str
    came_from: str
    goes_to: str
    choice_before: int | None
    choice_after: int | None
    n_choices: int
    cause: str
    because_of: str


@dataclass(frozen=True)
class WhatIf:
    """The answer to one question: how many places before and after, and who moves, in the order of the chain."""

    stream: str
    change: str
    size_before: int
    size_after: int
    moves: list[Move]

    @property
    def n_better(self) -> int:
        """People who would have a place they want more, or a place at all."""
        return sum(_is_better(move.choice_after, move.choice_before) for move in self.moves)


@dataclass(frozen=True)
class SeatMore:
    """What one more seat at a stream would do, in numbers."""

    public_id: str
    title: str
    seats: int
    n_moves: int
    n_better: int
    n_more_placed: int


def stream_choices(run: MatchRun) -> list[tuple[str, str]]:
    """Return the streams of a run as (public id, title), by title."""
    titles = _titles(run)
    return sorted(((name, titles.get(name, name)) for name in run.inputs["streams"]), key=lambda pair: pair[1])


def is_repeatable(run: MatchRun) -> bool:
    """Say whether the engine in use still comes to the stored result, byte for byte."""
    return digest(match(Instance.from_json(run.inputs), seed=run.seed).to_json()) == run.result_sha256


def one_change(run: MatchRun, change: str, stream: str, user: Any) -> WhatIf:
    """Return who would be elsewhere if ``stream`` had one more seat, or withdrew; never the reader."""
    diff = what_if(Instance.from_json(run.inputs), {change: stream}, seed=run.seed)
    before = run.result["matching"]
    titles = _titles(run)
    people = Application.objects.filter(cycle_id=run.cycle_id, public_id__in=list(diff.moved))
    named = {one.public_id: one for one in people.exclude(person_id=user.pk).select_related("person")}
    moves = []
    for name, cause, place in chain(before, diff.moved, change, stream):
        if name not in named:
            continue
        wanted, after = _wanted(run, name), diff.moved[name]
        moves.append(
            Move(
                name,
                named[name].reference,
                str(named[name].person),
                titles.get(before[name], ""),
                titles.get(after, ""),
                _choice(wanted, before[name]),
                _choice(wanted, after),
                len(wanted),
                cause,
                titles.get(place, ""),
            )
        )
    return WhatIf(titles.get(stream, stream), change, run.certificate["size"], diff.size, moves)


def one_seat_more_each(run: MatchRun) -> list[SeatMore]:
    """Return, for every stream of a run, what one more seat there would do."""
    diffs: Mapping[str, Diff] = capacity_plus_one_each(Instance.from_json(run.inputs), seed=run.seed)
    before = run.result["matching"]
    rows = []
    for name, title in stream_choices(run):
        moved = diffs[name].moved
        n_better = sum(
            _is_better(_choice(_wanted(run, who), after), _choice(_wanted(run, who), before[who]))
            for who, after in moved.items()
        )
        rows.append(
            SeatMore(
                name,
                title,
                run.inputs["streams"][name]["max"],
                len(moved),
                n_better,
                diffs[name].size - run.certificate["size"],
            )
        )
    return rows


def chain(
    before: Mapping[str, str | None], moved: Mapping[str, str | None], change: str, stream: str
) -> list[tuple[str, str, str | None]]:
    """Return everybody in ``moved`` in the order in which one move opens the next, with the cause and its stream.

    One more seat: somebody takes it, somebody takes the place they left, and so on. A withdrawal: its people go where
    they can, which displaces others there. What neither explains follows from a limit across streams.
    """
    joins: Callable[[str], str | None] = moved.__getitem__ if change == PLUS_ONE else before.__getitem__
    passes_on: Callable[[str], str | None] = before.__getitem__ if change == PLUS_ONE else moved.__getitem__
    told: dict[str, tuple[str, str | None]] = {}
    queue, seen = [stream], {stream}
    for place in queue:
        follows = "freed" if change == PLUS_ONE else "displaced"
        for name in sorted(moved):
            if name in told or joins(name) != place:
                continue
            told[name] = ("change" if place == stream else follows, place)
            onward = passes_on(name)
            if onward is not None and onward not in seen:
                seen.add(onward)
                queue.append(onward)
    told |= {name: ("limit", None) for name in sorted(moved) if name not in told}
    return [(name, cause, place) for name, (cause, place) in told.items()]


def _titles(run: MatchRun) -> dict[str | None, str]:
    return dict(Stream.objects.filter(cycle_id=run.cycle_id).values_list("public_id", "title"))


def _wanted(run: MatchRun, name: str) -> list[str]:
    return [stream for tie in run.inputs["applicants"][name] for stream in tie]


def _choice(wanted: list[str], place: str | None) -> int | None:
    return wanted.index(place) + 1 if place in wanted else None


def _is_better(after: int | None, before: int | None) -> bool:
    return after is not None and (before is None or after < before)

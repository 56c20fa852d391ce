"""Readers for texts: everybody able to read gets the same load, as far as conflicts allow.

The loads are balanced by removing cost-reducing paths (Harvey, Ladner, Lovász, Tamir 2006, "Semi-matchings for
bipartite graphs and load balancing"): while some new task can be handed along a chain of readers to one whose load
is at least two lower, it is. Without such a chain no other assignment has a smaller sum of squared loads.
"""

import random
from collections import deque
from collections.abc import Mapping, Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Assignment:
    """Who newly reads what, and how many readers each text still lacks because nobody else may read it."""

    readers: dict[int, frozenset[int]]
    unmet: dict[int, int]


def assign(
    *, needs: Mapping[int, int], eligible: Mapping[int, Set[int]], loads: Mapping[int, int], seed: int
) -> Assignment:
    """Give each text as many of its eligible readers as it needs.

    ``needs`` counts the readers still missing by text; ``eligible`` names who may read it (readers it has already
    are not among them); ``loads`` is what each reader has on the table, which stays. Ties fall by ``seed``.
    O(texts x readers) for the first round, and one search over the readers for every repair.
    """
    order = random.Random(seed)
    load = {reader: loads.get(reader, 0) for readers in eligible.values() for reader in sorted(readers)}
    tie = {reader: order.random() for reader in sorted(load)}
    texts = sorted(needs)
    order.shuffle(texts)
    chosen: dict[int, set[int]] = {}
    # Texts with the least choice first, so that their readers are not spent on texts that anybody could read.
    for text in sorted(texts, key=lambda text: len(eligible.get(text, ())) - needs[text]):
        able = sorted(eligible.get(text, ()), key=lambda reader: (load[reader], tie[reader]))
        chosen[text] = set(able[: max(needs[text], 0)])
        for reader in chosen[text]:
            load[reader] += 1
    _balance(chosen, eligible, load)
    return Assignment(
        readers={text: frozenset(readers) for text, readers in chosen.items() if readers},
        unmet={text: lack for text in chosen if (lack := needs[text] - len(chosen[text])) > 0},
    )


def _balance(chosen: dict[int, set[int]], eligible: Mapping[int, Set[int]], load: dict[int, int]) -> None:
    table: dict[int, set[int]] = {reader: set() for reader in load}
    for text, readers in chosen.items():
        for reader in readers:
            table[reader].add(text)
    settled = False
    while not settled:
        settled = True
        for reader in sorted(load, key=lambda reader: (-load[reader], reader)):
            if chain := _chain(reader, chosen, eligible, load, table):
                _hand_over(chain, chosen, load, table)
                settled = False
                break


def _chain(
    start: int,
    chosen: dict[int, set[int]],
    eligible: Mapping[int, Set[int]],
    load: dict[int, int],
    table: dict[int, set[int]],
) -> list[tuple[int, int, int]]:
    """Return moves ``(text, from, to)`` that lead from ``start`` to a reader with a load at least two lower."""
    came: dict[int, tuple[int, int]] = {}
    seen, waiting = {start}, deque([start])
    while waiting:
        giver = waiting.popleft()
        for text in sorted(table[giver]):
            for taker in sorted(eligible[text] - chosen[text] - seen):
                came[taker] = (text, giver)
                if load[taker] <= load[start] - 2:
                    return _path(came, taker, start)
                seen.add(taker)
                waiting.append(taker)
    return []


def _path(came: dict[int, tuple[int, int]], end: int, start: int) -> list[tuple[int, int, int]]:
    moves = []
    while end != start:
        text, giver = came[end]
        moves.append((text, giver, end))
        end = giver
    return moves


def _hand_over(
    chain: list[tuple[int, int, int]], chosen: dict[int, set[int]], load: dict[int, int], table: dict[int, set[int]]
) -> None:
    # From the far end, so that nobody holds a text twice on the way.
    for text, giver, taker in chain:
        chosen[text].discard(giver)
        chosen[text].add(taker)
        table[giver].discard(text)
        table[taker].add(text)
        load[giver] -= 1
        load[taker] += 1

"""Who reads what: the job that gives out the reading, solved by the matching engine."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import ceil, floor
from random import Random
from typing import Any

from core import jobs
from core.models import Job
from matching.engine import ReviewAssignment, assign_reviewers
from matching.engine.reviewers import CROSS_SHARE, TOTAL
from reviews.queries.needs import Plan, Target
from reviews.tasks import give_out, propose

#: Loads nearer to each other than this are level; the loads of fifty readers differ by a fiftieth at least.
LEVEL = 1e-3
MAX_SWEEPS = 500
#: So many texts are solved at once.
PART = 500


@jobs.kind("reviews.assign", label="Assigning reviewers")
def assign_reading(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Give every text of a cycle (``track_id``: of one track) its readers."""
    return give_out(job, progress, solve=solve)


@jobs.kind("reviews.propose", label="Working out who reads what")
def propose_reading(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Propose changes of one track's assignments; nobody is given anything until it is applied."""
    return propose(job, progress, solve=solve)


def solve(texts: Sequence[Target], loads: Mapping[int, int], k: int, seed: int) -> Plan:
    """Return the readers to add: ``k`` a text if possible, loads as level as possible, what is given out kept.

    Many texts are solved in parts drawn at random, each knowing the loads that the earlier ones gave: the linear
    programme of one part takes a second, and that of ten thousand texts takes longer than a worker may. Loads have no
    upper limit, so that nothing which the whole could place is left over by a part.
    """
    home = _homes(texts)
    if len(texts) <= PART:
        return _solve_part(texts, loads, k, seed, home)
    order = list(range(len(texts)))
    Random(seed).shuffle(order)
    so_far, whole = Counter(loads), Plan({}, {}, 0)
    for start in range(0, len(order), PART):
        keys = order[start : start + PART]
        part = _solve_part([texts[key] for key in keys], so_far, k, seed, home)
        so_far.update(reader for added in part.readers.values() for reader in added)
        whole = whole.joined(part, keys)
    return whole


def _solve_part(texts: Sequence[Target], loads: Mapping[int, int], k: int, seed: int, home: Mapping[int, str]) -> Plan:
    """Solve for a few hundred texts.

    ``loads`` counts all that a reader has on the table, other texts included. Where readers sit in several pools, a
    share of the reads links tracks, so that a reader's severity can be told from a track's level.
    """
    readers = sorted(frozenset().union(*(text.eligible | text.readers for text in texts)))
    if not readers:
        return Plan({}, {key: text.missing for key, text in enumerate(texts) if text.missing}, 0)
    column = {reader: j for j, reader in enumerate(readers)}
    links = _links(texts, home)
    slack = 0
    levels = even_loads(texts, loads)
    placed = sum(min(text.missing, len(text.eligible)) for text in texts)
    while True:
        found = _ask(texts, column, loads, levels, slack, k, seed)
        unmet = {row["application"]: row["missing"] for row in found.unmet if "application" in row}
        # Whole reads may need a little more room than the fractions that the levels were computed with.
        if sum(text.missing for text in texts) - sum(unmet.values()) >= placed:
            break
        slack += 1
    missing = max(_missing_links(found, links, column), 0)
    # The links come before level loads, though not for any price: by a tenth at most.
    for room in (0, 1 + ceil(max(levels.values()) / 10)):
        if not missing:
            break
        linked = _ask(texts, column, loads, levels, slack + room, k, seed, links)
        lacking = max(_missing_links(linked, links, column), 0)
        if lacking < missing:
            found, missing = linked, lacking
    chosen = {
        key: added
        for key, (text, row) in enumerate(zip(texts, found.assignment, strict=True))
        if (added := frozenset(readers[j] for j in row) - text.readers)
    }
    return Plan(
        readers=chosen,
        unmet=unmet,
        links_missing=missing,
        linking=frozenset(pair for pair in links if pair[1] in chosen.get(pair[0], frozenset())),
    )


def _ask(
    texts: Sequence[Target],
    column: Mapping[int, int],
    loads: Mapping[int, int],
    levels: Mapping[int, float],
    slack: int,
    k: int,
    seed: int,
    links: Sequence[tuple[int, int]] = (),
) -> ReviewAssignment:
    here = dict.fromkeys(column, 0)
    for text in texts:
        for reader in text.readers:
            here[reader] += 1
    # Who is outside the pools of a text, or in conflict with its person, must not read it: to the engine the same.
    barred = [
        (key, j)
        for key, text in enumerate(texts)
        for reader, j in column.items()
        if reader not in text.eligible and reader not in text.readers
    ]
    elsewhere = {reader: loads.get(reader, 0) - here[reader] for reader in column}
    lowest = [max(floor(levels[r] + LEVEL) - slack - elsewhere[r], 0) for r in column]
    highest = [max(ceil(levels[r] - LEVEL) + slack - elsewhere[r], here[r]) for r in column]
    return assign_reviewers(
        # Nothing is known of who reads what best; but what was given and not started stays where that costs nothing.
        [[int(reader in text.movable) for reader in column] for text in texts],
        barred,
        k,
        lowest,
        highest,
        existing=[(key, column[reader]) for key, text in enumerate(texts) for reader in text.readers],
        fairness=TOTAL,
        seed=seed,
        cross_pairs=[(key, column[reader]) for key, reader in links],
    )


def even_loads(texts: Sequence[Target], loads: Mapping[int, int]) -> dict[int, float]:
    """Return the most even loads that the reads allow, fractions of a read included.

    Texts with the same eligible readers are poured out together, to the lowest readers first; pouring each group anew
    until nothing moves minimises the sum of squared loads. The most even whole loads are these, rounded up or down
    (Frank & Murota 2022, decreasing minimization on M-convex sets).
    """
    level = {reader: float(loads.get(reader, 0)) for text in texts for reader in text.eligible | text.readers}
    groups: dict[frozenset[int], list[int]] = defaultdict(lambda: [0, 0])
    for text in texts:
        if text.missing and text.eligible:
            groups[text.eligible][0] += min(text.missing, len(text.eligible))
            groups[text.eligible][1] += 1
    order = sorted(groups, key=lambda group: (len(group), sorted(group)))
    poured: dict[frozenset[int], dict[int, float]] = {group: dict.fromkeys(group, 0.0) for group in order}
    for _ in range(MAX_SWEEPS):
        moved = 0.0
        for group in order:
            for reader in group:
                level[reader] -= poured[group][reader]
            fresh = _pour(groups[group][0], {reader: level[reader] for reader in group}, groups[group][1])
            for reader in group:
                level[reader] += fresh[reader]
                moved = max(moved, abs(fresh[reader] - poured[group][reader]))
            poured[group] = fresh
        if moved < LEVEL / 100:
            break
    return level


def _pour(amount: int, level: Mapping[int, float], most: int) -> dict[int, float]:
    """Spread ``amount`` so that the lowest rise first, nobody by more than ``most``."""
    low, high = min(level.values()), max(level.values()) + amount
    for _ in range(60):
        surface = (low + high) / 2
        if sum(min(max(surface - at, 0.0), most) for at in level.values()) < amount:
            low = surface
        else:
            high = surface
    return {reader: min(max(high - at, 0.0), most) for reader, at in level.items()}


def _homes(texts: Sequence[Target]) -> dict[int, str]:
    """Return the track that each reader mostly reads for."""
    expected: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for text in texts:
        able = text.eligible | text.readers
        for reader in able:
            for track in text.tracks:
                expected[reader][track] += 1 / len(able)
    return {reader: min(shares, key=lambda track: (-shares[track], track)) for reader, shares in expected.items()}


def _links(texts: Sequence[Target], home: Mapping[int, str]) -> list[tuple[int, int]]:
    """Return the pairs of text and reader that link tracks: the text is of none that the reader mostly reads for."""
    return [
        (key, reader)
        for key, text in enumerate(texts)
        for reader in sorted(text.eligible | text.readers)
        if home[reader] not in text.tracks
    ]


def _missing_links(found: ReviewAssignment, links: Sequence[tuple[int, int]], column: Mapping[int, int]) -> int:
    """Return how many linking reads the plan lacks; none are asked for where nobody could give them."""
    if not links:
        return 0
    linking = {(key, column[reader]) for key, reader in links}
    reads = [(key, j) for key, row in enumerate(found.assignment) for j in row]
    return ceil(CROSS_SHARE * len(reads)) - sum(read in linking for read in reads)

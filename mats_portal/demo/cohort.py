"""What becomes of each invented applicant: drawn once from a seed, so that the same seed tells the same story."""

import random
from dataclasses import dataclass
from enum import Enum, auto

from mats_portal.demo.names import EDGE_PEOPLE, ZONES, invented_name
from mats_portal.demo.people import address


class Fate(Enum):
    """How far an applicant gets; what a reader decides is drawn by ``quality`` and not here."""

    DRAFT_LAPSES = auto()
    EMPTY_DRAFT_LAPSES = auto()
    WITHDRAWS_EARLY = auto()
    FALLS_BACK = auto()  # reopens, is not done in time: the earlier version counts
    SCREENED_OUT = auto()
    STAGE2_LAPSES = auto()  # passes the screen and submits no stream
    WITHDRAWS_IN_STAGE2 = auto()
    NOT_ADVANCED = auto()
    HELD = auto()
    ADVANCES = auto()
    WITHDRAWS_LATE = auto()  # after the decisions


#: In percent of all applicants, those who apply in time and are read by reviewers last.
SHARES = (
    (Fate.DRAFT_LAPSES, 6),
    (Fate.EMPTY_DRAFT_LAPSES, 1),
    (Fate.WITHDRAWS_EARLY, 2),
    (Fate.FALLS_BACK, 1),
    (Fate.SCREENED_OUT, 38),
    (Fate.STAGE2_LAPSES, 5),
    (Fate.WITHDRAWS_IN_STAGE2, 2),
    (Fate.NOT_ADVANCED, 15),
    (Fate.HELD, 2),
    (Fate.ADVANCES, 27),
    (Fate.WITHDRAWS_LATE, 1),
)
#: Fates whose people are read in the central review.
READ = frozenset({Fate.NOT_ADVANCED, Fate.HELD, Fate.ADVANCES, Fate.WITHDRAWS_LATE, Fate.FALLS_BACK})
SUBMITS = READ | {Fate.WITHDRAWS_EARLY, Fate.SCREENED_OUT, Fate.STAGE2_LAPSES, Fate.WITHDRAWS_IN_STAGE2}
ENTERS_STAGE2 = READ | {Fate.STAGE2_LAPSES, Fate.WITHDRAWS_IN_STAGE2}
QUALITY = {Fate.NOT_ADVANCED: (0.1, 0.4), Fate.HELD: (0.45, 0.55), Fate.SCREENED_OUT: (0.0, 0.4)}
#: How often a track is chosen.
TRACK_WEIGHTS = {
    "empirical": 45,
    "theory": 12,
    "strategy-forecasting": 13,
    "policy-governance": 20,
    "systems-security": 17,
    "biosecurity": 15,
    "founding-field-building": 13,
}
DEFAULT_WEIGHT = 10


@dataclass(frozen=True)
class Plan:
    """One applicant's story. ``pace`` in [0, 1) places their acts inside each window: near 1 is the last hour."""

    name: str
    email: str
    zone: str
    fate: Fate
    tracks: tuple[str, ...]
    n_streams: int
    quality: float
    pace: float


def plans(n: int, *, seed: int, tracks: tuple[str, ...]) -> list[Plan]:
    """Draw ``n`` applicants for tracks with these slugs: the awkward ones first, then the many."""
    rng = random.Random(seed)
    drawn = [
        Plan(
            edge.name,
            edge.email,
            edge.zone,
            Fate[edge.fate],
            tuple(t for t in edge.tracks if t in tracks) or tracks[:1],
            edge.n_streams,
            edge.quality,
            rng.random(),
        )
        for edge in EDGE_PEOPLE[:n]
    ]
    taken = {plan.email for plan in drawn}
    for fate in _fates(n, [plan.fate for plan in drawn]):
        name = invented_name(rng)
        drawn.append(
            Plan(
                name,
                free_address(name, taken),
                rng.choice(ZONES),
                fate,
                _tracks(rng, tracks),
                rng.choice((1, 2, 3, 3, 4, 4, 5, 6)),
                rng.uniform(*QUALITY.get(fate, (0.5, 1.0))),
                _pace(rng, fate),
            )
        )
    return drawn


def _fates(n: int, given: list[Fate]) -> list[Fate]:
    """Return the fates that are left to give out: by share, and each at least once while there is room."""
    wanted = [fate for fate, share in SHARES for _ in range(max(1, round(n * share / 100)))]
    for fate in given:
        if fate in wanted:
            wanted.remove(fate)
    rare_first = sorted(wanted, key=lambda fate: (fate in given, wanted.count(fate)))
    room = n - len(given)
    kept = list(dict.fromkeys(rare_first))[:room]
    rest = list(rare_first)
    for fate in kept:
        rest.remove(fate)
    rest += [Fate.ADVANCES] * max(0, room - len(kept) - len(rest))
    # Evenly from the rest, so that a small cohort is a small copy of the large one.
    step = len(rest) / max(1, room - len(kept))
    return kept + [rest[int(number * step)] for number in range(room - len(kept))]


def _pace(rng: random.Random, fate: Fate) -> float:
    """Most people are late; those who withdraw soon were early."""
    return rng.uniform(0.1, 0.4) if fate is Fate.WITHDRAWS_EARLY else rng.betavariate(2.2, 1.1)


def _tracks(rng: random.Random, tracks: tuple[str, ...]) -> tuple[str, ...]:
    weights = [TRACK_WEIGHTS.get(track, DEFAULT_WEIGHT) for track in tracks]
    chosen = dict.fromkeys(rng.choices(tracks, weights, k=rng.choice((1, 1, 1, 2, 2, 3))))
    return tuple(chosen)


def free_address(name: str, taken: set[str]) -> str:
    """Return an address for ``name`` that is not in ``taken``, and put it there."""
    wanted = address(name, "applicants")
    local, _, domain = wanted.partition("@")
    number = 2
    while wanted in taken:
        wanted, number = f"{local}{number}@{domain}", number + 1
    taken.add(wanted)
    return wanted

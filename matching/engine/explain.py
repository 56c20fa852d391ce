"""Why somebody is, or is not, at a stream: a reason for the applicant that discloses nobody, and the chain for staff.

What a cutoff gives away grows as a stream shrinks: with one seat it is the rank of one person. Below five seats the
applicant is therefore told only that the stream filled its places.
"""

from dataclasses import dataclass

from matching.engine.deferred_acceptance import Proposal, deferred_acceptance, drawn_lists
from matching.engine.instance import Instance, InstanceError
from matching.engine.lottery import Lottery
from matching.engine.solver import APPLICANT_OPTIMAL, MatchResult

MIN_SEATS_FOR_DETAIL = 5

PLACED = "placed"
RANKED_LOWER = "ranked_lower"
TIED_WITH_PLACE = "tied_with_place"
NOT_RANKED = "not_ranked"
NOT_LISTED = "not_listed"
CONFLICT = "conflict"
RANKED_HIGHER = "filled_with_higher_ranked"
LOTTERY = "lottery"
CAP = "cap"
FILLED = "filled"
LEFT_OPEN = "left_open"

TEXTS = {
    PLACED: "This is the stream where you have a place.",
    RANKED_LOWER: "You have a place at a stream that you ranked above this one.",
    TIED_WITH_PLACE: "You ranked this stream equal to the one where you have a place.",
    NOT_RANKED: "This stream is not on your preference list.",
    NOT_LISTED: "This stream did not put you on its rank order list.",
    CONFLICT: "A declared conflict of interest rules this stream out for you.",
    RANKED_HIGHER: "This stream filled all its places with people whom it ranked higher.",
    LOTTERY: "You were level with others for the last places of this stream, and the published lottery decided.",
    CAP: "The track or the whole programme had no place left, though this stream did.",
    FILLED: "This stream's places went to other people on its rank order list.",
    LEFT_OPEN: "A place here was not filled by the match; places already given out were kept as they were.",
}

COARSE = {RANKED_HIGHER, LOTTERY, CAP}


@dataclass(frozen=True)
class Explanation:
    """One answer to "why not there?" (or "why there?").

    ``text`` and ``shown_code`` are for the applicant; ``code``, ``chain`` and ``next_in_line`` name facts about other
    people and are for staff only.
    """

    applicant: str
    stream: str
    shown_code: str
    text: str
    code: str
    chain: list[str]
    next_in_line: list[str]

    def for_applicant(self) -> dict[str, str]:
        """Return what the applicant may be shown."""
        return {"stream": self.stream, "code": self.shown_code, "text": self.text}


def explain(instance: Instance, result: MatchResult, applicant: str, stream: str) -> Explanation:
    """Say why ``applicant`` is or is not at ``stream``. Raises ``InstanceError`` for an unknown name."""
    if applicant not in instance.applicants:
        raise InstanceError(f"unknown applicant {applicant!r}")
    if stream not in instance.streams:
        raise InstanceError(f"unknown stream {stream!r}")
    code = reason(instance, result, applicant, stream)
    is_small = instance.streams[stream].capacity < MIN_SEATS_FOR_DETAIL
    shown = FILLED if code in COARSE and is_small else code
    return Explanation(
        applicant=applicant,
        stream=stream,
        shown_code=shown,
        text=TEXTS[shown],
        code=code,
        chain=proposal_chain(instance, result, applicant, stream),
        next_in_line=next_in_line(instance, result, stream),
    )


def reason(instance: Instance, result: MatchResult, applicant: str, stream: str) -> str:
    """Return the code of the one reason that decided, read off the matching and the true lists."""
    place = result.matching[applicant]
    wishes = instance.applicant_tiers[applicant]
    if place == stream:
        return PLACED
    if stream not in wishes:
        return NOT_RANKED
    if (applicant, stream) in instance.conflicts:
        return CONFLICT
    if applicant not in instance.stream_tiers[stream]:
        return NOT_LISTED
    if place is not None and wishes[place] <= wishes[stream]:
        return RANKED_LOWER if wishes[place] < wishes[stream] else TIED_WITH_PLACE
    tiers = instance.stream_tiers[stream]
    holders = [name for name, held in result.matching.items() if held == stream]
    worst = max((tiers[name] for name in holders), default=-1)
    if worst > tiers[applicant]:
        return LEFT_OPEN
    if len(holders) >= instance.streams[stream].capacity:
        return LOTTERY if worst == tiers[applicant] else RANKED_HIGHER
    return CAP if is_behind_full_cap(instance, result, stream) else LEFT_OPEN


def is_behind_full_cap(instance: Instance, result: MatchResult, stream: str) -> bool:
    """Say whether the stream's track, or the cohort, holds all it may."""
    if instance.cohort is not None and result.size >= instance.cohort:
        return True
    track = instance.track_of.get(stream)
    if track is None:
        return False
    cap = instance.tracks[track]
    return sum(result.fill[name] for name in cap.streams) >= cap.maximum


def next_in_line(instance: Instance, result: MatchResult, stream: str, *, limit: int = 5) -> list[str]:
    """Return who would be asked next if ``stream`` had another place: first in its drawn order, and willing to move."""
    tiers = instance.stream_tiers[stream]
    willing = [
        name
        for name in tiers
        if instance.is_mutual(name, stream) and _would_move(instance, result.matching[name], name, stream)
    ]
    return sorted(willing, key=lambda name: (tiers[name], result.lottery[name]))[:limit]


def proposal_chain(instance: Instance, result: MatchResult, applicant: str, stream: str) -> list[str]:
    """Return, for staff, the proposals and displacements that led ``applicant`` past ``stream``, in order.

    The steps of one run of deferred acceptance; another order of proposals ends in the same matching. Empty where the
    result did not come from plain deferred acceptance (caps, greatest size, re-matching by other policies).
    """
    market = instance.market
    if market.has_caps or result.objective != APPLICANT_OPTIMAL:
        return []
    lists, ranks = drawn_lists(market, Lottery(result.seed).draw(market))
    steps: list[Proposal] = []
    deferred_acceptance(lists, ranks, market.capacity.tolist(), steps=steps)
    person, home = market.applicant_ids.index(applicant), market.stream_ids.index(stream)
    told = []
    for step in steps:
        who, where = market.applicant_ids[step.applicant], market.stream_ids[step.stream]
        is_own = step.applicant == person
        if is_own and not step.is_held:
            told.append(f"{who} asked {where} and was refused: its places were held by people ahead of {who}.")
        elif is_own and step.displaced is None:
            told.append(f"{who} asked {where} and was held.")
        elif step.displaced is not None and (is_own or step.displaced == person or step.stream == home):
            told.append(f"{who} asked {where} and was held; {market.applicant_ids[step.displaced]} lost that place.")
    return told


def _would_move(instance: Instance, place: str | None, applicant: str, stream: str) -> bool:
    wishes = instance.applicant_tiers[applicant]
    return place is None or wishes[stream] < wishes[place]

"""What each verb of the command line does: read the case, call the engine, shape the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matching.engine.certificate import verify
from matching.engine.instance import Instance, InstanceError, Prefs, require
from matching.engine.solver import APPLICANT_OPTIMAL, match

STRICT_KINDS = ("HR", "HR-REMATCH")


@dataclass(frozen=True)
class Case:
    """One line of input, read but not yet judged."""

    kind: str
    instance: dict[str, Any]
    options: dict[str, Any]
    line: dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """One verb: the kinds it takes, its options and answer in words, and the function that answers."""

    kinds: tuple[str, ...]
    options: str
    about: str
    answer: Callable[[Case], dict[str, Any]]


def read_instance(case: Case) -> Instance:
    """Return the market of a case, after checking that it is of the kind it claims to be."""
    instance = Instance.from_json(case.instance)
    if case.kind == "HR-CAPS" and "tracks" not in case.instance and "cohort" not in case.instance:
        raise InstanceError("instance: key 'tracks' is missing (kind HR-CAPS)")
    if case.kind != "HR-CAPS" and instance.has_caps:
        raise InstanceError(f"tracks: kind {case.kind} has no caps; use HR-CAPS")
    if case.kind in STRICT_KINDS:
        for applicant, prefs in instance.applicants.items():
            _check_strict(prefs, f"applicants.{applicant}", case.kind)
        for name, stream in instance.streams.items():
            _check_strict(stream.prefs, f"streams.{name}.prefs", case.kind)
    return instance


def _check_strict(prefs: Prefs, where: str, kind: str) -> None:
    for position, names in enumerate(prefs):
        if len(names) > 1:
            raise InstanceError(
                f"{where}[{position}]: kind {kind} is strict, but {' and '.join(names)} are tied; use HRT"
            )


def read_seed(case: Case) -> int | str:
    """Return ``options.seed``: a whole number or a text, 0 if absent."""
    seed = case.options.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int | str):
        raise InstanceError(f"options.seed: expected a whole number or a text, got {seed!r}")
    return seed


def read_time_limit(case: Case) -> float | None:
    """Return ``options.time_limit_s`` in seconds, or ``None``."""
    limit = case.options.get("time_limit_s")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 0):
        raise InstanceError(f"options.time_limit_s: expected seconds, zero or more, got {limit!r}")
    return limit


def answer_match(case: Case) -> dict[str, Any]:
    """Answer ``match``."""
    instance = read_instance(case)
    objective = case.options.get("objective", APPLICANT_OPTIMAL)
    result = match(instance, seed=read_seed(case), objective=objective, time_limit=read_time_limit(case))
    return result.to_json()


def answer_verify(case: Case) -> dict[str, Any]:
    """Answer ``verify``: the matching stands in the instance, beside it, or among the options."""
    instance = read_instance(case)
    for holder in (case.instance, case.line, case.options):
        if "matching" in holder:
            return verify(instance, holder["matching"]).to_json()
    return verify(instance, require(case.instance, "matching", "instance")).to_json()


VERBS = {
    "match": Verb(
        ("HR", "HRT", "HR-CAPS", "HR-MIN"),
        "seed (0), objective (applicant_optimal | max_cardinality), time_limit_s",
        "matching, size, rank_profile, fill, stable, blocking_pairs, proved, min_met, dropped, ...",
        answer_match,
    ),
    "verify": Verb(
        ("HR", "HRT", "HR-CHECK", "HR-CAPS", "HR-MIN"),
        "none; the instance holds the matching",
        "feasible, stable, blocking_pairs, excused_pairs, violations, slack, rank profiles, ...",
        answer_verify,
    ),
}

"""What each verb of the command line does: read the case, call the engine, shape the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matching.engine.calibration import calibrate
from matching.engine.certificate import verify
from matching.engine.instance import Instance, InstanceError, Prefs, require
from matching.engine.minimums import closure_scenarios
from matching.engine.project_instance import ProjectInstance
from matching.engine.projects import MAX_CARDINALITY, allocate_projects
from matching.engine.rematch import FREEZE, rematch
from matching.engine.reviewers import MAXMIN, assign_reviewers
from matching.engine.solver import APPLICANT_OPTIMAL, match
from matching.engine.what_if import capacity_plus_one_each, what_if

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


def _check_strict(prefs: Prefs, where: str, kind: str, loose_kind: str = "HRT") -> None:
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
    answer = result.to_json()
    if case.kind == "HR-MIN":
        answer["closures"] = [scenario.to_json() for scenario in closure_scenarios(instance, seed=read_seed(case))]
    return answer


def answer_verify(case: Case) -> dict[str, Any]:
    """Answer ``verify``: the matching stands in the instance, beside it, or among the options."""
    instance = read_instance(case)
    for holder in (case.instance, case.line, case.options):
        if "matching" in holder:
            return verify(instance, holder["matching"]).to_json()
    return verify(instance, require(case.instance, "matching", "instance")).to_json()


def answer_what_if(case: Case) -> dict[str, Any]:
    """Answer ``what-if``: one more seat is answered per stream, any other change as one difference.

    Per stream the answer stands under ``capacity_plus_one`` and, for readers of a single case, under the stream itself.
    """
    instance, seed = read_instance(case), read_seed(case)
    change = require(case.options, "change", "options")
    if change == "all":
        change = {"capacity_plus_one": "all"}
    if not isinstance(change, dict):
        raise InstanceError(f"options.change: expected an object with one key or 'all', got {change!r}")
    if set(change) != {"capacity_plus_one"}:
        return {"change": change, **what_if(instance, change, seed=seed).to_json()}
    stream = change["capacity_plus_one"]
    if stream == "all" and "all" not in instance.streams:
        diffs = capacity_plus_one_each(instance, seed=seed)
    else:
        diffs = capacity_plus_one_each(instance, streams=[stream], seed=seed)
    told = {name: diff.to_json() for name, diff in diffs.items()}
    return {**told, "change": change, "capacity_plus_one": told}


def answer_rematch(case: Case) -> dict[str, Any]:
    """Answer ``rematch``."""
    instance = read_instance(case)
    previous = require(case.instance, "previous", "instance")
    declined = require(case.instance, "declined", "instance")
    return rematch(
        instance, previous, declined, policy=case.options.get("policy", FREEZE), seed=read_seed(case)
    ).to_json()


def answer_allocate_projects(case: Case) -> dict[str, Any]:
    """Answer ``allocate-projects``."""
    instance = ProjectInstance.from_json(case.instance, mentors_rank_projects=case.kind == "SPA-P")
    if case.kind == "SPA-S":
        for applicant, prefs in instance.applicants.items():
            _check_strict(prefs, f"applicants.{applicant}", case.kind, "SPA-ST")
        for name, mentor in instance.mentors.items():
            _check_strict(mentor.prefs, f"mentors.{name}.prefs", case.kind, "SPA-ST")
    objective = case.options.get("objective", APPLICANT_OPTIMAL if case.kind == "SPA-S" else MAX_CARDINALITY)
    return allocate_projects(
        instance, objective=objective, seed=read_seed(case), time_limit=read_time_limit(case)
    ).to_json()


def answer_assign_reviewers(case: Case) -> dict[str, Any]:
    """Answer ``assign-reviewers``."""
    asked = case.instance
    return assign_reviewers(
        require(asked, "affinity", "instance"),
        asked.get("conflicts", []),
        require(asked, "reviews_per_application", "instance"),
        asked.get("load_min", 0),
        require(asked, "load_max", "instance"),
        existing=asked.get("existing", []),
        fairness=case.options.get("fairness", MAXMIN),
        seed=read_seed(case),
        cross_pairs=asked.get("cross_pairs", []),
    ).to_json()


def answer_calibrate(case: Case) -> dict[str, Any]:
    """Answer ``calibrate``: the lambdas stand in the instance or among the options."""
    asked = {**case.instance, **case.options}
    return calibrate(
        require(asked, "ratings", "instance"),
        require(asked, "n_applications", "instance"),
        require(asked, "n_reviewers", "instance"),
        lambda_application=asked.get("lambda_application"),
        lambda_reviewer=asked.get("lambda_reviewer"),
        groups=asked.get("groups"),
    ).to_json()


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
    "what-if": Verb(
        ("HR", "HRT", "HR-CAPS", "HR-MIN"),
        'seed (0), change: {"capacity_plus_one": stream} | "all" (one more seat everywhere in turn), or one of\n'
        "           capacity_minus_one, stream_withdrawn, rank_list_missing, applicant_withdrawn, applicant_list,\n"
        "           stream_list",
        "per stream size and moved (applicant -> new place)",
        answer_what_if,
    ),
    "rematch": Verb(
        ("HR-REMATCH", "HR", "HRT", "HR-CAPS", "HR-MIN"),
        "policy (freeze | restabilise | min_change), seed (0)",
        "matching, changes (who stays and has another place), worse_off, stable, blocking_pairs, ...",
        answer_rematch,
    ),
    "allocate-projects": Verb(
        ("SPA-S", "SPA-ST", "SPA-P"),
        "objective (applicant_optimal for SPA-S, else max_cardinality; or profile), seed (0), time_limit_s",
        "matching (applicant -> project), size, stable, proved, blocking_pairs, coalition, co_mentor_excess, ...",
        answer_allocate_projects,
    ),
    "assign-reviewers": Verb(
        ("REVIEW",),
        "fairness (maxmin_then_total | total), seed (0)",
        "feasible, assignment (reviewer indices per application), total, min_total, loads, unmet",
        answer_assign_reviewers,
    ),
    "calibrate": Verb(
        ("CALIBRATE",),
        "lambda_application, lambda_reviewer (error variance / effect variance; null: REML), as in the instance",
        "mean, application_effect, reviewer_effect, standard_error, components, reliability, ...",
        answer_calibrate,
    ),
}

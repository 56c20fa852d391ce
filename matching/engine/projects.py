"""Allocate projects inside a stream: fellows rank projects, mentors rank fellows or their own projects."""

from dataclasses import dataclass
from typing import Any

from matching.engine.instance import InstanceError, snapshot_hash
from matching.engine.lottery import Lottery
from matching.engine.project_certificate import ProjectCertificate, verify_projects
from matching.engine.project_exact import ProjectProgramme, best_profile
from matching.engine.project_instance import ProjectInstance
from matching.engine.version import ENGINE_VERSION

APPLICANT_OPTIMAL = "applicant_optimal"
MAX_CARDINALITY = "max_cardinality"
PROFILE = "profile"
OBJECTIVES = (APPLICANT_OPTIMAL, MAX_CARDINALITY, PROFILE)


@dataclass(frozen=True)
class ProjectResult:
    """An allocation, checked, with what is needed to repeat it."""

    matching: dict[str, str | None]
    certificate: ProjectCertificate
    objective: str
    proved: bool
    seed: str
    dropped: int
    snapshot_hash: str
    engine_version: str = ENGINE_VERSION

    @property
    def size(self) -> int:
        return self.certificate.size

    @property
    def stable(self) -> bool:
        return self.certificate.stable

    def to_json(self) -> dict[str, Any]:
        own = ("matching", "objective", "proved", "seed", "dropped", "snapshot_hash", "engine_version")
        return {**self.certificate.to_json(), **{name: getattr(self, name) for name in own}}


def allocate_projects(
    instance: ProjectInstance,
    *,
    objective: str | None = None,
    seed: int | str | Lottery = 0,
    time_limit: float | None = None,
) -> ProjectResult:
    """Allocate projects and certify the result.

    ``applicant_optimal`` (the default without ties) is best for every applicant under the drawn strict lists;
    ``max_cardinality`` (the default otherwise) is exact unless ``time_limit`` seconds stop it; ``profile`` asks
    applicants only. Raises ``InstanceError`` for an objective which the kind of instance does not have.
    """
    if objective is None:
        is_strict = not instance.mentors_rank_projects and not instance.has_ties
        objective = APPLICANT_OPTIMAL if is_strict else MAX_CARDINALITY
    if objective not in OBJECTIVES:
        raise InstanceError(f"options.objective: expected one of {', '.join(OBJECTIVES)}, got {objective!r}")
    if objective == APPLICANT_OPTIMAL and instance.mentors_rank_projects:
        raise InstanceError("options.objective: where mentors rank projects there is no applicant_optimal allocation")
    lottery = Lottery.of(seed)
    proved = True
    if objective == PROFILE:
        matching = best_profile(instance)
    elif objective == APPLICANT_OPTIMAL or not (instance.mentors_rank_projects or instance.has_ties):
        matching = propose_to_projects(instance, lottery, has_second_pass=False)
    else:
        matching, proved = _largest(instance, lottery, time_limit)
    return ProjectResult(
        matching=matching,
        certificate=verify_projects(instance, matching),
        objective=objective,
        proved=proved,
        seed=lottery.seed,
        dropped=instance.n_dropped,
        snapshot_hash=snapshot_hash(instance),
    )


def propose_to_projects(instance: ProjectInstance, lottery: Lottery, *, has_second_pass: bool) -> dict[str, str | None]:
    """Return the allocation of applicant-proposing deferred acceptance (SPA-student: Abraham, Irving & Manlove 2007).

    Each mentor keeps the best under their own and their projects' capacities. With ``has_second_pass`` whoever runs out
    of list comes back ahead of their tie group (promotion, as in Cooper & Manlove 2018): usually a larger allocation.
    """
    lists = {name: drawn_projects(instance, lottery, name) for name in sorted(instance.applicants)}
    draw = lottery.positions(instance.applicants)
    matching: dict[str, Any] = dict.fromkeys(lists)
    choice, is_promoted = dict.fromkeys(lists, 0), dict.fromkeys(lists, False)

    def weakness(name: str) -> tuple[int, bool, int]:
        project = matching[name]
        return (instance.pairs[name][project][1], not is_promoted[name], draw[name])

    free = sorted(lists, key=lambda name: draw[name], reverse=True)
    while free:
        applicant = free.pop()
        if choice[applicant] == len(lists[applicant]):
            if has_second_pass and not is_promoted[applicant]:
                is_promoted[applicant] = True
                choice[applicant] = 0
                free.append(applicant)
            continue
        project = lists[applicant][choice[applicant]]
        choice[applicant] += 1
        matching[applicant] = project
        mentor = instance.projects[project].mentor
        team = [name for name, held in matching.items() if held == project]
        everybody = [n for n, held in matching.items() if held is not None and instance.projects[held].mentor == mentor]
        over = []
        if len(team) > instance.projects[project].capacity:
            over = team
        elif len(everybody) > instance.mentors[mentor].capacity:
            over = everybody
        if over:
            last = max(over, key=weakness)
            matching[last] = None
            free.append(last)
    return matching


def propose_where_mentors_rank_projects(instance: ProjectInstance, lottery: Lottery) -> dict[str, str | None]:
    """Return a stable allocation, at least half as large as the largest (SPA-P-approx: Manlove & O'Malley 2008)."""
    lists = {name: drawn_projects(instance, lottery, name) for name in sorted(instance.applicants)}
    draw = lottery.positions(instance.applicants)
    matching: dict[str, Any] = dict.fromkeys(lists)
    choice = dict.fromkeys(lists, 0)
    free = sorted(lists, key=lambda name: draw[name], reverse=True)
    while free:
        applicant = free.pop()
        if choice[applicant] == len(lists[applicant]):
            continue
        project = lists[applicant][choice[applicant]]
        choice[applicant] += 1
        mentor = instance.projects[project].mentor
        rank = instance.mentor_tiers[mentor]
        team = [name for name, held in matching.items() if held == project]
        everybody = [n for n, held in matching.items() if held is not None and instance.projects[held].mentor == mentor]
        matching[applicant] = project
        last = None
        if len(team) >= instance.projects[project].capacity:
            last = applicant
        elif len(everybody) >= instance.mentors[mentor].capacity:
            # The newcomer counts as the weakest of their project: nobody is displaced within one tie.
            last = max([*everybody, applicant], key=lambda n: (rank[matching[n]], n == applicant, draw[n]))
        if last is not None:
            matching[last] = None
            free.append(last)
    return matching


def drawn_projects(instance: ProjectInstance, lottery: Lottery, applicant: str) -> list[str]:
    """Return the applicant's acceptable projects, best first, their own ties drawn for them alone."""
    pairs = instance.pairs[applicant]
    return sorted(pairs, key=lambda project: (pairs[project][0], lottery.number(applicant, project)))


def _largest(
    instance: ProjectInstance, lottery: Lottery, time_limit: float | None
) -> tuple[dict[str, str | None], bool]:
    if instance.mentors_rank_projects:
        quick = propose_where_mentors_rank_projects(instance, lottery)
    else:
        quick = propose_to_projects(instance, lottery, has_second_pass=True)
    n_acceptable = sum(1 for pairs in instance.pairs.values() if pairs)
    if (
        sum(project is not None for project in quick.values()) == n_acceptable
        and verify_projects(instance, quick).stable
    ):
        return quick, True
    exact, proved = ProjectProgramme(instance).largest(time_limit=time_limit)
    return (exact, True) if exact is not None and proved else (quick, False)

"""Check an allocation of projects; shares only the instance type with the code that allocates.

Blocking pairs after Abraham, Irving & Manlove (2007) and, with ties, Cooper & Manlove (2018); where mentors rank their
own projects, blocking pairs and coalitions after Manlove & O'Malley (2008).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from matching.engine.instance import InstanceError
from matching.engine.project_instance import ProjectInstance


@dataclass(frozen=True)
class ProjectCertificate:
    """What can be checked about an allocation."""

    feasible: bool
    stable: bool
    blocking_pairs: list[list[str]]
    coalition: list[str]  # applicants who would each gain by passing their places round; empty if there are none
    violations: list[str]
    size: int
    project_fill: dict[str, int]
    mentor_fill: dict[str, int]
    co_mentor_excess: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def verify_projects(instance: ProjectInstance, matching: Mapping[str, str | None]) -> ProjectCertificate:
    """Check ``matching`` (applicant -> project). Raises ``InstanceError`` for an unknown identifier."""
    for applicant, project in matching.items():
        if applicant not in instance.applicants:
            raise InstanceError(f"matching: unknown applicant {applicant!r}")
        if project is not None and project not in instance.projects:
            raise InstanceError(f"matching.{applicant}: unknown project {project!r}")
    held = {name: matching.get(name) for name in sorted(instance.applicants)}
    on_project: dict[str, list[str]] = {name: [] for name in sorted(instance.projects)}
    with_mentor: dict[str, list[str]] = {name: [] for name in sorted(instance.mentors)}
    for applicant, project in held.items():
        if project is not None:
            on_project[project].append(applicant)
            with_mentor[instance.projects[project].mentor].append(applicant)
    violations = _violations(instance, held, on_project, with_mentor)
    blocking = [] if violations else _blocking_pairs(instance, held, on_project, with_mentor)
    coalition = _coalition(instance, held) if instance.mentors_rank_projects and not violations else []
    return ProjectCertificate(
        feasible=not violations,
        stable=not violations and not blocking and not coalition,
        blocking_pairs=blocking,
        coalition=coalition,
        violations=violations,
        size=sum(map(len, on_project.values())),
        project_fill={name: len(people) for name, people in on_project.items()},
        mentor_fill={name: len(people) for name, people in with_mentor.items()},
        co_mentor_excess=_co_mentor_excess(instance, on_project),
    )


def _violations(instance, held, on_project, with_mentor) -> list[str]:
    told = [
        f"applicant {applicant} and project {project} are no acceptable pair"
        for applicant, project in held.items()
        if project is not None and project not in instance.pairs[applicant]
    ]
    for noun, holders, limits in (
        ("project", on_project, instance.projects),
        ("mentor", with_mentor, instance.mentors),
    ):
        told += [
            f"{noun} {name} holds {len(people)} of {limits[name].capacity}"
            for name, people in holders.items()
            if len(people) > limits[name].capacity
        ]
    return told


def _blocking_pairs(instance, held, on_project, with_mentor) -> list[list[str]]:
    blocking = []
    blocks = _blocks_by_projects if instance.mentors_rank_projects else _blocks_by_people
    for applicant, pairs in instance.pairs.items():
        present = held[applicant]
        for project, (tier, _) in pairs.items():
            wants = present is None or tier < pairs[present][0]
            if wants and blocks(instance, held, on_project, with_mentor, applicant, project):
                blocking.append([applicant, project])
    return sorted(blocking)


def _blocks_by_people(instance, held, on_project, with_mentor, applicant, project) -> bool:
    """Say whether the mentor, who ranks applicants, would take ``applicant`` on ``project`` too."""
    mentor = instance.projects[project].mentor
    rank = instance.mentor_tiers[mentor]
    team, everybody = on_project[project], with_mentor[mentor]
    if len(team) >= instance.projects[project].capacity:
        return any(rank[applicant] < rank[other] for other in team)
    if len(everybody) < instance.mentors[mentor].capacity or applicant in everybody:
        return True
    return any(rank[applicant] < rank[other] for other in everybody)


def _blocks_by_projects(instance, held, on_project, with_mentor, applicant, project) -> bool:
    """Say whether the mentor, who ranks their own projects, would take ``applicant`` on ``project`` too."""
    mentor = instance.projects[project].mentor
    rank = instance.mentor_tiers[mentor]
    if len(on_project[project]) >= instance.projects[project].capacity:
        return False
    everybody = with_mentor[mentor]
    if applicant in everybody:
        return rank[project] < rank[held[applicant]]
    if len(everybody) < instance.mentors[mentor].capacity:
        return True
    return any(rank[project] < rank[held[other]] for other in everybody)


def _coalition(instance, held) -> list[str]:
    """Return people who could pass places round so that each gains: a cycle in the graph of projects envied.

    A coalition may always be shortened to one with a single person a project, so it is enough to look at projects.
    """
    envy: dict[str, dict[str, str]] = {name: {} for name in instance.projects}
    for applicant, project in held.items():
        if project is not None:
            pairs = instance.pairs[applicant]
            for other, (tier, _) in pairs.items():
                if tier < pairs[project][0]:
                    envy[project].setdefault(other, applicant)
    while settled := [name for name, onward in envy.items() if not onward]:
        for name in settled:
            del envy[name]
        for onward in envy.values():
            for name in settled:
                onward.pop(name, None)
    if not envy:
        return []
    # Every project left envies another one left, so a walk must come round.
    path = [min(envy)]
    while (following := min(envy[path[-1]])) not in path:
        path.append(following)
    cycle = [*path[path.index(following) :], following]
    return [envy[here][there] for here, there in pairwise(cycle)]


def _co_mentor_excess(instance, on_project) -> dict[str, int]:
    """Return how far co-mentors are above the limit they named; it is reported, never enforced."""
    load = dict.fromkeys(sorted(instance.mentors), 0)
    for name, people in on_project.items():
        for mentor in instance.projects[name].co_mentors:
            load[mentor] += len(people)
    limits = {name: instance.mentors[name].co_capacity for name in load}
    return {name: load[name] - limit for name, limit in limits.items() if limit is not None and load[name] > limit}

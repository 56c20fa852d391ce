"""Exact allocation of projects: the largest stable one, as a small integer programme.

The conditions of ``exact`` with a second level. A pair (a, p) that a would prefer must be refused by the project (full
of people not below a) or by the mentor (full of people not below a, a not among them). Where mentors rank projects, the
project refuses by being full, the mentor by being full of projects not below p, or by having a on a project not below
p; and projects carry a height which falls along every envy, so that no coalition can close.
"""

import numpy as np

from matching.engine.exact import Programme
from matching.engine.instance import InstanceError
from matching.engine.project_instance import ProjectInstance

Pair = tuple[str, str]


class ProjectProgramme:
    """The stable allocations of ``instance`` as 0/1 variables, one per acceptable pair first."""

    def __init__(self, instance: ProjectInstance) -> None:
        self.instance = instance
        self.programme = Programme()
        self.pair = {
            (applicant, project): self.programme.variable()
            for applicant, pairs in sorted(instance.pairs.items())
            for project in pairs
        }
        self._bound_capacities()
        self._refusals: dict[tuple[str, str, int], int] = {}
        for applicant, project in self.pair:
            if instance.mentors_rank_projects:
                self._forbid_blocking_by_projects(applicant, project)
            else:
                self._forbid_blocking_by_people(applicant, project)
        if instance.mentors_rank_projects:
            self._forbid_coalitions()

    def largest(self, *, time_limit: float | None = None) -> tuple[dict[str, str | None] | None, bool]:
        """Return a stable allocation of greatest size, and whether that is proved."""
        objective = np.zeros(self.programme.n_variables)
        objective[: len(self.pair)] = 1
        solution, proved = self.programme.maximise(objective, time_limit=time_limit)
        if solution is None:
            return None, False
        matching: dict[str, str | None] = dict.fromkeys(sorted(self.instance.applicants))
        for (applicant, project), variable in self.pair.items():
            if solution[variable] > 0:
                matching[applicant] = project
        return matching, proved

    def _bound_capacities(self) -> None:
        for applicant, pairs in sorted(self.instance.pairs.items()):
            self.programme.add([(self.pair[applicant, project], 1) for project in pairs], at_most=1)
        for project, facts in sorted(self.instance.projects.items()):
            self.programme.add(self._terms(lambda _, p, q=project: p == q), at_most=facts.capacity)
        for mentor, limits in sorted(self.instance.mentors.items()):
            self.programme.add(self._terms(lambda _, p, m=mentor: self._mentor(p) == m), at_most=limits.capacity)

    def _forbid_blocking_by_people(self, applicant: str, project: str) -> None:
        tier, group = self.instance.pairs[applicant][project]
        mentor = self._mentor(project)
        by_project, by_mentor = self._project_full(project, group), self._mentor_full(mentor, group)
        content = [(self.pair[applicant, other], 1) for other, (t, _) in self._own(applicant) if t <= tier]
        self.programme.add([*content, (by_project, 1), (by_mentor, 1)], at_least=1)
        # Somebody whom the mentor already has can only be refused by the project.
        worse = [
            (self.pair[applicant, other], -1)
            for other, (t, _) in self._own(applicant)
            if t > tier and self._mentor(other) == mentor
        ]
        self.programme.add([(by_project, 1), *worse], at_least=0)

    def _forbid_blocking_by_projects(self, applicant: str, project: str) -> None:
        tier, group = self.instance.pairs[applicant][project]
        mentor = self._mentor(project)
        is_full, by_mentor = self._project_full(project, None), self._mentor_full(mentor, group)
        content, with_mentor, moved_up = [], [], []
        for other, (t, other_group) in self._own(applicant):
            variable = self.pair[applicant, other]
            if t <= tier:
                content.append((variable, 1))
            elif self._mentor(other) == mentor:
                with_mentor.append((variable, 1))
                if group < other_group:
                    moved_up.append((variable, -1))
        self.programme.add([*content, *with_mentor, (is_full, 1), (by_mentor, 1)], at_least=1)
        self.programme.add([(is_full, 1), *moved_up], at_least=0)

    def _project_full(self, project: str, group: int | None) -> int:
        """Return the variable "full, with people of this tie group or better" (``None``: with anybody)."""
        key = ("project", project, -1 if group is None else group)
        if key not in self._refusals:
            terms = self._terms(lambda a, p: p == project and (group is None or self.instance.pairs[a][p][1] <= group))
            self._refusals[key] = self._full(terms, self.instance.projects[project].capacity)
        return self._refusals[key]

    def _mentor_full(self, mentor: str, group: int) -> int:
        """Return the variable "all places with people (or projects) of this tie group or better"."""
        key = ("mentor", mentor, group)
        if key not in self._refusals:
            terms = self._terms(lambda a, p: self._mentor(p) == mentor and self.instance.pairs[a][p][1] <= group)
            self._refusals[key] = self._full(terms, self.instance.mentors[mentor].capacity)
        return self._refusals[key]

    def _full(self, terms: list[tuple[int, float]], capacity: int) -> int:
        variable = self.programme.variable()
        self.programme.add([*terms, (variable, -capacity)], at_least=0)
        return variable

    def _forbid_coalitions(self) -> None:
        n_projects = len(self.instance.projects)
        height = {project: self.programme.quantity(n_projects) for project in sorted(self.instance.projects)}
        steps = len(height) + 1
        for (applicant, project), variable in self.pair.items():
            for other, (tier, _) in self._own(applicant):
                if tier < self.instance.pairs[applicant][project][0]:
                    fall = [(height[project], 1), (height[other], -1), (variable, -steps)]
                    self.programme.add(fall, at_least=1 - steps)

    def _own(self, applicant: str):
        return self.instance.pairs[applicant].items()

    def _mentor(self, project: str) -> str:
        return self.instance.projects[project].mentor

    def _terms(self, belongs) -> list[tuple[int, float]]:
        return [(variable, 1) for (applicant, project), variable in self.pair.items() if belongs(applicant, project)]


def best_profile(instance: ProjectInstance) -> dict[str, str | None]:
    """Return, where mentors have no say, the largest allocation with most first choices, then most second, and so on.

    The greedy maximum profile of Abraham et al. (2006), by fixing one count after the other. It is stable if mentors
    are indifferent: whoever could move up to a free place would improve the profile.
    """
    programme = Programme()
    pairs = [(a, p, tier) for a, own in sorted(instance.pairs.items()) for p, (tier, _) in own.items()]
    variables = [programme.variable() for _ in pairs]
    for applicant in sorted(instance.applicants):
        programme.add([(v, 1) for v, (a, _, _) in zip(variables, pairs, strict=True) if a == applicant], at_most=1)
    for project, facts in sorted(instance.projects.items()):
        terms = [(v, 1) for v, (_, p, _) in zip(variables, pairs, strict=True) if p == project]
        programme.add(terms, at_most=facts.capacity)
    for mentor, limits in sorted(instance.mentors.items()):
        terms = [(v, 1) for v, (_, p, _) in zip(variables, pairs, strict=True) if instance.projects[p].mentor == mentor]
        programme.add(terms, at_most=limits.capacity)
    solution = np.zeros(len(pairs))
    goals = [np.ones(len(pairs))]
    goals += [np.array([float(tier == rank) for _, _, tier in pairs]) for rank in sorted({t for _, _, t in pairs})]
    for goal in goals:
        found, _ = programme.maximise(goal)
        if found is None:
            raise InstanceError("profile: the exact programme found no answer for this instance")
        solution = found
        reached = float(goal @ solution)
        programme.add([(v, value) for v, value in zip(variables, goal, strict=True) if value], at_least=reached)
    matching: dict[str, str | None] = dict.fromkeys(sorted(instance.applicants))
    for (applicant, project, _), value in zip(pairs, solution, strict=True):
        if value > 0:
            matching[applicant] = project
    return matching

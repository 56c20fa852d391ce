"""The input of project allocation inside a stream: fellows, projects, mentors (Student-Project Allocation)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matching.engine.instance import (
    InstanceError,
    Prefs,
    read_count,
    read_object,
    read_prefs,
    require,
    tiers_of,
)


@dataclass(frozen=True)
class Project:
    """One project: its places, its primary mentor, and co-mentors, who do not enter stability."""

    capacity: int
    mentor: str
    co_mentors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mentor:
    """One mentor: places over all their projects, a ranking, and a limit on co-mentored people (``None``: no limit)."""

    capacity: int
    prefs: Prefs
    co_capacity: int | None = None


@dataclass(frozen=True)
class ProjectInstance:
    """Applicants rank projects; mentors rank applicants (SPA-S, SPA-ST) or, if so said, their own projects (SPA-P)."""

    applicants: Mapping[str, Prefs]
    projects: Mapping[str, Project]
    mentors: Mapping[str, Mentor]
    mentors_rank_projects: bool = False

    @classmethod
    def from_json(cls, raw: Any, *, mentors_rank_projects: bool = False) -> "ProjectInstance":
        """Build an instance from its JSON shape. Raises ``InstanceError`` with the place of the first fault."""
        raw = read_object(raw, "instance")
        applicants, projects, mentors = (
            read_object(require(raw, name, "instance"), name) for name in ("applicants", "projects", "mentors")
        )
        read_projects = {name: _read_project(projects[name], f"projects.{name}", mentors) for name in sorted(projects)}
        return cls(
            {
                name: read_prefs(applicants[name], f"applicants.{name}", projects, "project")
                for name in sorted(applicants)
            },
            read_projects,
            {
                name: _read_mentor(name, mentors[name], applicants, read_projects if mentors_rank_projects else None)
                for name in sorted(mentors)
            },
            mentors_rank_projects,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the canonical JSON shape: sorted identifiers, tie groups in sorted order."""
        return {
            "applicants": {name: [list(tie) for tie in prefs] for name, prefs in sorted(self.applicants.items())},
            "projects": {
                name: {"max": project.capacity, "mentor": project.mentor, "co_mentors": list(project.co_mentors)}
                for name, project in sorted(self.projects.items())
            },
            "mentors": {
                name: {
                    "max": mentor.capacity,
                    "prefs": [list(tie) for tie in mentor.prefs],
                    "co_max": mentor.co_capacity,
                }
                for name, mentor in sorted(self.mentors.items())
            },
            "mentors_rank_projects": self.mentors_rank_projects,
        }

    @cached_property
    def applicant_tiers(self) -> dict[str, dict[str, int]]:
        """For each applicant: project -> tie group (0 is best), as submitted."""
        return {name: tiers_of(prefs) for name, prefs in self.applicants.items()}

    @cached_property
    def mentor_tiers(self) -> dict[str, dict[str, int]]:
        """For each mentor: applicant (SPA-P: own project) -> tie group (0 is best)."""
        return {name: tiers_of(mentor.prefs) for name, mentor in self.mentors.items()}

    def mentor_tier(self, applicant: str, project: str) -> int | None:
        """Return the tie group in which the project's mentor puts this pair; ``None`` if they do not list it."""
        ranked = project if self.mentors_rank_projects else applicant
        return self.mentor_tiers[self.projects[project].mentor].get(ranked)

    @cached_property
    def pairs(self) -> dict[str, dict[str, tuple[int, int]]]:
        """For each applicant: acceptable project -> (applicant's tie group, mentor's tie group), best first."""
        found = {}
        for applicant, prefs in self.applicants.items():
            pairs = {}
            for group, names in enumerate(prefs):
                for project in names:
                    back = self.mentor_tier(applicant, project)
                    if back is not None:
                        pairs[project] = (group, back)
            found[applicant] = pairs
        return found

    @property
    def has_ties(self) -> bool:
        """Whether some list has a tie; a tie among a mentor's own projects counts too."""
        lists = [*self.applicants.values(), *(mentor.prefs for mentor in self.mentors.values())]
        return any(len(names) > 1 for prefs in lists for names in prefs)

    @property
    def n_dropped(self) -> int:
        """How many entries of applicants' lists the mentor does not list back."""
        return sum(len(tiers) for tiers in self.applicant_tiers.values()) - sum(map(len, self.pairs.values()))


def _read_project(raw: Any, where: str, mentors: Mapping[str, Any]) -> Project:
    raw = read_object(raw, where)
    mentor = require(raw, "mentor", where)
    if not isinstance(mentor, str) or mentor not in mentors:
        raise InstanceError(f"{where}.mentor: unknown mentor {mentor!r}")
    co_mentors = raw.get("co_mentors", [])
    if not isinstance(co_mentors, list):
        raise InstanceError(f"{where}.co_mentors: expected a list, got {co_mentors!r}")
    for position, name in enumerate(co_mentors):
        if not isinstance(name, str) or name not in mentors:
            raise InstanceError(f"{where}.co_mentors[{position}]: unknown mentor {name!r}")
        if name == mentor or name in co_mentors[:position]:
            raise InstanceError(f"{where}.co_mentors[{position}]: mentor {name!r} is named twice")
    return Project(read_count(require(raw, "max", where), f"{where}.max"), mentor, tuple(sorted(co_mentors)))


def _read_mentor(name: str, raw: Any, applicants: Mapping[str, Any], projects: Mapping[str, Project] | None) -> Mentor:
    where = f"mentors.{name}"
    raw = read_object(raw, where)
    co_capacity = raw.get("co_max")
    if co_capacity is not None:
        co_capacity = read_count(co_capacity, f"{where}.co_max")
    known, noun = (applicants, "applicant") if projects is None else (projects, "project")
    prefs = read_prefs(require(raw, "prefs", where), f"{where}.prefs", known, noun)
    for position, names in enumerate(prefs if projects is not None else ()):
        for project in names:
            if projects is not None and projects[project].mentor != name:
                raise InstanceError(f"{where}.prefs[{position}]: project {project!r} belongs to another mentor")
    return Mentor(read_count(require(raw, "max", where), f"{where}.max"), prefs, co_capacity)

"""The matching engine: plain data in, plain data out. No Django, no clock, no undrawn random number."""

from matching.engine.calibration import Calibration, calibrate
from matching.engine.certificate import Certificate, RankProfile, verify
from matching.engine.explain import Explanation, explain, next_in_line
from matching.engine.instance import Cap, Instance, InstanceError, Stream, snapshot_hash
from matching.engine.lottery import Lottery
from matching.engine.minimums import Closure, closure_scenarios
from matching.engine.project_certificate import ProjectCertificate, verify_projects
from matching.engine.project_instance import Mentor, Project, ProjectInstance
from matching.engine.projects import ProjectResult, allocate_projects
from matching.engine.rematch import RematchResult, rematch
from matching.engine.reviewers import ReviewAssignment, assign_reviewers
from matching.engine.solver import MatchResult, match
from matching.engine.version import ENGINE_VERSION
from matching.engine.what_if import Diff, capacity_plus_one, capacity_plus_one_each, robustness, what_if

__all__ = [
    "ENGINE_VERSION",
    "Calibration",
    "Cap",
    "Certificate",
    "Closure",
    "Diff",
    "Explanation",
    "Instance",
    "InstanceError",
    "Lottery",
    "MatchResult",
    "Mentor",
    "Project",
    "ProjectCertificate",
    "ProjectInstance",
    "ProjectResult",
    "RankProfile",
    "RematchResult",
    "ReviewAssignment",
    "Stream",
    "allocate_projects",
    "assign_reviewers",
    "calibrate",
    "capacity_plus_one",
    "capacity_plus_one_each",
    "closure_scenarios",
    "explain",
    "match",
    "next_in_line",
    "rematch",
    "robustness",
    "snapshot_hash",
    "verify",
    "verify_projects",
    "what_if",
]

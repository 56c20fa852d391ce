"""The suite in shares: with ``pytest -n 2`` each of two processes runs its own files on its own servers.

Which file belongs to which share hangs on the list of files alone, never on who is done first: a run can be repeated.
"""

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from mats_portal.embedded import names_of

#: Seconds that one test of a file takes, where that is far from the usual. Wrong figures cost time, nothing else.
SECONDS: dict[str, float] = {
    "tests/demo/test_earlier.py": 20,
    "tests/demo/test_runner.py": 5,
    "tests/demo/test_scenarios.py": 0.5,
    "tests/desk/test_budgets.py": 20,
    "tests/desk/test_two_cycles.py": 2,
    "tests/faults/test_deletion_kills.py": 5,
    "tests/faults/test_export_kills.py": 4,
    "tests/faults/test_mail_kills.py": 3,
    "tests/faults/test_match_kills.py": 3,
    "tests/faults/test_release_kills.py": 2,
    "tests/journeys/test_assigning.py": 35,
    "tests/journeys/test_decisions.py": 20,
    "tests/journeys/test_every_page.py": 50,
    "tests/journeys/test_feedback.py": 15,
    "tests/journeys/test_filling_in.py": 3,
    "tests/journeys/test_further_reads.py": 5,
    "tests/journeys/test_own_data.py": 3,
    "tests/journeys/test_questions_about_submissions.py": 15,
    "tests/journeys/test_referee.py": 2,
    "tests/journeys/test_reviewing.py": 45,
    "tests/journeys/test_rubrics.py": 12,
    "tests/journeys/test_tasks.py": 2,
    "tests/journeys/test_two_tabs.py": 2,
    "tests/journeys/test_whole_way.py": 50,
    "tests/reviews/test_life.py": 12,
    "tests/security/test_form_fuzz.py": 15,
    "tests/security/test_matrix.py": 40,
    "tests/security/test_two_worlds.py": 8,
    "tests/setup/test_containers.py": 1,
    "tests/setup/test_launcher.py": 1,
    "tests/setup/test_project.py": 2,
    "tests/setup/test_requirements.py": 3,
    "tests/setup/test_services.py": 30,
    "tests/setup/test_settings.py": 1,
    "tests/setup/test_worker.py": 4,
}
USUAL_SECONDS = 0.25


def file_of(test: str) -> str:
    """Return the file of a test."""
    return test.partition("::")[0]


def shares(tests: Iterable[str], n: int) -> dict[str, int]:
    """Return the share of each file: the longest files first, each to the share that has least to do."""
    costs: Counter[str] = Counter()
    for test in tests:
        costs[file_of(test)] += SECONDS.get(file_of(test), USUAL_SECONDS)
    loads, found = [0.0] * n, {}
    for file in sorted(costs, key=lambda file: (-costs[file], file)):
        found[file] = loads.index(min(loads))
        loads[found[file]] += costs[file]
    return found


class Shares(LoadScopeScheduling):
    """Hands each process its share at once."""

    def _split_scope(self, nodeid: str) -> str:
        if not hasattr(self, "of_file"):
            self.of_file = shares(self.collection, self.numnodes)
        return f"share {self.of_file[file_of(nodeid)]}"


def servers_of(number: int) -> dict[str, str]:
    """Return the addresses of one process's own servers under their plain names.

    Raises ``pytest.UsageError`` where there are too few sets of servers for so many processes.
    """
    missing = [name for name in names_of(number) if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(
            f"Process {number} has no servers of its own ({missing[0]} is not set): start pytest by"
            f" `python -m mats_portal.embedded --sets {number} -- pytest -n {number}`, or leave out -n."
        )
    return {plain: os.environ[own] for plain, own in zip(names_of(1), names_of(number), strict=True)}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Point each process at its own servers before it reads the settings."""
    for number, spec in enumerate(specs, 1):
        spec.env.update(servers_of(number))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    """Use fixed shares instead of handing out tests one by one."""
    return Shares(config, log)

"""The suite in shares: which process runs which file, and that two processes have nothing in common."""

import psycopg
import pytest
from redis import Redis

from mats_portal import embedded
from tests import ports, shares

TESTS = [
    f"tests/{folder}/test_{number}.py::test_{letter}" for folder in "ab" for number in range(9) for letter in "xyz"
]


def test_every_file_is_in_one_share_whatever_the_order_of_the_tests():
    found = shares.shares(TESTS, 2)

    assert set(found) == {shares.file_of(test) for test in TESTS}
    assert shares.shares(reversed(TESTS), 2) == found
    assert sorted(found.values()) == [0] * 9 + [1] * 9


def test_long_files_are_spread(monkeypatch):
    monkeypatch.setattr(shares, "SECONDS", {"tests/a/test_0.py": 20, "tests/b/test_8.py": 20})

    found = shares.shares(TESTS, 2)

    assert found["tests/a/test_0.py"] != found["tests/b/test_8.py"]


def test_files_with_a_figure_are_there(request):
    assert [file for file in shares.SECONDS if not (request.config.rootpath / file).exists()] == []


def test_two_sets_of_servers_share_nothing(monkeypatch):
    for name in (*embedded.names_of(1), *embedded.names_of(2)):
        monkeypatch.delenv(name, raising=False)
    with embedded.services(sets=2) as environment:
        assert len(set(environment.values())) == 4
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for number in (1, 2):
            own = shares.servers_of(number)
            with psycopg.connect(own["DATABASE_URL"]) as connection:
                connection.execute("CREATE ROLE portal_twin")
                connection.execute("CREATE TABLE twin (body text)")
            doorbell = Redis.from_url(own["REDIS_URL"])
            assert doorbell.set("twin", number, nx=True)


def test_a_process_without_servers_says_how_to_start_it(monkeypatch):
    monkeypatch.delenv("DATABASE_URL_3", raising=False)

    with pytest.raises(pytest.UsageError, match=r"Process 3 has no servers of its own.*--sets 3"):
        shares.servers_of(3)


def test_one_directory_for_two_databases_is_refused(tmp_path):
    with pytest.raises(embedded.LauncherError, match="One directory"), embedded.services(data_dir=tmp_path, sets=2):
        pass


def test_half_of_two_sets_is_refused(monkeypatch):
    for name in (*embedded.names_of(1), *embedded.names_of(2)):
        monkeypatch.setenv(name, "somewhere")
    monkeypatch.delenv("REDIS_URL_2")

    with pytest.raises(embedded.LauncherError, match="REDIS_URL_2 is not: set all of"), embedded.services(sets=2):
        pass


def test_ports_of_two_processes_are_never_the_same(monkeypatch):
    def drawn(worker: str) -> set[int]:
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        candidates = ports._candidates()
        return {next(candidates) for _ in range(3000)}

    first, second = drawn("gw0"), drawn("gw1")

    assert not first & second
    assert min(first | second) >= ports.FIRST
    assert max(first | second) < ports.LAST
    assert ports.free_port() != ports.free_port()

"""The runner: it says what is in the way, looks after its programs, and stops all of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from mats_portal.demo.children import RESTARTS_A_MINUTE, Child, ChildDied, Children
from mats_portal.embedded.process import dies_with_launcher
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_SECONDS = 180


def surroundings(var: Path, **more: str) -> dict[str, str]:
    """Return an environment in which the runner starts servers of its own."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "RESET", "APPLICANTS")
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("DATABASE_")}
    return kept | {"PORTAL_VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"} | more


def run(var: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mats_portal.demo"], cwd=ROOT, env=surroundings(var, **more), capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip


def look_after_for(children: Children, *, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        children.look_after()
        time.sleep(0.05)


def test_a_taken_port_is_named_before_anything_starts(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = run(tmp_path, PORT=str(port))

    assert done.returncode == 1
    assert f"Port {port} is taken by another program" in done.stderr
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"PORT": "many"}, "PORT is 'many'"),
        ({"PORT": "70000"}, "from 1 to 65535"),
        ({"APPLICANTS": "x"}, "APPLICANTS is 'x'"),
    ],
)
def test_a_number_that_is_none_is_named(tmp_path, given, says):
    done = run(tmp_path, **{"PORT": str(free_port())} | given)

    assert (done.returncode, says in done.stderr) == (1, True)


def test_starting_over_leaves_a_database_of_somebody_else_alone(tmp_path):
    done = run(tmp_path, PORT=str(free_port()), RESET="1", DATABASE_URL="postgresql://x@localhost/x")

    assert done.returncode == 1
    assert "DATABASE_URL names another" in done.stderr


def test_a_program_that_died_is_started_again_and_one_that_keeps_dying_ends_it(tmp_path, capsys):
    child = Child(
        "echo", [sys.executable, "-c", "print('out of paper'); raise SystemExit(3)"], ROOT, tmp_path / "echo.log"
    )
    children = Children([child], dict(os.environ))
    children.start()

    with pytest.raises(ChildDied, match=r"(?s)echo ended with status 3, again and again.*out of paper"):
        look_after_for(children, seconds=20)

    assert capsys.readouterr().out.count("starting it again") == RESTARTS_A_MINUTE


def test_programs_are_stopped_also_those_that_do_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr("mats_portal.demo.children.STOPPED_WITHIN_SECONDS", 1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", deaf], ROOT, tmp_path / "deaf.log")
    children = Children([child], dict(os.environ))
    children.start()
    while "up" not in child.log.read_text():
        time.sleep(0.02)

    children.stop()

    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_the_whole_demo_starts_answers_and_stops(tmp_path):
    port = free_port()
    log = tmp_path / "runner.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "mats_portal.demo"], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            env=surroundings(tmp_path, PORT=str(port), APPLICANTS="12"), start_new_session=True,
            preexec_fn=dies_with_launcher(signal.SIGTERM),
        )  # fmt: skip
    try:
        give_up = time.monotonic() + READY_WITHIN_SECONDS
        while "Ctrl-C stops everything" not in log.read_text():
            assert demo.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.2)
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/demo/", timeout=20) as answer:
            page = answer.read().decode()
    finally:
        demo.send_signal(signal.SIGINT)
        status = demo.wait(120)

    assert "Noor Halvorsen" in page
    assert "Ruth Adeyemi" in log.read_text()
    assert (status, "The demo has stopped" in log.read_text()) == (0, True)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

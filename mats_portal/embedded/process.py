"""One server process: started apart from the terminal, watched until ready, stopped for certain."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mats_portal.embedded.account import Account
from mats_portal.embedded.errors import LauncherError

READY_WITHIN_SECONDS = 60
STOPPED_WITHIN_SECONDS = 30
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def plain_environment() -> dict[str, str]:
    """Return an environment in which no locale and no stray PG* variable changes what a server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def dies_with_launcher(number: signal.Signals) -> Callable[[], None]:
    """Return what a child runs first so that it gets this signal when its launcher is gone, even by kill -9."""
    launcher = os.getpid()

    def ask_the_kernel() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(number))
            if os.getppid() != launcher:
                os.kill(os.getpid(), number)

    return ask_the_kernel


@contextmanager
def server(
    command: Sequence[str | Path],
    *,
    name: str,
    account: Account,
    log: Path,
    cwd: Path,
    stop_with: signal.Signals,
    is_ready: Callable[[], bool],
    executable: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of the block; it is ready when the block begins and gone when it ends."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            executable=executable,
            cwd=cwd,
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal is for the command; the servers stop after it.
            start_new_session=True,
            preexec_fn=dies_with_launcher(stop_with),
            **account.popen_arguments(),
        )
    try:
        _wait_until_ready(process, name, log, is_ready)
        yield process
    finally:
        _stop(process, stop_with)


def _wait_until_ready(process: subprocess.Popen[bytes], name: str, log: Path, is_ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + READY_WITHIN_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise LauncherError(f"{name} stopped at once. Its last words:\n{_tail(log)}")
        if time.monotonic() > give_up:
            raise LauncherError(f"{name} was not ready after {READY_WITHIN_SECONDS} s. Its last words:\n{_tail(log)}")
        time.sleep(0.02)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _stop(process: subprocess.Popen[bytes], stop_with: signal.Signals) -> None:
    if process.poll() is not None:
        return
    process.send_signal(stop_with)
    try:
        process.wait(STOPPED_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
